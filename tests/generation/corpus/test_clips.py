"""Clips of moments: the right seconds, small, without sound, and as the web side takes them."""

import json

import pytest

from evalsite.testsets import containers
from generation.__main__ import main
from generation.corpus import clips
from generation.corpus.records import Sample
from generation.errors import UserError
from tests.generation.corpus.test_film import make_film

av = pytest.importorskip("av")


def seconds(path):
    """By the time of each picture, the second of the film that its brightness tells (see make_film)."""
    with av.open(str(path)) as container:
        assert not container.streams.audio
        return [(frame.time, round(frame.to_ndarray(format="gray").mean() / 40)) for frame in container.decode(video=0)]


def test_a_clip_shows_five_seconds_before_and_after_the_moment(tmp_path):
    films = {"a": make_film(tmp_path / "a.mp4", 6)}
    first = clips.of(Sample("a@1", "a", 1), films, tmp_path / "clips")
    assert first == {"clip": "a/000001.mp4", "clip_start": 0}
    shown = seconds(tmp_path / "clips" / "a" / "000001.mp4")
    assert [second for _time, second in shown] == [second for second in range(6) for _picture in range(5)]
    assert [round(time, 2) for time, _second in shown[:3]] == [0, 0.2, 0.4]


def test_a_cut_begins_and_ends_within_the_film_where_it_is_asked_to(tmp_path):
    clips.cut(make_film(tmp_path / "a.mp4", 6), tmp_path / "b.mp4", 2, 5)
    shown = seconds(tmp_path / "b.mp4")
    assert [second for _time, second in shown] == [2] * 5 + [3] * 5 + [4] * 5
    assert shown[0][0] == 0
    film = containers.read((tmp_path / "b.mp4").read_bytes())
    assert (film.codec, film.width, film.height) == ("H.264", 64, 48)
    assert film.duration == pytest.approx(3, abs=0.21)


def test_even_noise_stays_below_a_megabyte_and_30_pictures_a_second(tmp_path):
    with av.open(str(tmp_path / "noise.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=50)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 480, "yuv420p", 20_000_000
        import numpy

        draw = numpy.random.default_rng(0)
        for _picture in range(100):
            picture = draw.integers(0, 256, (480, 640, 3), dtype=numpy.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    clips.cut(tmp_path / "noise.mp4", tmp_path / "out.mp4", 0, 2)
    assert (tmp_path / "out.mp4").stat().st_size < 1_000_000 * 2 / 11 * 1.3
    film = containers.read((tmp_path / "out.mp4").read_bytes())
    assert (film.width, film.height) == (480, 360)
    assert 40 <= len(seconds(tmp_path / "out.mp4")) <= 61


def test_what_cannot_be_cut_is_one_sentence_and_leaves_nothing(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"nothing" * 100)
    with pytest.raises(UserError, match=r"a\.mp4 cannot be cut"):
        clips.cut(tmp_path / "a.mp4", tmp_path / "out" / "b.mp4", 0, 1)
    with pytest.raises(UserError, match="has no pictures from second 60 on"):
        clips.cut(make_film(tmp_path / "c.mp4", 1), tmp_path / "out" / "c.mp4", 60, 71)
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(UserError, match=r"no video file of b: b\.mp4 or the like"):
        clips.of(Sample("b@1", "b", 1), {}, tmp_path)


def test_samples_names_the_clips_it_cut(tmp_path, capsys):
    corpus = tmp_path / "corpus"
    (corpus / "comments").mkdir(parents=True)
    video = {"id": "a", "title": "A", "duration": 6, "split": "test"}
    (corpus / "corpus.json").write_text(json.dumps({"format": 1, "videos": [video]}), encoding="utf-8")
    (corpus / "comments" / "a.jsonl").write_text('{"t": 1.5, "text": "好"}\n', encoding="utf-8")
    make_film(tmp_path / "films" / "a.mp4", 6)
    out = tmp_path / "test" / "samples.jsonl"
    assert main(["samples", str(corpus), "--films", str(tmp_path / "films"), "--out", str(out)]) == 0
    [line] = out.read_text(encoding="utf-8").splitlines()
    assert {name: json.loads(line)[name] for name in ("clip", "clip_start")} == {
        "clip": "a/000001.mp4",
        "clip_start": 0,
    }
    assert (tmp_path / "test" / "clips" / "a" / "000001.mp4").exists()
    assert "clips to" in capsys.readouterr().err
    assert main(["samples", str(corpus), "--films", str(tmp_path / "nowhere"), "--out", str(out)]) != 0

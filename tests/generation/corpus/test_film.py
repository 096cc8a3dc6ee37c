"""Frames of video files: the right second, once, or one sentence."""

import pytest
from PIL import Image

from generation.__main__ import main
from generation.corpus import film
from generation.corpus.readers import load
from generation.errors import UserError

av = pytest.importorskip("av")


def make_film(path, seconds, rate=5):
    """A film whose brightness tells the second: 40 * second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(int(seconds * rate)):
            picture = Image.new("RGB", (64, 48), (40 * (i // rate),) * 3)
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return path


def test_one_frame_a_second_shows_that_second(tmp_path):
    count = film.extract(make_film(tmp_path / "a.mp4", 4.4), tmp_path / "frames" / "a", height=24)
    names = sorted(path.name for path in (tmp_path / "frames" / "a").iterdir())
    assert (count, names) == (5, [f"00000{s}.jpg" for s in range(5)])
    for second, name in enumerate(names):
        with Image.open(tmp_path / "frames" / "a" / name) as picture:
            assert picture.size == (32, 24)
            assert abs(picture.convert("L").getpixel((16, 12)) - 40 * second) < 12


def test_a_file_that_is_no_video_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"nothing" * 100)
    with pytest.raises(UserError, match=r"a\.mp4 cannot be read as a video"):
        film.extract(tmp_path / "a.mp4", tmp_path / "frames" / "a")
    assert not list((tmp_path / "frames").iterdir())


def test_danmaku_of_bilibili_with_a_video_file_become_a_corpus_with_frames(tmp_path, capsys):
    source = tmp_path / "in"
    make_film(source / "film.mkv", 3)
    xml = '<i><d p="1.5,1,25,1,1,0,a,0">前方高能</d></i>'
    (source / "film.xml").write_text(xml, encoding="utf-8")
    assert main(["frames", str(source)]) == 0
    assert main(["frames", str(source)]) == 0
    assert "is there already" in capsys.readouterr().err
    words = ["prepare", "bilibili_xml", str(source), str(tmp_path / "out"), "--split-by", "segment"]
    assert main(words) == 0
    (video,) = load("own")(tmp_path / "out").videos
    assert (list(video.frames), len(video.comments)) == ([0, 1, 2], 1)


def test_a_folder_without_films_is_refused(tmp_path, capsys):
    assert main(["frames", str(tmp_path)]) == 1
    assert main(["frames", str(tmp_path / "none")]) == 1
    assert "holds no video files" in capsys.readouterr().err

"""Clips: films of a few seconds that come in with a test set and are served whole or in parts."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.core.management import call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from evalsite.testsets import clips as clips_module
from evalsite.testsets import containers, frames
from evalsite.testsets.errors import InputError, UserError
from evalsite.testsets.importing import import_testset
from evalsite.testsets.models import Clip, Sample, TestSet
from tests.evalsite.testsets.conftest import Lines, sample, stored
from tests.evalsite.testsets.films import film


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of films, made once."""
    folder = tmp_path_factory.mktemp("films")
    film(folder / "a.mp4", seconds=11)
    film(folder / "b.webm", "libvpx-vp9")
    film(folder / "old.webm", "libvpx")
    film(folder / "mpeg4.mp4", "mpeg4")
    film(folder / "stream.mp4", options={"movflags": "frag_keyframe+empty_moov"})
    film(folder / "stream.webm", "libvpx", options={"live": "1"})
    film(folder / "matroska.mkv")
    film(folder / "long.mp4", seconds=61, rate=2)
    film(folder / "large.mp4", seconds=0.2, size=(1922, 1080))
    (folder / "cut.mp4").write_bytes((folder / "a.mp4").read_bytes()[:-1])
    (folder / "cut.webm").write_bytes((folder / "b.webm").read_bytes()[:-1])
    (folder / "text.mp4").write_text("<script>alert(1)</script>")
    (folder / "empty.mp4").write_bytes(b"")
    return folder


def fault(path: Path, films: Path | None) -> str:
    """The only fault of a file; nothing may have been kept."""
    with pytest.raises(InputError) as caught:
        import_testset(slug="films", path=path, clips=films)
    assert not TestSet.objects.exists()
    assert not Clip.objects.exists()
    [problem] = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("name", "codec", "seconds"),
    [("a.mp4", "H.264", 11), ("b.webm", "VP9", 2), ("old.webm", "VP8", 2), ("long.mp4", "H.264", 61)],
)
def test_a_film_says_what_it_is(films: Path, name: str, codec: str, seconds: int) -> None:
    found = containers.read((films / name).read_bytes())
    assert found.content_type == f"video/{name.split('.')[1]}"
    assert (found.codec, found.width, found.height) == (codec, 64, 36)
    assert found.duration == pytest.approx(seconds, abs=0.11)


@given(st.data())
def test_a_film_that_was_tampered_with_is_read_or_refused_and_never_breaks(films: Path, data: st.DataObject) -> None:
    content = bytearray((films / data.draw(st.sampled_from(["a.mp4", "b.webm"]))).read_bytes()[:3000])
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), max_size=6)):
        content[place % len(content)] = byte
    with suppress(containers.ContainerError):
        assert containers.read(bytes(content[: data.draw(st.integers(0, 3000))])).codec


@pytest.mark.django_db
class TestImport:
    """A clip is one more file of a line."""

    def test_it_works(self, lines: Lines, films: Path, media: Path) -> None:
        path = lines([sample(0, clip="a.mp4"), sample(1, clip="b.webm", clip_start=29.5), sample(2)])
        made = import_testset(slug="films", path=path, clips=films)
        assert (made.samples, made.pictures, made.clips, made.stored) == (3, 0, 2, 2)
        first, second, third = made.testset.samples.all()
        assert (first.clip, first.clip_start) == (hashlib.sha256((films / "a.mp4").read_bytes()).hexdigest(), 5)
        assert (second.clip_start, third.clip, third.clip_start) == (29.5, "", None)
        assert first.extra == second.extra == {}
        row = Clip.objects.get(digest=first.clip)
        assert (row.content_type, row.width, row.height, round(row.duration)) == ("video/mp4", 64, 36, 11)
        assert len(stored(media)) == 2

    def test_a_moment_near_the_beginning_has_a_clip_from_the_beginning(self, lines: Lines, films: Path) -> None:
        import_testset(slug="films", path=lines([sample(0, time=3, context=[], clip="a.mp4")]), clips=films)
        assert Sample.objects.get().clip_start == 0

    def test_the_same_clip_is_kept_once(self, lines: Lines, films: Path, media: Path) -> None:
        for slug in ("one", "two"):
            import_testset(slug=slug, path=lines([sample(0, clip="a.mp4"), sample(1, clip="a.mp4")]), clips=films)
        assert len(stored(media)) == Clip.objects.count() == 1

    def test_clips_may_lie_among_the_frames(self, lines: Lines, pictures: Path, films: Path) -> None:
        (pictures / "a.mp4").write_bytes((films / "a.mp4").read_bytes())
        made = import_testset(slug="films", path=lines([sample(0, frames=["0.jpg"], clip="a.mp4")]), frames=pictures)
        assert (made.pictures, made.clips, made.stored) == (1, 1, 2)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"clip": "none.mp4"}, 'clip: The clip "none.mp4" is not in the folder of clips, FILMS.'),
            ({"clip": "../a.mp4"}, 'clip: The clip "../a.mp4" lies outside the folder of clips.'),
            ({"clip": "/etc/hostname"}, 'clip: The clip "/etc/hostname" lies outside the folder of clips.'),
            ({"clip": 5}, "clip: The value must be a text, not 5."),
            ({"clip": "text.mp4"}, 'clip: The clip "text.mp4" is not an MP4 or WebM file.'),
            ({"clip": "empty.mp4"}, 'clip: The clip "empty.mp4" is not an MP4 or WebM file.'),
            ({"clip": "matroska.mkv"}, 'clip: The clip "matroska.mkv" is not an MP4 or WebM file.'),
            ({"clip": "cut.mp4"}, 'clip: The clip "cut.mp4" is cut off or broken.'),
            ({"clip": "cut.webm"}, 'clip: The clip "cut.webm" is cut off or broken.'),
            (
                {"clip": "mpeg4.mp4"},
                'clip: The clip "mpeg4.mp4" is coded as mp4v, which not every browser plays; '
                "AV1, H.264 and VP9 are welcome.",
            ),
            (
                {"clip": "stream.mp4"},
                'clip: The clip "stream.mp4" does not say how long it is; write it anew, for example with '
                "ffmpeg -i CLIP -c copy NEW.",
            ),
            (
                {"clip": "stream.webm"},
                'clip: The clip "stream.webm" does not say how long it is; write it anew, for example with '
                "ffmpeg -i CLIP -c copy NEW.",
            ),
            ({"clip": "long.mp4"}, 'clip: The clip "long.mp4" lasts 61 seconds; at most 60 are shown.'),
            (
                {"clip": "large.mp4"},
                'clip: The clip "large.mp4" has 1922 x 1080 pixels; at most those of 1920 x 1080 are shown.',
            ),
            ({"clip": "b.webm"}, "clip: It shows seconds 5 to 7, and not second 10."),
            ({"clip": "a.mp4", "clip_start": 11}, "clip: It shows seconds 11 to 22, and not second 10."),
            ({"clip_start": 5}, "clip_start: The line names no clip."),
            ({"clip": "a.mp4", "clip_start": "5"}, 'clip_start: The value must be a number, not "5".'),
        ],
    )
    def test_a_fault_is_one_sentence(self, lines: Lines, films: Path, change: dict[str, Any], message: str) -> None:
        assert fault(lines([sample(0, **change)]), films) == f"line 1: {message}".replace("FILMS", str(films))

    def test_a_clip_without_a_folder_and_a_folder_that_is_not_there_are_told(self, lines: Lines, films: Path) -> None:
        path = lines([sample(0, clip="a.mp4")])
        assert "no folder was given (--clips DIR)" in fault(path, None)
        with pytest.raises(UserError, match="There is no folder of clips"):
            import_testset(slug="films", path=path, clips=films / "nowhere")

    def test_a_clip_over_the_limit_is_refused(self, lines: Lines, films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(clips_module.Clips, "byte_limit", 2**10)
        assert clips_module.Clips.byte_limit < (films / "a.mp4").stat().st_size
        assert 'The clip "a.mp4" is larger than' in fault(lines([sample(0, clip="a.mp4")]), films)

    def test_the_command_takes_a_folder_of_clips(self, lines: Lines, films: Path, capsys: Any) -> None:
        path = lines([sample(0, clip="a.mp4")])
        call_command("import_testset", "films", str(path), "--clips", str(films))
        assert "with 0 pictures and 1 clips (1 new to the store)" in capsys.readouterr().out

    def test_systems_are_not_told_of_clips(self, lines: Lines, films: Path) -> None:
        """They see the frames and the comments, whatever raters see."""
        from evalsite.testsets import pregeneration

        made = import_testset(slug="films", path=lines([sample(0, clip="a.mp4")]), clips=films)
        assert "clip" not in json.dumps(pregeneration.contexts(list(made.testset.samples.all())))


@pytest.mark.django_db
class TestServing:
    """`/clips/<sha256>`: whole, in parts, to those who may see frames."""

    @pytest.fixture
    def address(self, lines: Lines, films: Path, client: Client) -> str:
        made = import_testset(slug="films", path=lines([sample(0, clip="a.mp4")]), clips=films)
        session: SessionBase = client.session
        frames.admit(session)
        session.save()
        return f"/clips/{made.testset.samples.get().clip}"

    @pytest.fixture
    def content(self, films: Path) -> bytes:
        return (films / "a.mp4").read_bytes()

    def test_whole(self, client: Client, address: str, content: bytes) -> None:
        response = client.get(address)
        assert (response.status_code, response.getvalue()) == (200, content)
        assert response["Content-Type"] == "video/mp4"
        assert response["Accept-Ranges"] == "bytes"
        assert response["Cache-Control"] == "private, max-age=31536000, immutable"
        assert response["ETag"] == f'"{address.rsplit("/")[-1]}"'
        assert client.get(address, headers={"if-none-match": response["ETag"]}).status_code == 304

    @pytest.mark.parametrize(
        ("asked", "part"),
        [
            ("bytes=0-1", slice(0, 2)),
            ("bytes=0-", slice(0, None)),
            ("bytes=100-199", slice(100, 200)),
            ("bytes=100-999999999", slice(100, None)),
            ("bytes=-5", slice(-5, None)),
        ],
    )
    def test_in_parts(self, client: Client, address: str, content: bytes, asked: str, part: slice) -> None:
        response = client.get(address, headers={"range": asked})
        wanted = content[part]
        assert (response.status_code, response.getvalue()) == (206, wanted)
        first = content.index(wanted) if part.start != 0 else 0
        assert response["Content-Range"] == f"bytes {first}-{first + len(wanted) - 1}/{len(content)}"
        assert response["Content-Length"] == str(len(wanted))
        assert response["Content-Type"] == "video/mp4"

    @pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,4-5", "lines=0-1", "bytes=-", "bytes=x-"])
    def test_a_range_that_makes_no_sense_gets_everything(
        self, client: Client, address: str, content: bytes, asked: str
    ) -> None:
        response = client.get(address, headers={"range": asked})
        assert (response.status_code, response.getvalue()) == (200, content)

    @pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=-0"])
    def test_a_range_after_the_end_is_refused(self, client: Client, address: str, content: bytes, asked: str) -> None:
        response = client.get(address, headers={"range": asked})
        assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(content)}")

    def test_a_part_of_another_version_is_not_given(self, client: Client, address: str, content: bytes) -> None:
        response = client.get(address, headers={"range": "bytes=0-1", "if-range": '"old"'})
        assert (response.status_code, response.getvalue()) == (200, content)
        same = client.get(address, headers={"range": "bytes=0-1", "if-range": f'"{address.rsplit("/")[-1]}"'})
        assert same.status_code == 206

    def test_others_do_not_see_it(self, address: str) -> None:
        assert Client().get(address).status_code == 403
        assert Client().get(f"/clips/{'0' * 64}").status_code == 403

    def test_unknown_and_lost_clips_are_not_found(self, client: Client, address: str, media: Path) -> None:
        assert client.get(f"/clips/{'0' * 64}").status_code == 404
        assert client.post(address).status_code == 405
        stored(media)[0].unlink()
        assert client.get(address).status_code == 404

"""A test set comes in whole, or every fault is told and nothing is kept."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils.translation import override
from PIL import Image

from evalsite.testsets import checking, importing
from evalsite.testsets import pictures as pictures_module
from evalsite.testsets.errors import InputError, UserError
from evalsite.testsets.importing import import_testset
from evalsite.testsets.models import Frame, Sample, TestSet
from tests.evalsite.testsets.conftest import Lines, sample, stored

pytestmark = pytest.mark.django_db


def faults(path: Path, frames: Path | None = None) -> list[str]:
    """The faults of a file, as a user reads them; nothing may have been kept."""
    with pytest.raises(InputError) as caught:
        import_testset(slug="films", path=path, frames=frames)
    assert not TestSet.objects.exists()
    assert not Frame.objects.exists()
    return [str(problem) for problem in caught.value.problems]


def fault(path: Path, frames: Path | None = None) -> str:
    """The only fault of a file."""
    found = faults(path, frames)
    assert len(found) == 1, found
    return found[0]


def test_it_works(lines: Lines, pictures: Path) -> None:
    path = lines([sample(0, frames=["0.jpg", "1.jpg", "2.jpg"], scene="dawn"), sample(1)])
    made = import_testset(slug="films", path=path, frames=pictures, title="Films")
    assert (made.samples, made.pictures, made.stored) == (2, 3, 3)
    assert made.testset.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    first, second = made.testset.samples.all()
    assert (first.key, first.position, first.video, first.time, first.duration) == ("film@10", 0, "film", 10, 600)
    assert first.frames == [hashlib.sha256((pictures / f"{i}.jpg").read_bytes()).hexdigest() for i in range(3)]
    assert first.key_frame == first.frames[1]
    assert first.context == [{"time": 8.5, "text": "前排"}, {"time": 12, "text": "来了来了"}]
    assert first.references == ["哈哈哈", "泪目"]
    assert first.extra == {"scene": "dawn"}
    assert (second.position, second.frames, second.key_frame) == (1, [], None)


def test_samples_without_frames_need_no_folder(lines: Lines) -> None:
    assert import_testset(slug="films", path=lines([sample(0), sample(1)])).pictures == 0


def test_only_id_video_and_time_are_required(lines: Lines) -> None:
    import_testset(slug="films", path=lines([{"id": "a", "video": "b", "time": 3.0}]))
    row = Sample.objects.get()
    assert (row.time, row.duration, row.frames, row.context, row.references, row.split) == (3, None, [], [], [], "test")


def test_every_fault_is_told_with_its_line_and_field(lines: Lines, pictures: Path) -> None:
    path = lines(
        [
            sample(0),
            sample(1, time="30", duration=True),
            sample(0),
            "",
            sample(2, frames=["9.jpg"], references=["好", 5, " "]),
            "[1, 2]",
            '{"id": "x", broken',
            sample(3, context=[{"time": 69.9}, {"time": 70.5, "text": "正片"}, {"time": 76, "text": "晚"}, 7]),
        ]
    )
    assert faults(path, pictures) == [
        'line 2: time: The value must be a number, not "30".',
        "line 2: duration: The value must be a number, not true.",
        'line 3: id: The id "film@10" is taken by line 1.',
        f'line 5: frames[0]: The picture "9.jpg" is not in the folder of frames, {pictures}.',
        "line 5: references[1]: The value must be a text, not 5.",
        "line 5: references[2]: The text is empty.",
        'line 6: The line must be one JSON object, {"...": ...}.',
        "line 7: The line is not JSON: a key in double quotes is missing at column 13.",
        "line 8: context[3]: The value must be an object, not 7.",
        "line 8: context[0].text: The value is missing.",
        "line 8: context[1].time: 70.5 lies in second 70 itself, for which systems are to write; leave it out.",
        "line 8: context[2].time: 76 is not within 5 seconds of 70.",
    ]


def test_context_reaches_from_second_t_minus_5_to_the_end_of_second_t_plus_5(lines: Lines) -> None:
    times = [5, 9.999, 11, 15.999]
    import_testset(slug="films", path=lines([sample(0, context=[{"time": t, "text": "好"} for t in times])]))
    outside = lines([sample(0, context=[{"time": t, "text": "好"} for t in (4.999, 16)])])
    with pytest.raises(InputError) as caught:
        import_testset(slug="films2", path=outside)
    assert len(caught.value.problems) == 2


def test_of_a_context_comment_only_time_and_text_are_kept(lines: Lines) -> None:
    import_testset(slug="films", path=lines([sample(0, context=[{"time": 9, "text": "好", "user": "u77"}])]))
    assert Sample.objects.get().context == [{"time": 9.0, "text": "好"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": ""}, "id: The text is empty."),
        ({"id": 12}, "id: The value must be a text, not 12."),
        ({"id": None}, "id: The value may not be null."),
        ({"id": "a" * 201}, "id: The text has 201 characters; at most 200 are allowed."),
        ({"id": "a\nb"}, "id: The text must be on one line, without tabs."),
        ({"id": "a\x00b"}, "id: The text holds the forbidden character U+0000; remove it."),
        ({"video": ["film"]}, 'video: The value must be a text, not ["film"].'),
        ({"time": -1}, "time: The number -1 is outside 0 to 10,000,000."),
        ({"time": 10.5}, "time: The number must be whole, not 10.5."),
        ({"time": 10**400}, "time: The number 1000"),
        ({"frames": "0.jpg"}, 'frames: The value must be a list, not "0.jpg".'),
        ({"frames": [""]}, "frames[0]: The text is empty."),
        ({"frames": [5]}, "frames[0]: The value must be a text, not 5."),
        ({"context": {}}, "context: The value must be a list, not {}."),
        ({"context": [{"text": "好"}]}, "context[0].time: The value is missing."),
        ({"context": [{"time": 9, "text": "好\x1b[0m"}]}, "context[0].text: The text holds the forbidden character"),
        ({"references": ["好" * 1001]}, "references[0]: The text has 1,001 characters; at most 1,000 are allowed."),
        ({"frame": ["0.jpg"], "frames": None}, None),
        ({"mood": {"deep": ["\x07"]}}, "mood.deep[0]: The text holds the forbidden character U+0007; remove it."),
        ({"mood": {"\x07": 1}}, 'mood: The key "\\u0007" holds the forbidden character U+0007.'),
    ],
)
def test_a_wrong_value_is_one_clear_sentence(lines: Lines, pictures: Path, change: Any, message: str | None) -> None:
    if message is None:  # an absent list with a mistyped key beside it
        line = {key: value for key, value in sample().items() if key != "frames"} | {"frame": ["0.jpg"]}
        assert fault(lines([line])) == "line 1: frame: The key is unknown; 'frames' is meant, it seems."
    else:
        assert fault(lines([sample(0, **change)]), pictures).startswith(f"line 1: {message}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"id": "\xff"}', "line 2: The line is not UTF-8 (byte 9)."),
        ('{"id": "a", "id": "b"}', 'line 2: The key "id" appears twice in one object.'),
        ('{"id": }', "line 2: The line is not JSON: a value is missing at column 8."),
        ('{"id": "a" "b"}', "line 2: The line is not JSON: a comma or a closing bracket is missing at column 12."),
        ('{"id" "a"}', "line 2: The line is not JSON: a colon is missing at column 7."),
        ("{id: 1}", "line 2: The line is not JSON: a key in double quotes is missing at column 2."),
        ('{"id": "a}', "line 2: The line is not JSON: a text has no closing quote at column 8."),
        ('{"id": "a\tb"}', "line 2: The line is not JSON: a text holds a control character that is not escaped"),
        ('{"id": "\\q"}', "line 2: The line is not JSON: a backslash begins nothing that JSON knows at column 9."),
        ('{"id": "a"} {}', "line 2: The line is not JSON: something follows the object at column 13."),
        ('{"id": NaN}', "line 2: The line is not JSON: it has no number called NaN."),
        ('{"n": 1e999, "id": "a", "video": "b", "time": 1}', "line 2: n: The number is too large."),
        ('{"n": ' + "9" * 5000 + "}", "line 2: The line is not usable: a number has too many digits."),
        ("[" * 100_000, "line 2: The line is not usable: its JSON is nested too deeply."),
        ('{"id": "a", "video": "\\ud800", "time": 1}', "line 2: video: The text holds the forbidden character U+D800"),
        (
            '{"id": "a", "video": "b", "time": 1, "x": ' + "[" * 40 + "]" * 40 + "}",
            "line 2: x" + "[0]" * 32 + ": The value is nested deeper than 32 levels.",
        ),
        ('{"id": "' + "a" * 2**20 + '"}', "line 2: The line is longer than 1,048,576 bytes."),
    ],
)
def test_a_line_that_is_no_object_is_one_clear_sentence(lines: Lines, line: Any, message: str) -> None:
    assert fault(lines([sample(0), line, sample(1)])).startswith(message)


def test_a_line_of_exactly_one_mebibyte_is_allowed(lines: Lines) -> None:
    line = json.dumps(sample(0, note=""))
    line = line.replace('"note": ""', '"note": "' + "a" * (2**20 - 1 - len(line)) + '"')
    assert len(line) == 2**20 - 1
    import_testset(slug="films", path=lines([line, sample(1)]))


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_are_tolerated(lines: Lines) -> None:
    path = lines([])
    rows = [json.dumps(sample(number)) for number in range(2)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n\r\n".join(rows).encode())
    assert import_testset(slug="films", path=path).samples == 2


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(lines: Lines, content: bytes) -> None:
    path = lines([])
    path.write_bytes(content)
    assert fault(path) == "The file holds no samples."


def test_a_missing_file_or_folder_is_refused(lines: Lines, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file"):
        import_testset(slug="films", path=tmp_path / "none.jsonl")
    with pytest.raises(UserError, match="There is no folder of frames"):
        import_testset(slug="films", path=lines([sample()]), frames=tmp_path / "none")


@pytest.mark.parametrize("slug", ["", "Films", "-films", "fil ms", "f" * 65, "电影", "none"])
def test_a_slug_is_plain(lines: Lines, slug: str) -> None:
    with pytest.raises(UserError, match="cannot name a test set"):
        import_testset(slug=slug, path=lines([sample()]))


def test_a_test_set_never_changes(lines: Lines, testset: TestSet) -> None:
    with pytest.raises(UserError, match="a test set never changes"):
        import_testset(slug="films", path=lines([sample(7)]))
    assert testset.samples.count() == 5


class TestPictures:
    """Frames come from one folder, are bounded, and are proved sound."""

    def test_equal_pictures_are_kept_once(self, lines: Lines, pictures: Path, media: Path) -> None:
        (pictures / "same.jpg").write_bytes((pictures / "0.jpg").read_bytes())
        import_testset(slug="one", path=lines([sample(0, frames=["0.jpg", "same.jpg"])]), frames=pictures)
        made = import_testset(slug="two", path=lines([sample(0, frames=["same.jpg", "1.jpg"])]), frames=pictures)
        assert (made.pictures, made.stored) == (2, 1)
        assert len(stored(media)) == Frame.objects.count() == 2

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_three_kinds_are_welcome_whatever_the_name_says(self, lines: Lines, pictures: Path, kind: str) -> None:
        Image.new("RGB", (30, 20)).save(pictures / "x.bin", format=kind)
        import_testset(slug="films", path=lines([sample(0, frames=["x.bin"])]), frames=pictures)
        frame = Frame.objects.get()
        assert (frame.content_type, frame.width, frame.height) == (f"image/{kind.lower()}", 30, 20)

    @pytest.mark.parametrize("name", ["../secret.jpg", "a/../../secret.jpg", "/etc/hostname", "link.jpg"])
    def test_names_do_not_lead_out_of_the_folder(self, lines: Lines, pictures: Path, name: str) -> None:
        secret = pictures.parent / "secret.jpg"
        secret.write_bytes((pictures / "0.jpg").read_bytes())
        (pictures / "a").mkdir()
        (pictures / "link.jpg").symlink_to(secret)
        assert fault(lines([sample(0, frames=[name])]), pictures) == (
            f'line 1: frames[0]: The picture "{name}" lies outside the folder of frames.'
        )

    @pytest.mark.parametrize("name", [".", "folder", "x" * 500, "loop.jpg", "pipe.jpg"])
    def test_what_is_no_file_is_refused(self, lines: Lines, pictures: Path, name: str) -> None:
        (pictures / "folder").mkdir()
        (pictures / "loop.jpg").symlink_to("loop.jpg")
        os.mkfifo(pictures / "pipe.jpg")
        assert "is not in the folder of frames" in fault(lines([sample(0, frames=[name])]), pictures)

    def test_a_picture_of_200_megapixels_is_refused_before_it_is_unpacked(
        self, lines: Lines, pictures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (pictures / "bomb.png").write_bytes(png(20_000, 10_000))
        (pictures / "large.png").write_bytes(png(8_000, 5_001))
        monkeypatch.setattr(Image.Image, "load", None)  # unpacking would fail otherwise than by size
        found = faults(lines([sample(0, frames=["bomb.png", "large.png"])]), pictures)
        assert found == [
            'line 1: frames[0]: The picture "bomb.png" has more than 40 megapixels.',
            'line 1: frames[1]: The picture "large.png" has 8000 x 5001 pixels, over 40 megapixels.',
        ]

    def test_a_picture_over_10_mebibytes_is_refused(self, lines: Lines, pictures: Path) -> None:
        sound = (pictures / "0.jpg").read_bytes()
        (pictures / "fat.jpg").write_bytes(sound + b"\0" * (10 * 2**20 + 1 - len(sound)))
        assert "is larger than 10 MiB" in fault(lines([sample(0, frames=["fat.jpg"])]), pictures)

    @pytest.mark.parametrize("damage", ["cut", "text", "empty", "gif", "flipped"])
    def test_a_picture_that_does_not_decode_is_refused(self, lines: Lines, pictures: Path, damage: str) -> None:
        buffer = io.BytesIO()
        Image.effect_noise((200, 200), 80).save(buffer, format="GIF" if damage == "gif" else "PNG")
        content = buffer.getvalue()
        if damage == "flipped":
            content = content[:300] + bytes(byte ^ 255 for byte in content[300:400]) + content[400:]
        content = {"cut": content[: len(content) // 2], "text": b"<svg/>", "empty": b""}.get(damage, content)
        (pictures / "bad.png").write_bytes(content)
        assert "is not a sound JPEG, PNG or WebP" in fault(lines([sample(0, frames=["bad.png"])]), pictures)

    def test_a_moving_picture_is_refused(self, lines: Lines, pictures: Path) -> None:
        stills = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
        stills[0].save(pictures / "moving.webp", save_all=True, append_images=stills[1:])
        assert "is animated" in fault(lines([sample(0, frames=["moving.webp"])]), pictures)

    def test_frames_without_a_folder_are_told_so(self, lines: Lines) -> None:
        assert "no folder was given (--frames DIR)" in fault(lines([sample(0, frames=["0.jpg"])]))

    def test_a_frame_that_many_samples_share_is_looked_at_once(
        self, lines: Lines, pictures: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked: list[str] = []
        real = pictures_module.inspect
        monkeypatch.setattr(pictures_module, "inspect", lambda *args: looked.append(args[1]) or real(*args))
        path = lines(sample(number, frames=["0.jpg", "1.jpg"]) for number in range(20))
        import_testset(slug="films", path=path, frames=pictures)
        assert sorted(looked) == ["0.jpg", "1.jpg"]


class TestNothingIsLeftBehind:
    """An import that fails late leaves neither rows nor files, and takes nothing that was there before."""

    def test_when_the_database_fails(
        self, lines: Lines, pictures: Path, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_testset(slug="one", path=lines([sample(0, frames=["0.jpg"])]), frames=pictures)
        before = stored(media)

        def full(*args: Any, **kwargs: Any) -> None:
            raise DatabaseError("disk full")

        monkeypatch.setattr(importing, "_write_samples", full)
        with pytest.raises(DatabaseError):
            import_testset(slug="two", path=lines([sample(0, frames=["0.jpg", "1.jpg"])]), frames=pictures)
        assert TestSet.objects.get().slug == "one"
        assert Frame.objects.count() == 1
        assert stored(media) == before

    def test_when_the_file_changes_in_between(
        self, lines: Lines, pictures: Path, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = lines([sample(0, frames=["0.jpg"])])
        real = checking.samples

        def look_then_change(*args: Any) -> Any:
            checked = real(*args)
            path.write_text(json.dumps(sample(5)))
            return checked

        monkeypatch.setattr(checking, "samples", look_then_change)
        with pytest.raises(UserError, match="changed while it was imported"):
            import_testset(slug="films", path=path, frames=pictures)
        assert not TestSet.objects.exists()
        assert stored(media) == []

    def test_when_a_picture_changes_in_between(
        self, lines: Lines, pictures: Path, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = checking.samples

        def look_then_change(*args: Any) -> Any:
            checked = real(*args)
            (pictures / "1.jpg").write_bytes(b"something else")
            return checked

        monkeypatch.setattr(checking, "samples", look_then_change)
        with pytest.raises(UserError, match="changed while it was imported"):
            import_testset(slug="films", path=lines([sample(0, frames=["0.jpg", "1.jpg"])]), frames=pictures)
        assert not Frame.objects.exists()
        assert stored(media) == []

    def test_a_file_the_store_has_lost_is_put_back(self, lines: Lines, pictures: Path, media: Path) -> None:
        path = lines([sample(0, frames=["0.jpg"])])
        import_testset(slug="one", path=path, frames=pictures)
        stored(media)[0].unlink()
        assert import_testset(slug="two", path=path, frames=pictures).stored == 1
        assert (media / Frame.objects.get().file).read_bytes() == (pictures / "0.jpg").read_bytes()


def png(width: int, height: int) -> bytes:
    """A sound black PNG that is small as a file and large as a picture."""
    rows = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 2)
    data = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_a_terminal_is_told_in_english_as_all_its_other_lines(lines: Lines) -> None:
    told = r"has 2 faults; nothing was imported\.\n  line 1: time: The value"
    with override("zh-hans"), pytest.raises(CommandError, match=told):
        call_command("import_testset", "films", str(lines([sample(0, time="noon"), sample(1, video="")])))

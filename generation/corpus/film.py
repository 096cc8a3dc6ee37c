"""Frames of a video file, one a second, as pictures named by their second."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from generation.errors import UserError

ENDINGS = (".mp4", ".flv", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".ts")
QUALITY = 90  # of the JPEGs; the systems see 224 x 224 pixels of them


def films(folder: Path) -> list[Path]:
    """The video files of a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)


def extract(path: Path, out: Path, *, height: int = 360) -> int:
    """Write ``out/<second, six digits>.jpg``, at most ``height`` pixels high; the number of pictures.

    The picture of second s is the first one shown at s or later. ``out`` appears when it is complete.
    """
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        count = 0
        for second, frame in _seconds(path):
            scale = min(1.0, height / frame.height)
            size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
            frame.to_image().resize(size).save(part / f"{second:06d}.jpg", quality=QUALITY)
            count += 1
        if not count:
            raise UserError(f"{path} holds no pictures.")
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return count


def _seconds(path: Path) -> Iterator[tuple[int, "av.VideoFrame"]]:  # type: ignore[name-defined]  # noqa: F821
    """(second, frame): the first frame of each second, counted from the film's first one."""
    try:
        import av
    except ImportError as error:
        raise UserError("Reading video files needs PyAV: pip install av.") from error
    due, start = 0, None
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                if frame.time is None:
                    continue
                start = frame.time if start is None else start
                second = int(frame.time - start + 1e-6)
                if second >= due:
                    due = second + 1
                    yield second, frame
    except (av.error.FFmpegError, IndexError, OSError) as error:
        raise UserError(f"{path} cannot be read as a video: {error}.") from error

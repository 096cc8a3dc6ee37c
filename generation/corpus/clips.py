"""Clips of moments: the seconds t-5..t+5 of a video file, small and without sound, as raters' browsers play them."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from generation.corpus import film
from generation.corpus.records import HALF_WINDOW, Sample, safe_id
from generation.errors import UserError

HEIGHT = 360  # pixels, at most
RATE = 30  # pictures a second, at most
_MILLISECONDS = Fraction(1, 1000)
# 600 kbit/s at most: 11 seconds stay below 1 MB, whatever they show.
_CODING = {"preset": "veryfast", "crf": "26", "maxrate": "600k", "bufsize": "600k"}


def films(folder: Path) -> dict[str, Path]:
    """The video files of a folder by the id their video has in a corpus."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; a folder of video files is expected.")
    return {safe_id(path.stem): path for path in film.films(folder)}


def of(sample: Sample, films: dict[str, Path], out: Path) -> dict[str, Any]:
    """Cut the sample's clip where it is not there yet; the fields of its line, the clip relative to ``out``."""
    if sample.video not in films:
        raise UserError(f"There is no video file of {sample.video}: {sample.video}{film.ENDINGS[0]} or the like.")
    start, name = max(0, sample.time - HALF_WINDOW), f"{sample.video}/{sample.time:06d}.mp4"
    if not (out / name).exists():
        cut(films[sample.video], out / name, start, sample.time + HALF_WINDOW + 1)
    return {"clip": name, "clip_start": start}


def cut(path: Path, out: Path, start: float, end: float) -> None:
    """Write seconds [start, end) of a film, counted from its first picture, as H.264; ``out`` appears when complete."""
    try:
        import av
    except ImportError as error:
        raise UserError("Cutting video files needs PyAV: pip install av.") from error
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    try:
        with av.open(str(path)) as source, av.open(str(part), "w", "mp4", options={"movflags": "+faststart"}) as target:
            stream: Any = None
            for time, frame in _pictures(source, start, end):
                stream = stream or _stream(target, frame)
                picture = frame.reformat(stream.width, stream.height, "yuv420p")
                picture.pts, picture.time_base = round((time - start) * 1000), _MILLISECONDS
                target.mux(stream.encode(picture))
            if stream is None:
                raise UserError(f"{path} has no pictures from second {start:g} on.")
            target.mux(stream.encode())
        part.replace(out)
    except (av.error.FFmpegError, IndexError, OSError) as error:
        raise UserError(f"{path} cannot be cut: {error}.") from error
    finally:
        part.unlink(missing_ok=True)


def _pictures(source: Any, start: float, end: float) -> Iterator[tuple[float, Any]]:
    """(second, picture) within [start, end), at most RATE a second."""
    stream = source.streams.video[0]
    stream.thread_type = "AUTO"
    first, due = float((stream.start_time or 0) * stream.time_base), start
    source.seek(max(0, round((first + start) / stream.time_base)), stream=stream)
    for frame in source.decode(stream):
        time = (frame.time or 0.0) - first
        if time >= end:
            return
        if time >= due - 1e-3:
            due = max(due, time) + 1 / RATE - 2e-3
            yield time, frame


def _stream(target: Any, frame: Any) -> Any:
    scale = min(1.0, HEIGHT / frame.height)
    stream = target.add_stream("libx264", rate=RATE, options=_CODING)
    stream.width, stream.height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _MILLISECONDS
    return stream

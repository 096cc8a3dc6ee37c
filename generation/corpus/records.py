"""The plain data everything else is made of: comments, videos, corpora and samples."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

SPLITS = ("train", "dev", "test")
VECTOR = "vector:"  # begins the name of a frame of which only the vector is known
HALF_WINDOW = 5  # seconds on either side of a sample's own second (l in the KLVCG paper)


class Comment(NamedTuple):
    """One comment: seconds from the start of its video, and its text."""

    time: float
    text: str

    @property
    def second(self) -> int:
        """The whole second the comment belongs to."""
        return int(self.time)


@dataclass(frozen=True)
class Segment:
    """A stretch [start, end) of whole seconds that belongs to one split; windows never cross its border."""

    start: int
    end: int
    split: str
    scene: str = ""


@dataclass(frozen=True)
class Video:
    """One video: its comments sorted by time, and the seconds of which a frame exists.

    ``frames`` maps a second to something that opens, a path or an address, or to a name that begins with
    :data:`VECTOR` where published vectors came without pictures. ``split`` is ``None`` where
    ``segments`` say it piece by piece, or where nobody has split the corpus yet.
    """

    id: str
    comments: tuple[Comment, ...]
    duration: float
    title: str = ""
    category: str = ""
    split: str | None = None
    segments: tuple[Segment, ...] = ()
    frames: Mapping[int, str] = field(default_factory=dict)

    def stretches(self) -> tuple[Segment, ...]:
        """The segments, or the whole video as one segment of its split."""
        if self.segments:
            return self.segments
        ends = [math.ceil(self.duration), 1, *(c.second + 1 for c in self.comments[-1:]), *(s + 1 for s in self.frames)]
        end = max(ends)
        return (Segment(0, end, self.split or ""),)


@dataclass(frozen=True)
class Corpus:
    """A named set of videos; ``root`` is the folder in the project's own format, where there is one."""

    name: str
    videos: tuple[Video, ...]
    title: str = ""
    licence: str = ""
    note: str = ""
    root: Path | None = None


@dataclass(frozen=True)
class Sample:
    """A moment of a video: what a system may see (frames, context) and what people wrote (references).

    ``time`` is a whole second t. ``frames`` are those of t-5..t+5 in order, the middle one being the key
    frame; one frame or none is allowed too. ``context`` holds the comments of the seconds t-5..t+5 without
    t itself, by time. ``references`` hold the real comments at t.
    """

    id: str
    video: str
    time: int
    duration: float = 0.0
    title: str = ""
    category: str = ""
    frames: tuple[str, ...] = ()
    context: tuple[Comment, ...] = ()
    references: tuple[str, ...] = ()
    split: str = ""
    scene: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def frame(self, offset: int) -> str | None:
        """The frame ``offset`` seconds from t, or the nearest one that exists; ``None`` without frames."""
        if not self.frames:
            return None
        return self.frames[min(max(len(self.frames) // 2 + offset, 0), len(self.frames) - 1)]

    def nearest_frames(self, count: int) -> list[str | None]:
        """The ``count`` distinct frames nearest to t in the order 0, -1, +1, -2, ...; short lists repeat."""
        found = list(dict.fromkeys(self.frame(offset) for offset in offsets_outwards()))
        return [found[i % len(found)] for i in range(count)]

    def context_by_second(self) -> dict[int, list[str]]:
        """Texts of the context by offset -5..-1, +1..+5; a second without comments has an empty list."""
        seconds: dict[int, list[str]] = {offset: [] for offset in range(-HALF_WINDOW, HALF_WINDOW + 1) if offset}
        for comment in self.context:
            if comment.second - self.time in seconds:
                seconds[comment.second - self.time].append(comment.text)
        return seconds

    def nearest_comments(self, count: int) -> list[str]:
        """The ``count`` comments nearest to t, second by second in the order -1, +1, -2, +2, ..."""
        seconds = self.context_by_second()
        return [text for offset in offsets_outwards()[1:] for text in seconds[offset]][:count]


def safe_id(name: str) -> str:
    """A video id made of a file's name: letters, digits, ".", "-" and "_" only."""
    return re.sub(r"[^\w.\-]+", "_", name).strip("._-") or "video"


def offsets_outwards() -> list[int]:
    """0, -1, +1, -2, +2, ..., -5, +5."""
    return [0] + [sign * step for step in range(1, HALF_WINDOW + 1) for sign in (-1, 1)]

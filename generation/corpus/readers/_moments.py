"""Moments as the papers' processed files keep them, one JSON object a line, put back together to videos.

A line has a video, a time, one comment or several, and where it is kept by second, the context. All texts of one
second of one video are what that second's viewers wrote; they stand in many lines, and are counted once.
Comments are words with spaces between, and come back as running text.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generation.corpus.records import SPLITS, Comment, Corpus, Video, safe_id
from generation.corpus.text import join_words, normalise
from generation.errors import UserError

_SEPARATOR = re.compile(r"\s*<(?:SEP|&&&)>\s*")
_SPECIAL = frozenset({"<PAD>", "<BOS>", "<EOS>", "<UNK>"})


@dataclass
class Moments:
    """Texts by video and second, and the split of each video, gathered line by line."""

    seconds: dict[str, dict[int, Counter[str]]] = field(default_factory=lambda: defaultdict(dict))
    splits: dict[str, str] = field(default_factory=dict)

    def read(self, path: Path, split: str) -> None:
        """Add one file; a video of another split is refused, for it would be learned and measured at once."""
        written: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
        for number, data in lines(path):
            where = f"{path}, line {number}"
            video, time = video_id(data, where), second(data.get("time"), where)
            if self.splits.setdefault(video, split) != split:
                raise UserError(f"{where}: video {video} is in {self.splits[video]} and in {split}; keep it in one.")
            written[video, time].update(texts(data.get("comment"), where))
            for key, value in _seconds(data.get("context"), where):
                self._merge(video, key, Counter(texts(value, where)))
        for (video, time), found in written.items():
            self._merge(video, time, found)

    def _merge(self, video: str, time: int, found: Counter[str]) -> None:
        """A second is told of by several lines, by some of them in part."""
        self.seconds[video][time] = self.seconds[video].get(time, Counter()) | found

    def corpus(self, name: str, durations: Mapping[str, float] | None = None, **about: str) -> Corpus:
        """All videos in the order they were met."""
        videos = (self._video(video, (durations or {}).get(video, 0.0)) for video in self.splits)
        return Corpus(name=safe_id(name), videos=tuple(videos), **about)

    def _video(self, video: str, duration: float) -> Video:
        ordered = sorted(self.seconds[video].items())
        comments = tuple(Comment(float(t), text) for t, found in ordered for text in found.elements())
        last = comments[-1].time if comments else 0.0
        return Video(safe_id(video), comments, max(duration, last + 1), title=video, split=self.splits[video])


def lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines with their numbers."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, _object(line, f"{path}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise UserError(f"{where}: not valid JSON ({error}).") from error
    if not isinstance(data, dict):
        raise UserError(f"{where}: an object with video, time and comment is expected.")
    return data


def whole(path: Path) -> Any:
    """One JSON file."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def video_id(data: Mapping[str, Any], where: str) -> str:
    """Files disagree whether ids are numbers or strings; they are strings here."""
    video = data.get("video")
    if not isinstance(video, str | int) or isinstance(video, bool) or not str(video):
        raise UserError(f'{where}: "video" is {video!r}; an id is expected.')
    return str(video)


def second(value: Any, where: str) -> int:
    """A whole second, written as a number or, as every key of JSON, as a string."""
    try:
        time = int(value)
    except (TypeError, ValueError):
        time = -1
    if time < 0 or isinstance(value, bool):
        raise UserError(f"{where}: the time {value!r} is no second; whole seconds from 0 on are expected.")
    return time


def _seconds(context: Any, where: str) -> Iterable[tuple[int, Any]]:
    """The context by second; one without seconds says nothing about where its comments belong."""
    return [(second(key, where), value) for key, value in context.items()] if isinstance(context, dict) else []


def texts(value: Any, where: str) -> list[str]:
    """Comments kept as one string, as a string with separators, or as a list; empty ones are no comments."""
    if value is None:
        return []
    parts = value if isinstance(value, list) else _SEPARATOR.split(value) if isinstance(value, str) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise UserError(f"{where}: comments are {value!r}; a string or a list of strings is expected.")
    running = (normalise(join_words([w for w in part.split() if w not in _SPECIAL])) for part in parts)
    return [text for text in running if text]


def listed(source: Path) -> dict[str, str]:
    """Split by name, where train.txt, dev.txt and test.txt list a name (with or without an ending) a line."""
    found: dict[str, str] = {}
    for split in SPLITS:
        path = source / f"{split}.txt"
        try:
            names = path.read_text(encoding="utf-8-sig").split("\n") if path.is_file() else []
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path} cannot be read: {error}.") from error
        for name in filter(None, map(str.strip, names)):
            stem = re.sub(r"\.(txt|ass|flv|mp4|xml|json)$", "", name)
            if found.setdefault(stem, split) != split:
                raise UserError(f"{path}: {name} is in {found[stem]} too; a video belongs to one split.")
    return found

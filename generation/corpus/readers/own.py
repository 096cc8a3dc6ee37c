"""The project's own corpus format: corpus.json, comments/<video>.jsonl, frames/<video>/<second>.jpg."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from generation.corpus.readers._jsonl import read_comments
from generation.corpus.records import SPLITS, VECTOR, Corpus, Segment, Video
from generation.errors import UserError

_FRAME = re.compile(r"\d+\.(jpe?g|png|webp|bmp)", re.IGNORECASE)
_SAFE = re.compile(r"[\w][\w.\-]*")


def read(source: Path) -> Corpus:
    """The corpus in a folder; every fault is one sentence that names the file and the field."""
    path = source / "corpus.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{source} is no corpus: it has no corpus.json. Make one with: generation prepare.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    if not isinstance(data, dict) or data.get("format") != 1 or not isinstance(data.get("videos"), list):
        raise UserError(f'{path}: "format": 1 and a list of "videos" are expected.')
    vectors = {} if (source / "frames").is_dir() else _vectors(source / "features")
    videos = tuple(_video(source, path, entry, vectors) for entry in data["videos"])
    ids = [video.id for video in videos]
    twice = next((i for i in ids if ids.count(i) > 1), None)
    if twice is not None:
        raise UserError(f"{path}: video {twice!r} is listed twice.")
    texts = {key: str(data.get(key, "")) for key in ("title", "licence", "note")}
    return Corpus(name=str(data.get("name", source.name)), videos=videos, root=source, **texts)


def _vectors(folder: Path) -> dict[str, list[int]]:
    """Seconds by video of which feature files hold vectors, as published data come without pictures."""
    found: dict[str, list[int]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found |= json.loads(path.read_text(encoding="utf-8"))["videos"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} cannot be read: {error!r}; make the features anew.") from error
    return found


def _video(source: Path, path: Path, entry: Any, vectors: Mapping[str, Sequence[int]]) -> Video:
    if not isinstance(entry, dict) or not _SAFE.fullmatch(str(entry.get("id", ""))):
        raise UserError(f'{path}: every video needs an "id" of letters, digits, ".", "-" and "_".')
    video = str(entry["id"])
    duration = entry.get("duration", 0)
    if not isinstance(duration, int | float) or isinstance(duration, bool) or duration < 0:
        raise UserError(f"{path}: the duration of {video} is {duration!r}; seconds are expected.")
    segments = tuple(_segment(path, video, part) for part in entry.get("segments", ()))
    for before, after in pairwise(segments):
        if after.start < before.end:
            raise UserError(f"{path}: segments of {video} overlap or are out of order at second {after.start}.")
    split = entry.get("split")
    if split not in (None, *SPLITS) or (split is None) != bool(segments):
        raise UserError(f"{path}: {video} needs either a split ({', '.join(SPLITS)}) or segments.")
    return Video(
        id=video,
        comments=read_comments(source / "comments" / f"{video}.jsonl"),
        duration=float(duration),
        title=str(entry.get("title", "")),
        category=str(entry.get("category", "")),
        split=split,
        segments=segments,
        frames=find_frames(source / "frames" / video) or {s: f"{VECTOR}{video}/{s}" for s in vectors.get(video, ())},
    )


def _segment(path: Path, video: str, part: Any) -> Segment:
    try:
        segment = Segment(part["start"], part["end"], part["split"], str(part.get("scene", "")))
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: a segment of {video} lacks start, end or split.") from error
    whole = all(isinstance(s, int) and not isinstance(s, bool) for s in (segment.start, segment.end))
    if not whole or not 0 <= segment.start < segment.end or segment.split not in SPLITS:
        raise UserError(f"{path}: segment {part} of {video} needs whole seconds start < end and a known split.")
    return segment


def find_frames(folder: Path) -> dict[int, str]:
    """Pictures named by their second, e.g. ``000120.jpg``; an absent folder means no frames."""
    if not folder.is_dir():
        return {}
    return {int(p.stem): str(p) for p in sorted(folder.iterdir()) if _FRAME.fullmatch(p.name)}

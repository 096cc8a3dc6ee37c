"""Samples as other programs exchange them: ``samples.jsonl``, and the contexts that arrive through the hatch."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from generation.corpus.records import VECTOR, Comment, Sample
from generation.corpus.text import normalise
from generation.errors import UserError

_KNOWN = frozenset(
    {"id", "video", "title", "category", "scene", "time", "duration", "frames", "context", "references", "split"}
)


def parse(data: Any, where: str) -> Sample:
    """One sample from its JSON object; ``where`` opens the sentence that refuses it."""
    if not isinstance(data, Mapping):
        raise UserError(f"{where}: an object is expected, not {type(data).__name__}.")
    for name in ("id", "video"):
        if not isinstance(data.get(name), str) or not data[name]:
            raise UserError(f'{where}: "{name}" is {data.get(name)!r}; a non-empty string is expected.')
    frames, references = (_strings(data, name, where) for name in ("frames", "references"))
    time = _number(data.get("time"), "time", where)
    return Sample(
        id=data["id"],
        video=data["video"],
        time=int(time),
        duration=_number(data.get("duration") or 0, "duration", where),
        title=str(data.get("title") or ""),
        category=str(data.get("category") or ""),
        frames=frames,
        context=_context(data.get("context") or [], where),
        references=tuple(normalise(text) for text in references),
        split=str(data.get("split") or ""),
        scene=str(data.get("scene") or ""),
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )


def _number(value: Any, name: str, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value < 0:
        raise UserError(f'{where}: "{name}" is {value!r}; seconds from 0 on are expected.')
    return float(value)


def _strings(data: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = data.get(name) or []
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise UserError(f'{where}: "{name}" is not a list of strings.')
    return tuple(value)


def _context(value: Any, where: str) -> tuple[Comment, ...]:
    """The surrounding comments by time."""
    if not isinstance(value, list | tuple):
        raise UserError(f'{where}: "context" is not a list of {{"time", "text"}}.')
    comments = []
    for i, entry in enumerate(value):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("text"), str):
            raise UserError(f'{where}: context {i + 1} is not {{"time": seconds, "text": "..."}}.')
        comments.append(Comment(_number(entry.get("time"), f"context {i + 1} time", where), normalise(entry["text"])))
    return tuple(sorted((c for c in comments if c.text), key=lambda c: c.time))


def read(path: Path, frames: Path | None = None) -> list[Sample]:
    """All samples of a file; relative frames are looked for in the folder ``frames``."""
    from dataclasses import replace

    found: dict[str, Sample] = {}
    for number, data in _lines(path):
        sample = parse(data, f"{path}, line {number}")
        if sample.id in found:
            raise UserError(f"{path}, line {number}: the id {sample.id!r} was used before.")
        found[sample.id] = replace(sample, frames=tuple(_locate(f, frames) for f in sample.frames))
    return list(found.values())


def _locate(frame: str, folder: Path | None) -> str:
    return frame if folder is None or "://" in frame else str(folder / frame)


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, json.loads(line)
    except ValueError as error:
        raise UserError(f"{path} cannot be read: a line is not JSON in UTF-8 ({error}).") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def as_json(sample: Sample, root: Path | None = None) -> dict[str, Any]:
    """A line of ``samples.jsonl``; frames relative to ``root``, without those of which only vectors are known."""
    pictures = [f for f in sample.frames if not f.startswith(VECTOR)]
    frames = [str(Path(f).relative_to(root)) if root else f for f in pictures]
    context = [{"time": c.time, "text": c.text} for c in sample.context]
    data: dict[str, Any] = {"id": sample.id, "video": sample.video, "title": sample.title, "time": sample.time}
    data |= {"duration": sample.duration, "frames": frames, "context": context}
    data |= {"references": list(sample.references), "split": sample.split}
    optional = {"category": sample.category, "scene": sample.scene}
    return data | {key: value for key, value in optional.items() if value}


def write(samples: Iterable[Sample], path: Path, root: Path | None = None) -> None:
    """Write ``samples.jsonl``, whole or not at all."""
    write_lines(path, (as_json(sample, root) for sample in samples))


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """One JSON object a line; a file appears whole or not at all, a pipe is written to as it stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if not special:
        part.replace(path)

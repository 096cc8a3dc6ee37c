"""A folder of ``<video>.jsonl`` files, ``{"t": seconds, "text": "..."}`` a line.

Beside them there may be ``videos.json`` ({"videos": [{"id", "title", "category", "file", "duration"}]}) and
``frames/<video>/<second>.jpg``; a video may also have frames alone.
"""

import json
from pathlib import Path
from typing import Any

from generation.corpus.readers._jsonl import read_comments
from generation.corpus.readers.own import find_frames
from generation.corpus.records import Corpus, Video, safe_id
from generation.errors import UserError


def read(source: Path) -> Corpus:
    """Every file of comments in the folder as one unsplit corpus."""
    if not source.is_dir():
        raise UserError(f"{source} is no folder; a folder of <video>.jsonl files is expected.")
    about = _index(source / "videos.json")
    names = {path.name: path for path in sorted(source.glob("*.jsonl"))}
    frames = sorted(p.name for p in (source / "frames").iterdir()) if (source / "frames").is_dir() else []
    names |= {f"{name}.jsonl": source / f"{name}.jsonl" for name in frames}
    absent = sorted(set(about) - set(names))
    if absent:
        raise UserError(f"{source / 'videos.json'} names {absent[0]}, which is not in the folder.")
    if not names:
        raise UserError(f"{source} holds neither .jsonl files nor a folder of frames.")
    return Corpus(name=safe_id(source.name), videos=tuple(_video(p, about.get(n, {})) for n, p in names.items()))


def _index(path: Path) -> dict[str, dict[str, Any]]:
    """What videos.json says, by file name."""
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["videos"]
        return {str(entry.get("file", f"{entry['id']}.jsonl")): entry for entry in entries}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f'{path} cannot be read: a list of "videos", each with an "id", is expected.') from error


def _video(path: Path, about: dict[str, Any]) -> Video:
    comments = read_comments(path) if path.is_file() else ()
    frames = find_frames(path.parent / "frames" / path.stem)
    last = max([c.time for c in comments[-1:]] + [float(s) for s in frames], default=0.0)
    return Video(
        id=safe_id(str(about.get("id", path.stem))),
        comments=comments,
        duration=max(float(about.get("duration", about.get("duration_s_observed", 0)) or 0), last + 1),
        title=str(about.get("title", path.stem)),
        category=str(about.get("category", "")),
        frames=frames,
    )

"""Comments as JSON Lines, one ``{"t": seconds, "text": "..."}`` a line; shared by two readers."""

import json
import math
from pathlib import Path
from typing import Any

from generation.corpus.records import Comment
from generation.corpus.text import normalise
from generation.errors import UserError


def read_comments(path: Path) -> tuple[Comment, ...]:
    """The comments of one file by time; empty ones are left out, anything malformed is refused with its line."""
    comments = []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    comments.append(_comment(path, number, line))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    return tuple(sorted((c for c in comments if c.text), key=lambda c: c.time))


def _comment(path: Path, number: int, line: str) -> Comment:
    try:
        data: Any = json.loads(line)
    except ValueError as error:
        raise UserError(f"{path}, line {number}: not valid JSON ({error}).") from error
    time = data.get("t") if isinstance(data, dict) else None
    if not isinstance(time, int | float) or isinstance(time, bool) or not math.isfinite(time) or time < 0:
        raise UserError(f'{path}, line {number}: "t" is {time!r}; seconds from 0 on are expected.')
    if not isinstance(data.get("text"), str):
        raise UserError(f'{path}, line {number}: "text" is {data.get("text")!r}; a string is expected.')
    return Comment(float(time), normalise(data["text"]))

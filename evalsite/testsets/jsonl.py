"""Reads JSON Lines from strangers: every line bounded, strict UTF-8 and JSON, nothing a database cannot keep."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evalsite.testsets.errors import Problems

LINE_LIMIT = 2**20  # bytes
DEPTH_LIMIT = 32
_BOM = b"\xef\xbb\xbf"
# Control characters other than tab and line break, and halves of surrogate pairs, which UTF-8 cannot carry.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class _LineError(ValueError):
    """A line that is not one object; the text is a sentence."""


class Row(NamedTuple):
    """One object and the number of its line, from 1."""

    line: int
    data: dict[str, Any]


class Reader:
    """Yields the objects of a file, notes every fault on the way, and digests every byte it passes."""

    def __init__(self, path: Path, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self.bytes_read = 0
        self.sha256 = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of what was read so far; that of the file once the rows are used up."""
        return self.sha256.hexdigest()

    def rows(self) -> Iterator[Row]:
        """The objects of the file in order; blank lines are passed over."""
        with self.path.open("rb") as file:
            for number, raw in enumerate(iter(lambda: self._line(file), b""), start=1):
                if len(raw) > LINE_LIMIT:
                    told = {"limit": f"{LINE_LIMIT:,}"}
                    self.problems.add(number, "", _("The line is longer than %(limit)s bytes.") % told)
                elif raw.strip() and (data := self._object(number, raw)) is not None:
                    yield Row(number, data)

    def _line(self, file: BinaryIO) -> bytes:
        """The next line; of one that is too long only the beginning, the rest being digested and let go."""
        raw = piece = file.readline(LINE_LIMIT + 1)
        self._pass(piece)
        while len(raw) > LINE_LIMIT and piece and not piece.endswith(b"\n"):
            piece = file.readline(LINE_LIMIT)
            self._pass(piece)
        if self.bytes_read == len(raw) and raw.startswith(_BOM):
            raw = raw[len(_BOM) :] or b"\n"  # only the file's own beginning may carry the mark
        return raw

    def _pass(self, piece: bytes) -> None:
        self.bytes_read += len(piece)
        self.sha256.update(piece)

    def _object(self, number: int, raw: bytes) -> dict[str, Any] | None:
        try:
            data = parse(raw)
        except _LineError as error:
            self.problems.add(number, "", str(error))
            return None
        for field, message in unfit(data):
            self.problems.add(number, field, message)
        return data


def parse(raw: bytes) -> dict[str, Any]:
    """One line as an object; ValueError with a sentence where it is not one."""
    try:
        data = json.loads(raw.rstrip(b"\r\n").decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise _LineError(_("The line is not UTF-8 (byte %(place)s).") % {"place": error.start + 1}) from None
    except json.JSONDecodeError as error:
        told = {"error": _fault(error.msg), "column": error.colno}
        raise _LineError(_("The line is not JSON: %(error)s at column %(column)s.") % told) from None
    except _LineError:
        raise
    except ValueError:
        raise _LineError(_("The line is not usable: a number has too many digits.")) from None
    except RecursionError:
        raise _LineError(_("The line is not usable: its JSON is nested too deeply.")) from None
    if not isinstance(data, dict):
        raise _LineError(_('The line must be one JSON object, {"...": ...}.'))
    return data


_FAULTS = {
    "Expecting value": gettext_lazy("a value is missing"),
    "Expecting ',' delimiter": gettext_lazy("a comma or a closing bracket is missing"),
    "Expecting ':' delimiter": gettext_lazy("a colon is missing"),
    "Expecting property name": gettext_lazy("a key in double quotes is missing"),
    "Illegal trailing comma": gettext_lazy("there is a comma too many"),
    "Unterminated string": gettext_lazy("a text has no closing quote"),
    "Invalid control character": gettext_lazy("a text holds a control character that is not escaped"),
    "Invalid \\": gettext_lazy("a backslash begins nothing that JSON knows"),
    "Extra data": gettext_lazy("something follows the object"),
}
"""What Python's reader says, by how it begins, and what we say: in the reader's language."""


def _fault(said: str) -> str:
    known = (str(ours) for theirs, ours in _FAULTS.items() if said.startswith(theirs))
    return next(known, _("something is out of place"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _LineError(_("The key %(key)s appears twice in one object.") % {"key": shown(twice)})
    return data


def _no_constant(name: str) -> Any:
    raise _LineError(_("The line is not JSON: it has no number called %(name)s.") % {"name": name})


def unfit(value: Any, field: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(field, message) for whatever in a JSON value a database or a page cannot hold."""
    if depth > DEPTH_LIMIT:
        yield field, _("The value is nested deeper than %(limit)s levels.") % {"limit": DEPTH_LIMIT}
    elif isinstance(value, str):
        if found := _UNFIT.search(value):
            told = {"code": f"U+{ord(found[0]):04X}"}
            yield field, _("The text holds the forbidden character %(code)s; remove it.") % told
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield field, _("The number is too large.")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from unfit(part, f"{field}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for name, part in value.items():
            if found := _UNFIT.search(name):
                told = {"key": shown(name), "code": f"U+{ord(found[0]):04X}"}
                yield field, _("The key %(key)s holds the forbidden character %(code)s.") % told
            else:
                yield from unfit(part, f"{field}.{name}" if field else name, depth + 1)


def shown(value: Any) -> str:
    """A value as it appears in a message: JSON, short, in printable characters."""
    text = json.dumps(value, ensure_ascii=False)
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return text if len(text) <= 60 else text[:59] + "…"

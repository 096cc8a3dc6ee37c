"""Takes typed values out of one JSON object; every misfit is noted with its line and field."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from evalsite.testsets.errors import Problems
from evalsite.testsets.jsonl import shown

TEXT_LIMIT = 1000  # characters of one comment


class Fields:
    """One object of a line. A reader that notes a fault returns a harmless stand-in, so the others go on."""

    def __init__(self, data: dict[str, Any], line: int, problems: Problems, prefix: str = "") -> None:
        self.data = data
        self.line = line
        self.problems = problems
        self.prefix = prefix

    def note(self, name: str, message: str) -> None:
        """Add a fault of this object's field."""
        self.problems.add(self.line, self.prefix + name, message)

    def _given(self, name: str, required: bool) -> bool:
        if self.data.get(name) is not None:
            return True
        if required:
            absent = name not in self.data
            self.note(name, _("The value is missing.") if absent else _("The value may not be null."))
        return False

    def text(self, name: str, *, limit: int, required: bool = False) -> str:
        """A text; one that is required has more than blanks in it."""
        if not self._given(name, required):
            return ""
        return self.as_text(self.data[name], name, limit=limit, required=required)

    def as_text(self, value: Any, name: str, *, limit: int, required: bool) -> str:
        """The value as a text, or "" with a fault noted under `name`."""
        if not isinstance(value, str):
            self.note(name, _("The value must be a text, not %(value)s.") % {"value": shown(value)})
        elif len(value) > limit:
            told = {"count": f"{len(value):,}", "limit": f"{limit:,}"}
            self.note(name, _("The text has %(count)s characters; at most %(limit)s are allowed.") % told)
        elif required and not value.strip():
            self.note(name, _("The text is empty."))
        else:
            return value
        return ""

    def label(self, name: str, *, limit: int, required: bool = False) -> str:
        """A text on one line."""
        value = self.text(name, limit=limit, required=required)
        if any(char in value for char in "\n\r\t"):
            self.note(name, _("The text must be on one line, without tabs."))
        return value

    def number(self, name: str, *, required: bool = False, low: float = -1e9, high: float = 1e9) -> float | None:
        """A number within bounds; true and false are not numbers."""
        if not self._given(name, required):
            return None
        value = self.data[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.note(name, _("The value must be a number, not %(value)s.") % {"value": shown(value)})
        elif not low <= value <= high:
            told = {"value": shown(value), "low": f"{low:,.15g}", "high": f"{high:,.15g}"}
            self.note(name, _("The number %(value)s is outside %(low)s to %(high)s.") % told)
        else:
            return float(value)
        return None

    def whole(self, name: str, *, required: bool = False, low: int = 0, high: int) -> int | None:
        """A whole number within bounds; 125.0 is one too."""
        value = self.number(name, required=required, low=low, high=high)
        if value is not None and not value.is_integer():
            self.note(name, _("The number must be whole, not %(value)s.") % {"value": shown(value)})
            return None
        return None if value is None else int(value)

    def items(self, name: str) -> list[Any]:
        """A list; a missing one is empty."""
        if not self._given(name, required=False):
            return []
        value = self.data[name]
        if isinstance(value, list):
            return value
        self.note(name, _("The value must be a list, not %(value)s.") % {"value": shown(value)})
        return []

    def texts(self, name: str) -> list[str]:
        """A list of comments, none of them empty."""
        return [
            self.as_text(value, f"{name}[{index}]", limit=TEXT_LIMIT, required=True)
            for index, value in enumerate(self.items(name))
        ]

    def objects(self, name: str) -> list[Fields]:
        """A list of objects."""
        found = []
        for index, value in enumerate(self.items(name)):
            if isinstance(value, dict):
                found.append(Fields(value, self.line, self.problems, f"{self.prefix}{name}[{index}]."))
            else:
                told = {"value": shown(value)}
                self.note(f"{name}[{index}]", _("The value must be an object, not %(value)s.") % told)
        return found

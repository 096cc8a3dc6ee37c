"""What a user did that cannot be done: one sentence each, with line and field where a file is at fault."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _


class UserError(ValueError):
    """A request that cannot be met; its text is shown as it is, without a traceback."""


class Problem(NamedTuple):
    """One fault of an input: the line (None where the fault is not in a line), the field, what is wrong."""

    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = [_("line %(line)s") % {"line": self.line}] if self.line is not None else []
        return _(": ").join([*place, *([self.field] if self.field else []), self.message])


class InputError(UserError):
    """An input with one fault or more, all of them listed; nothing of it was kept."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        super().__init__(source, problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            told = {"file": self.source, "fault": self.problems[0]}
            return _("%(file)s: %(fault)s Nothing was imported.") % told
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        told = {"file": self.source, "count": f"{len(self.problems):,}"}
        return _("%(file)s has %(count)s faults; nothing was imported.") % told + f"\n{lines}"


class Problems:
    """Collects the faults of one input."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.found: list[Problem] = []

    def add(self, line: int | None, field: str, message: str) -> None:
        """Note one fault; the message is a sentence's end with its full stop."""
        self.found.append(Problem(line, field, message))

    def stop_if_any(self) -> None:
        """Raise InputError where a fault was noted, in the order of the lines."""
        if self.found:
            raise InputError(self.source, sorted(self.found, key=lambda problem: problem.line or 0))

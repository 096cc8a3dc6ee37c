"""Settings of a campaign: typed, with limits, read from JSON or from `key=value` words, one clear error each."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evalsite.testsets.errors import UserError

# Rules by which raters are left out of the main numbers of the report, which also gives those with everybody in; they
# never delete anything.
EXCLUSIONS: dict[str, str | Promise] = {
    "checks_failed_over": _("attention checks failed: more than"),
    "median_seconds_under": _("median seconds an item: less than"),
    "items_under": _("items answered: fewer than"),
    "longest_run_over": _("items in a row with the same answer: more than"),
    "agreement_under": _("agreement with the majority of the others: less than"),
}


class SettingsError(UserError):
    """One or more settings are wrong; `errors` holds one sentence for each."""

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = list(errors)
        super().__init__(" ".join(self.errors))


def option(
    default: Any,
    text: str | Promise,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field with what a form, a message and the documentation need to know of it."""
    metadata = {"help": text, "low": low, "high": high, "choices": choices}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every protocol can be told. A protocol adds its own."""

    samples: int = option(0, _("samples shown, drawn from the test set; 0: all of them"), low=0)
    checks_per_sitting: int = option(1, _("attention checks in each sitting"), low=0, high=10)
    max_sittings: int = option(1, _("sittings a rater may do; 0: as many as there are samples for"), low=0)
    release_after: float = option(24.0, _("hours of silence after which open items go to others"), low=0.01)
    practice: bool = option(True, _("a practice round before the first item"))
    minimum_years: float = option(0.0, _("years of watching danmaku a rater must have"), low=0, high=50)
    exclusions: dict[str, float] = field(
        default_factory=lambda: {"checks_failed_over": 1.0},
        metadata={"help": _("rules by which the report leaves raters out; the numbers with everybody in stand beside")},
    )

    @classmethod
    def fields(cls) -> dict[str, dataclasses.Field[Any]]:
        """Its fields by name, in order."""
        return {entry.name: entry for entry in dataclasses.fields(cls)}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The value of each where nothing is said."""
        return dataclasses.asdict(cls())

    @classmethod
    def parse(cls, words: Iterable[str], over: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """`key=value` words as JSON values, checked, beside those in `over`. Raises SettingsError.

        `exclusions.NAME=value` sets one rule beside those there are. A value that is the default is kept: it was said.
        """
        before = {**cls.defaults(), **(over or {})}
        values: dict[str, Any] = dict(over or {})
        errors = []
        for word in words:
            key, equals, text = word.partition("=")
            key, _dot, part = key.strip().partition(".")
            if not equals:
                errors.append(gettext("“%(word)s” is not a setting; write key=value.") % {"word": word})
            elif part:
                rules = values.get(key, before.get(key))
                values[key] = {**(rules if isinstance(rules, dict) else {}), part: _value(text)}
            else:
                values[key] = _value(text)
        if errors:
            raise SettingsError(errors)
        whole = dataclasses.asdict(cls.read(values))
        return {key: whole[key] for key in values}

    @classmethod
    def differing(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the values that are not the default, in their own types: what a campaign stores."""
        whole, defaults = dataclasses.asdict(cls.read(values)), cls.defaults()
        return {key: whole[key] for key in values if whole[key] != defaults[key]}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Settings from JSON values over the defaults. Raises SettingsError with every error."""
        known = cls.fields()
        errors = [_unknown(key, known) for key in values if key not in known]
        typed: dict[str, Any] = {}
        for key, value in values.items():
            if key in known:
                try:
                    typed[key] = _checked(key, value, known[key])
                except ValueError as error:
                    errors.append(str(error))
        if errors:
            raise SettingsError(errors)
        settings = cls(**typed)
        if problems := settings.problems():
            raise SettingsError(problems)
        return settings

    def problems(self) -> list[str]:
        """What is wrong with the settings together; a protocol adds its own."""
        return []

    def as_json(self) -> dict[str, Any]:
        """All of them, for the manifest."""
        return dataclasses.asdict(self)


def _value(text: str) -> Any:
    """The word as JSON where it is JSON, else as text."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _unknown(key: str, known: Iterable[str]) -> str:
    if near := difflib.get_close_matches(key, known, n=1):
        return gettext("There is no setting “%(key)s”. Did you mean %(near)s?") % {"key": key, "near": near[0]}
    return gettext("There is no setting “%(key)s”. Known: %(known)s.") % {"key": key, "known": ", ".join(known)}


def _checked(key: str, value: Any, entry: dataclasses.Field[Any]) -> Any:
    """The value in the field's type and within its limits; raises ValueError with one sentence."""
    default = entry.default if entry.default is not dataclasses.MISSING else {}
    if isinstance(default, dict):
        return _rules(key, value)
    if isinstance(default, bool):
        if value not in (True, False):
            raise ValueError(gettext("%(key)s must be true or false, not %(value)r.") % {"key": key, "value": value})
        return bool(value)
    if isinstance(default, str):
        choices = entry.metadata["choices"]
        if value not in choices:
            raise ValueError(
                gettext("%(key)s must be one of %(choices)s, not %(value)r.")
                % {"key": key, "choices": ", ".join(choices), "value": value}
            )
        return value
    return _number(key, value, whole=isinstance(default, int), low=entry.metadata["low"], high=entry.metadata["high"])


def _number(key: str, value: Any, *, whole: bool, low: float | None, high: float | None) -> float:
    number = not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
    if not number or (whole and value != int(value)):
        kind = gettext("%(key)s must be a whole number, not %(value)r.") if whole else ""
        raise ValueError((kind or gettext("%(key)s must be a number, not %(value)r.")) % {"key": key, "value": value})
    if (low is not None and value < low) or (high is not None and value > high):
        if high is None:
            text = gettext("%(key)s must be at least %(low)g, not %(value)r.")
        else:
            text = gettext("%(key)s must be from %(low)g to %(high)g, not %(value)r.")
        raise ValueError(text % {"key": key, "low": low, "high": high, "value": value})
    return int(value) if whole else float(value)


def _rules(key: str, value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        raise ValueError(
            gettext('%(key)s must be an object of rules such as {"checks_failed_over": 1}, not %(value)r.')
            % {"key": key, "value": value}
        )
    for rule in value:
        if rule not in EXCLUSIONS:
            raise ValueError(_unknown(f"{key}.{rule}", [f"{key}.{known}" for known in EXCLUSIONS]))
    return {rule: _number(f"{key}.{rule}", limit, whole=False, low=0, high=None) for rule, limit in value.items()}

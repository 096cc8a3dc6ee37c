"""What every protocol is: a draw, cards, a form, judgments, and the measure a report makes of them.

A protocol is pure: it is handed what it may know and hands back what is to be stored, and never asks the database.
One file in this folder is one protocol, and this module is the only one of the site that such a file imports.
"""

from __future__ import annotations

import math
import random as _random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from django.utils.functional import Promise

from evalsite.rating import draws
from evalsite.rating.cards import Card, Text, build, is_null, key, nonsense
from evalsite.rating.dealing import shares
from evalsite.rating.options import Settings, SettingsError, option

if TYPE_CHECKING:
    from evalsite.rating.models import Item

__all__ = [
    "Card", "Deal", "Drawn", "InvalidAnswer", "Material", "NothingLeft", "PracticeItem", "Protocol", "Scene",
    "Settings", "SettingsError", "Standing", "Text", "Verdict", "build", "draws", "is_null", "key", "logistic",
    "nonsense", "option", "shares", "values",
]  # fmt: skip

Random = _random.Random


class NothingLeft(Exception):
    """There is no item for this rater now; the text is shown to them."""


class InvalidAnswer(ValueError):
    """An answer that the item does not allow; the text says why."""


class Verdict(NamedTuple):
    """One tidy row to be: what an answer says of an output, or of the item where `output` is None."""

    output: int | None
    criterion: str
    value: float


@dataclass(frozen=True)
class Drawn:
    """One item to be: its sample, its purpose, and whether an attention check is planted in it."""

    sample: int
    purpose: Literal["regular", "anchor", "check"] = "regular"
    check: bool = False


@dataclass(frozen=True)
class Deal:
    """The items of a new sitting in order, and the seat taken where shares were dealt beforehand."""

    items: list[Drawn]
    seat: int | None = None


@dataclass(frozen=True)
class Standing:
    """What a draw may know: the campaign as it stands, and the rater it is for."""

    seed: int
    rater: str
    sitting: int  # from 1
    samples: tuple[int, ...]  # those that can be shown, in the test set's order
    spare: tuple[int, ...] = ()  # with real comments, but not among `samples`: room for attention checks
    real: frozenset[int] = frozenset()  # samples that have real comments
    seen: frozenset[int] = frozenset()  # met by this rater
    loads: Mapping[int, int] = field(default_factory=dict)  # live items of each sample
    seats: frozenset[int] = frozenset()  # taken, whoever took them
    shares: int = 0  # seats this rater has taken
    active: int = 1  # raters at work, this one included

    def stream(self, purpose: str) -> Random:
        """Random numbers of this draw alone."""
        return draws.stream(self.seed, purpose, rater=self.rater, sitting=self.sitting)


@dataclass(frozen=True)
class Material:
    """All that one item's cards can be made of."""

    campaign_seed: int
    sample: str  # the sample's key
    texts: Sequence[Text]  # outputs of the systems compared that the protocol shows, people's apart
    human: Sequence[Text] = ()  # people's own comments at this moment that the protocol shows
    elsewhere: Sequence[Text] = ()  # people's own comments of other videos
    references: Sequence[str] = ()
    context: Sequence[str] = ()

    def letters(self) -> list[str]:
        """Where an attention check takes its letters from."""
        return [*self.references, *self.context]


@dataclass(frozen=True)
class Scene:
    """A moment to practise on: real comments, and real comments that are out of place."""

    real: Sequence[str]
    elsewhere: Sequence[str]
    nonsense: Sequence[str]


@dataclass(frozen=True)
class PracticeItem:
    """A practice item, stored nowhere. `answers` are card ids, or ["none"]; `explanations` go by card id or "none"."""

    sample: Any
    cards: list[Card]
    answers: list[str]
    explanations: dict[str, str | Promise]


class Protocol(ABC):
    """How people are asked. Subclasses are named by their file and bound there to `protocol`."""

    slug: ClassVar[str]
    name: ClassVar[str | Promise]
    summary: ClassVar[str | Promise]  # one sentence for those who choose a protocol
    instructions: ClassVar[dict[str, str]]  # default text for raters, by language
    Settings: ClassVar[type[Settings]] = Settings

    criterion: ClassVar[str]  # the judgments the measure is made of
    success: ClassVar[float]  # the value that counts for the system
    measure: ClassVar[str | Promise]  # what the mean of successes is called

    @classmethod
    def template(cls) -> str:
        """The page of one item."""
        return f"rating/{cls.slug}.html"

    @classmethod
    @abstractmethod
    def draw(cls, settings: Any, standing: Standing) -> Deal:
        """The items of the rater's next sitting. Raises NothingLeft."""

    @classmethod
    @abstractmethod
    def cards(cls, settings: Any, material: Material, drawn: Drawn, seed: int) -> tuple[list[Card], list[int]]:
        """The cards of an item in the order shown, and the ids of its nulls."""

    @classmethod
    @abstractmethod
    def form(cls, data: Mapping[str, Any], item: Item) -> dict[str, Any]:
        """The answer in its stored form. Raises InvalidAnswer."""

    @classmethod
    @abstractmethod
    def judgments(cls, item: Item, answer: Mapping[str, Any]) -> list[Verdict]:
        """The tidy rows an answer stands for."""

    @classmethod
    def shown(cls, settings: Any, text: Text) -> bool:
        """Whether this output belongs to the campaign: is it of a rank that is shown?"""
        return text.rank == 1

    @classmethod
    def elsewhere(cls, settings: Any, sample: int, videos: Mapping[int, str], stream: Random) -> list[int]:
        """Samples of other videos whose real comments the cards of this sample need."""
        return []

    @classmethod
    def keeps(cls, settings: Any, load: int) -> bool:
        """Whether a rater who returns keeps an open item that was released, given the sample's other live items."""
        return True

    @classmethod
    def practice(cls, scene: Scene, place: int, seed: int) -> tuple[list[Card], list[str], dict[str, str | Promise]]:
        """Cards, right answers and explanations of one practice item; no cards: this protocol has no practice."""
        return [], [], {}

    @classmethod
    def problems(cls, settings: Any, *, samples: int, videos: int, real: int, human: bool) -> list[str]:
        """What keeps these settings from working on this test set, one sentence each."""
        return []

    @classmethod
    def simulate(cls, item: Item, believed: Mapping[str, float], random: Random) -> dict[str, Any]:
        """A simulated rater's answer. `believed`: by card id, the log-odds of taking it for real."""
        raise NotImplementedError(f"The protocol {cls.slug} cannot be simulated.")


def values(data: Mapping[str, Any], name: str) -> list[str]:
    """All values of a field, from a posted form or from JSON."""
    if hasattr(data, "getlist"):
        return [str(value) for value in data.getlist(name)]
    found = data.get(name)
    if found is None:
        return []
    items: Iterable[Any] = found if isinstance(found, list | tuple) else [found]
    return [str(value) for value in items]


def logistic(x: float) -> float:
    """The probability whose log-odds are x."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else 1 - 1 / (1 + math.exp(x))

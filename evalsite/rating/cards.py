"""Cards: the distinct texts of an item in the order shown, and what stands behind each."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Literal, TypedDict

from evalsite.rating import draws

Kind = Literal["output", "control", "decoy", "check"]

# Fillers for the nonsense of an attention check where a moment has too few letters of its own.
_FILLERS = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
_FEWEST_LETTERS = 8


class Card(TypedDict):
    """One text shown. Only `id` and `text` may ever reach a rater's browser."""

    id: str
    text: str
    kind: Kind
    outputs: list[int]


@dataclass(frozen=True)
class Text:
    """One output as a card needs it. `output` is 0 for a text that is nobody's output."""

    output: int
    text: str
    kind: Kind = "output"
    system: str = ""
    rank: int = 1


def key(text: str) -> str:
    """What makes two texts the same card: NFKC, trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


def is_null(text: str) -> bool:
    """Whether nothing of it could be seen: empty, or blanks and control characters only."""
    return all(unicodedata.category(character)[0] in "CZ" for character in text)


def build(texts: Iterable[Text], *, seed: int) -> tuple[list[Card], list[int]]:
    """The cards in a random order that depends on the texts and the seed alone, and the ids of the nulls.

    Who wrote a text changes nothing of what is shown: the texts are put in their own order before they are shuffled.
    """
    owners: dict[str, list[Text]] = {}
    nulls = []
    for text in texts:
        if is_null(text.text):
            nulls.append(text.output)
        else:
            owners.setdefault(key(text.text), []).append(text)
    random = Random(seed)
    order = draws.shuffled(sorted(owners), random)
    return [_card(owners[name], seed, place, random) for place, name in enumerate(order)], sorted(filter(None, nulls))


def _card(owners: list[Text], seed: int, place: int, random: Random) -> Card:
    spellings = sorted({owner.text.strip() for owner in owners})
    kinds: tuple[Kind, ...] = ("output", "control", "decoy", "check")
    return {
        "id": hashlib.sha256(f"card {seed} {place}".encode()).hexdigest()[:16],
        "text": spellings[draws.below(len(spellings), random)],
        "kind": min((owner.kind for owner in owners), key=kinds.index),
        "outputs": sorted({owner.output for owner in owners if owner.output}),
    }


def nonsense(sources: Iterable[str], random: Random, *, avoid: Iterable[str] = ()) -> str:
    """Five to nine letters in an order nobody wrote: letters of the sources, shuffled."""
    letters = sorted({c for source in sources for c in source if c.isalpha()})
    if len(letters) < _FEWEST_LETTERS:
        letters = sorted({*letters, *_FILLERS})
    taken = {key(text) for text in avoid}
    while True:
        text = "".join(draws.shuffled(letters, random)[: 5 + draws.below(5, random)])
        if key(text) not in taken:
            return text

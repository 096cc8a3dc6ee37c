"""Every draw comes from the campaign's seed, so a campaign can be repeated draw by draw.

A draw is named by its purpose and by the rater, sitting and item it is made for; SHA-256 of that name and the
campaign's seed starts its own stream of random numbers. Only `Random.random` is used, because Python promises the
same numbers for the same seed in every version for that method alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from random import Random
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: int | str) -> bytes:
    """SHA-256 of the parts; the list form keeps ("a", "bc") and ("ab", "c") apart."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).digest()


def seed(campaign: int, purpose: str, *, rater: str = "", sitting: int = 0, item: str = "") -> int:
    """The seed of one draw: 63 bits, so that it fits a column."""
    return int.from_bytes(digest(campaign, purpose, rater, sitting, item)[:8]) >> 1


def stream(campaign: int, purpose: str, *, rater: str = "", sitting: int = 0, item: str = "") -> Random:
    """The random numbers of one draw."""
    return Random(seed(campaign, purpose, rater=rater, sitting=sitting, item=item))


def shuffled(things: Iterable[T], random: Random) -> list[T]:
    """The things in a random order, every order equally likely."""
    keyed = [(random.random(), thing) for thing in things]
    return [thing for _key, thing in sorted(keyed, key=lambda pair: pair[0])]


def below(stop: int, random: Random) -> int:
    """A whole number from 0 to stop - 1."""
    return int(random.random() * stop)

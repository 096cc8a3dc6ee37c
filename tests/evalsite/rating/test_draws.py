"""Draws: named, repeatable, fair."""

from __future__ import annotations

import itertools
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from evalsite.rating import draws

names = st.tuples(st.integers(0, 2**63 - 1), st.text(), st.text(), st.integers(0, 10**6), st.text())


def seed_of(name: tuple[int, str, str, int, str]) -> int:
    campaign, purpose, rater, sitting, item = name
    return draws.seed(campaign, purpose, rater=rater, sitting=sitting, item=item)


@given(names)
def test_a_seed_is_repeatable_and_fits_a_column(name: tuple[int, str, str, int, str]) -> None:
    assert seed_of(name) == seed_of(name)
    assert 0 <= seed_of(name) < 2**63


@given(names, names)
def test_different_names_have_different_seeds(
    a: tuple[int, str, str, int, str], b: tuple[int, str, str, int, str]
) -> None:
    assert (seed_of(a) == seed_of(b)) == (a == b)


def test_the_parts_of_a_name_do_not_run_into_one_another() -> None:
    assert draws.digest("a", "bc") != draws.digest("ab", "c")


def test_a_known_seed_never_changes() -> None:
    """Campaigns on record are repeated from their seeds: another number here would break every one of them."""
    assert draws.seed(7, "samples", rater="R-0001", sitting=1) == 2015320488733844410
    assert draws.shuffled("abcdef", draws.stream(7, "order")) == ["d", "f", "c", "b", "a", "e"]


@given(st.lists(st.integers()), st.integers())
def test_shuffling_loses_nothing(things: list[int], seed: int) -> None:
    assert sorted(draws.shuffled(things, Random(seed))) == sorted(things)


def test_every_order_is_equally_likely() -> None:
    counts = Counter(tuple(draws.shuffled("abcd", draws.stream(seed, "order"))) for seed in range(24 * 200))
    assert len(counts) == 24
    assert chisquare([counts["".join(o) and o] for o in itertools.permutations("abcd")]).pvalue > 0.001


@pytest.mark.parametrize("stop", [1, 2, 7])
def test_below_covers_all_and_no_more(stop: int) -> None:
    random = draws.stream(1, "below")
    assert {draws.below(stop, random) for _draw in range(500)} == set(range(stop))

"""Shares: everybody works alike, nobody meets a sample twice, every two raters meet equally often."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.rating.dealing import shares


@st.composite
def designs(draw: st.DrawFn) -> tuple[int, int, int, int]:
    seats = draw(st.integers(1, 12))
    return draw(st.integers(0, 120)), seats, draw(st.integers(1, seats)), draw(st.integers(0, 2**63 - 1))


@settings(max_examples=150, deadline=None)
@given(designs())
def test_every_design_is_fair(design: tuple[int, int, int, int]) -> None:
    count, seats, each, seed = design
    samples = tuple(range(100, 100 + count))
    dealt = shares(samples, seats=seats, each=each, seed=seed)
    loads = [len(share) for share in dealt]
    assert max(loads) - min(loads) <= 1
    assert all(len(set(share)) == len(share) for share in dealt)
    assert Counter(itertools.chain(*dealt)) == dict.fromkeys(samples, each)


@pytest.mark.parametrize(
    ("samples", "seats", "each"), [(900, 15, 3), (900, 15, 2), (100, 8, 3), (60, 15, 14), (47, 7, 4)]
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_two_raters_share_about_equally_many(samples: int, seats: int, each: int, seed: int) -> None:
    dealt = shares(tuple(range(samples)), seats=seats, each=each, seed=seed)
    shared = [len(set(a) & set(b)) for a, b in itertools.combinations(dealt, 2)]
    assert max(shared) - min(shared) <= 2


def test_the_same_seed_deals_the_same_and_another_does_not() -> None:
    samples = tuple(range(60))
    one = shares(samples, seats=5, each=2, seed=1)
    shares.cache_clear()
    assert shares(samples, seats=5, each=2, seed=1) == one
    assert shares(samples, seats=5, each=2, seed=2) != one


def test_no_seat_is_favoured() -> None:
    """With one sample and four seats, each seat gets it in a quarter of the campaigns."""
    winners = Counter(
        next(seat for seat, share in enumerate(shares((1,), seats=4, each=1, seed=seed)) if share)
        for seed in range(2000)
    )
    assert all(400 < winners[seat] < 600 for seat in range(4))


def test_more_raters_a_sample_than_raters_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2 raters"):
        shares((1,), seats=2, each=3, seed=0)

"""Shares dealt beforehand: who judges what, so that all work alike and every two raters meet equally often."""

from __future__ import annotations

from functools import lru_cache

from evalsite.rating import draws


@lru_cache(maxsize=32)
def shares(samples: tuple[int, ...], *, seats: int, each: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """For each seat its samples: each sample goes to `each` seats, loads differ by at most one.

    Samples are dealt one by one, in a random order, to the seats with the fewest so far; among equals to those that
    have met the seats already chosen for this sample least often, and then by lot. Pure: the same arguments deal the
    same shares, so a campaign's shares need no table.
    """
    if not 1 <= each <= seats:
        raise ValueError(f"A sample cannot go to {each} of {seats} raters.")
    random = draws.stream(seed, "deal")
    dealt: list[list[int]] = [[] for _seat in range(seats)]
    met = [[0] * seats for _seat in range(seats)]
    for sample in draws.shuffled(samples, random):
        chosen: list[int] = []
        meetings = [0] * seats
        lots = [random.random() for _seat in range(seats)]
        for _copy in range(each):
            free = (seat for seat in range(seats) if seat not in chosen)
            seat = min(free, key=lambda s: (len(dealt[s]), meetings[s], lots[s]))
            chosen.append(seat)
            meetings = [a + b for a, b in zip(meetings, met[seat], strict=True)]
        for seat in chosen:
            dealt[seat].append(sample)
            for other in chosen:
                met[seat][other] += 1
    return tuple(tuple(share) for share in dealt)

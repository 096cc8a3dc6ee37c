"""Preference: shares, what leavers leave behind, checks, and the rows of a choice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.rating.protocols.base import Deal, Drawn, InvalidAnswer, NothingLeft, Text
from evalsite.rating.protocols.preference import Preference, PreferenceSettings

from .test_every_protocol import item, standing

PLAIN = PreferenceSettings(raters=4, checks_per_sitting=0)


def draw(options: PreferenceSettings, **fields: Any) -> Deal:
    return Preference.draw(options, standing(**fields))


def samples(deal: Deal) -> list[int]:
    return [drawn.sample for drawn in deal.items if drawn.purpose != "check"]


class Crowd:
    """Raters who come one by one and take what the protocol deals them; the ledger is kept here by hand."""

    def __init__(self, options: PreferenceSettings, count: int, seed: int = 7) -> None:
        self.options, self.count, self.seed = options, count, seed
        self.live: Counter[int] = Counter()
        self.seats: dict[str, list[int]] = {}
        self.met: dict[str, list[int]] = {}

    def come(self, rater: str) -> list[int]:
        deal = draw(
            self.options,
            samples=self.count,
            seed=self.seed,
            rater=rater,
            sitting=1 + (rater in self.met),
            loads=dict(self.live),
            seats=frozenset(seat for taken in self.seats.values() for seat in taken),
            seen=frozenset(self.met.get(rater, [])),
            shares=len(self.seats.get(rater, [])),
            active=max(1, len(self.met)),
        )
        got = samples(deal)
        self.live.update(got)
        self.met.setdefault(rater, []).extend(got)
        if deal.seat is not None:
            self.seats.setdefault(rater, []).append(deal.seat)
        return got

    def leave(self, left: list[int]) -> None:
        self.live.subtract(left)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(0, 60), st.data())
def test_raters_who_come_one_by_one_are_dealt_even_shares(raters: int, count: int, data: st.DataObject) -> None:
    each = data.draw(st.integers(1, raters))
    crowd = Crowd(PreferenceSettings(raters=raters, raters_per_sample=each, checks_per_sitting=0), count)
    loads = []
    for number in range(raters):
        try:
            loads.append(len(crowd.come(f"R-{number}")))
        except NothingLeft:
            loads.append(0)
    assert max(loads) - min(loads) <= 1
    assert crowd.live == Counter(dict.fromkeys(range(1, count + 1), each))
    with pytest.raises(NothingLeft):
        crowd.come("R-late")


def test_fifteen_raters_share_the_papers_nine_hundred_samples_by_sixty() -> None:
    crowd = Crowd(PreferenceSettings(checks_per_sitting=0), 900)
    assert [len(crowd.come(f"R-{number}")) for number in range(15)] == [60] * 15


def test_what_a_leaver_leaves_goes_to_the_others_in_equal_parts() -> None:
    """Four raters with ten samples each; one leaves with nine open; the three others take three each."""
    crowd = Crowd(PLAIN, 40)
    shares = {rater: crowd.come(rater) for rater in ("R-1", "R-2", "R-3", "R-4")}
    crowd.leave(shares["R-4"][1:])
    del crowd.met["R-4"]  # no longer at work; the seat stays taken
    extra = {rater: crowd.come(rater) for rater in ("R-1", "R-2", "R-3")}
    assert [len(part) for part in extra.values()] == [3, 2, 2]  # a third of what is then left, rounded up
    rest = crowd.come("R-1")
    assert sorted([s for part in extra.values() for s in part] + rest + crowd.come("R-2")) == sorted(shares["R-4"][1:])
    assert set(crowd.live.values()) == {1}


def test_a_newcomer_takes_over_a_whole_share() -> None:
    crowd = Crowd(PLAIN, 40)
    shares = [crowd.come(f"R-{number}") for number in range(4)]
    crowd.leave(shares[3])
    assert sorted(crowd.come("R-new")) == sorted(shares[3])


def test_shares_of_seats_still_free_are_kept_for_those_to_come() -> None:
    crowd = Crowd(PLAIN, 40)
    crowd.come("R-1")
    with pytest.raises(NothingLeft):
        crowd.come("R-1")


def test_a_rater_may_take_more_shares_where_the_campaign_says_so() -> None:
    crowd = Crowd(PreferenceSettings(raters=4, checks_per_sitting=0, max_sittings=2), 40)
    assert len(set(crowd.come("R-1") + crowd.come("R-1"))) == 20
    with pytest.raises(NothingLeft):
        crowd.come("R-1")


def test_checks_use_moments_that_are_never_judged_and_never_come_first() -> None:
    deal = draw(PreferenceSettings(raters=4, checks_per_sitting=2), spare=(91, 92, 93), real=frozenset(range(1, 99)))
    assert {d.sample for d in deal.items if d.purpose == "check"} < {91, 92, 93}
    assert deal.items[0].purpose == "regular"


def test_without_such_moments_checks_use_those_of_other_raters() -> None:
    for number in range(20):
        deal = draw(PreferenceSettings(raters=4), rater=f"R-{number}")
        (check,) = [d.sample for d in deal.items if d.purpose == "check"]
        assert check not in samples(deal)


def test_one_rater_for_all_samples_is_checked_on_one_of_them() -> None:
    deal = draw(PreferenceSettings(raters=1))
    (check,) = [d.sample for d in deal.items if d.purpose == "check"]
    assert check in samples(deal)


def test_a_choice_credits_every_system_on_the_card_and_no_other() -> None:
    texts = [Text(1, "哈哈哈"), Text(2, "哈哈哈 "), Text(3, "好看"), Text(4, " ")]
    there = item(Preference, Drawn(1), texts=texts, human=[])
    chosen = next(card["id"] for card in there.cards if card["outputs"] == [1, 2])
    rows = Preference.judgments(there, Preference.form({"chosen": chosen}, there))
    assert sorted(rows, key=str) == [(1, "best", 1.0), (2, "best", 1.0), (3, "best", 0.0), (None, "none", 0.0)]
    assert there.nulls == [4]


def test_none_of_them_is_a_choice() -> None:
    there = item(Preference, Drawn(1), human=[])
    rows = Preference.judgments(there, Preference.form({"chosen": "none"}, there))
    assert {row.value for row in rows if row.criterion == "best"} == {0.0}
    assert (None, "none", 1.0) in rows


@pytest.mark.parametrize("data", [{}, {"chosen": []}, {"chosen": ["none", "none"]}, {"chosen": ""}])
def test_exactly_one_choice_is_asked_for(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswer):
        Preference.form(data, item(Preference, Drawn(1)))


def test_a_check_is_passed_by_choosing_the_real_comment() -> None:
    there = item(Preference, Drawn(1, "check"))
    for card in there.cards:
        rows = Preference.judgments(there, {"chosen": card["id"]})
        assert rows == [(None, "check", float(card["kind"] == "control"))]
    assert [card["kind"] for card in there.cards].count("control") == 1
    assert Preference.judgments(there, {"chosen": "none"}) == [(None, "check", 0.0)]


def test_checks_need_real_comments() -> None:
    facts: dict[str, Any] = {"samples": 9, "videos": 2, "human": False}
    assert Preference.problems(PreferenceSettings(), real=3, **facts) == []
    assert "set checks_per_sitting=0" in Preference.problems(PreferenceSettings(), real=0, **facts)[0]

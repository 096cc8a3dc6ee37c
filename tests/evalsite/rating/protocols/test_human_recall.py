"""Human Recall: sittings, anchors, controls, decoys, checks, and the rows of an answer."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from scipy.stats import chisquare

from evalsite.rating.protocols.base import Drawn, NothingLeft, Text
from evalsite.rating.protocols.human_recall import HumanRecall, HumanRecallSettings

from .test_every_protocol import item, material, standing

PLAIN = HumanRecallSettings(coverage="uniform", anchor_items=0, checks_per_sitting=0, items_per_sitting=5)


def draw(settings: HumanRecallSettings, **fields: Any) -> list[Drawn]:
    return HumanRecall.draw(settings, standing(**fields)).items


def test_a_sitting_has_twenty_samples_two_anchors_and_one_check() -> None:
    drawn = draw(HumanRecallSettings())
    assert len(drawn) == 20
    assert sum(d.purpose == "anchor" for d in drawn) == 2
    assert [d.purpose for d in drawn if d.check] == ["regular"]


def test_anchors_are_the_same_for_everybody_at_other_places_and_only_in_the_first_sitting() -> None:
    anchors, places = set(), set()
    for number in range(30):
        drawn = draw(HumanRecallSettings(), rater=f"R-{number}")
        anchors.add(frozenset(d.sample for d in drawn if d.purpose == "anchor"))
        places.update(place for place, d in enumerate(drawn) if d.purpose == "anchor")
    assert len(anchors) == 1
    assert len(places) > 15
    assert not any(d.purpose == "anchor" for d in draw(HumanRecallSettings(), sitting=2))


def test_the_plain_draw_gives_every_sample_the_same_chance() -> None:
    """The paper's draw, 4000 times 5 of 20: whatever the loads, each sample 1000 times but for chance."""
    counts: Counter[int] = Counter()
    for number in range(4000):
        counts.update(d.sample for d in draw(PLAIN, samples=20, rater=f"R-{number}", loads={1: 99, 2: 50}))
    # Without replacement the variance is 5/20 * 15/20 a draw: the plain chi-square, divided by 1 - 5/20.
    statistic = chisquare([counts[sample] for sample in range(1, 21)]).statistic / 0.75
    assert statistic < 43.8  # the 99.9 % point with 19 degrees of freedom


def test_the_plain_draw_gives_every_place_the_same_chance() -> None:
    first = Counter(draw(PLAIN, samples=5, rater=f"R-{n}")[0].sample for n in range(2000))
    assert chisquare([first[sample] for sample in range(1, 6)]).pvalue > 0.001


def test_the_balanced_draw_takes_the_least_judged_first() -> None:
    settings = HumanRecallSettings(anchor_items=0, items_per_sitting=10)
    loads = {sample: sample // 10 for sample in range(1, 41)}
    taken = {d.sample for d in draw(settings, loads=loads)}
    assert set(range(1, 10)) < taken
    assert len(taken - set(range(1, 10))) == 1
    assert len({frozenset(d.sample for d in draw(settings, rater=f"R-{n}")) for n in range(5)}) == 5  # ties by lot


def test_a_whole_balanced_campaign_covers_evenly() -> None:
    settings = HumanRecallSettings(anchor_items=0)
    loads: Counter[int] = Counter()
    for number in range(40):
        loads.update(d.sample for d in draw(settings, samples=90, rater=f"R-{number}", loads=dict(loads)))
    assert max(loads.values()) - min(loads.values()) <= 1


def test_a_small_test_set_makes_a_short_sitting_and_then_ends() -> None:
    assert len(draw(HumanRecallSettings(), samples=12)) == 12
    assert len(draw(HumanRecallSettings(), samples=25, sitting=2, seen=frozenset(range(1, 21)))) == 5
    with pytest.raises(NothingLeft, match="every sample"):
        draw(HumanRecallSettings(), samples=25, sitting=3, seen=frozenset(range(1, 26)))


def test_more_sittings_than_allowed_are_refused() -> None:
    draw(HumanRecallSettings(max_sittings=2), sitting=2)
    with pytest.raises(NothingLeft, match="all the sittings"):
        draw(HumanRecallSettings(max_sittings=2), sitting=3)


def test_real_comments_among_the_cards_are_the_same_for_every_rater() -> None:
    one, two = (item(HumanRecall, Drawn(1), seed=seed) for seed in (1, 2))
    assert owners(one) == owners(two)
    assert len([o for o in owners(one) if o > 10]) == 3


def owners(there: Any) -> list[int]:
    return sorted(output for card in there.cards for output in card["outputs"])


def test_a_real_comment_written_twice_is_shown_and_counted_once() -> None:
    human = [Text(n, "哈哈哈", "control", "human", n) for n in (11, 12, 13)]
    assert [o for o in owners(item(HumanRecall, Drawn(1), human=human)) if o > 10] == [11]


def test_decoys_are_not_what_people_wrote_here() -> None:
    settings = HumanRecallSettings(controls=1, decoys=2)
    elsewhere = [Text(21, "真的11", "control", "human"), Text(22, "别处一"), Text(23, "别处二"), Text(24, "别处二")]
    cards, _nulls = HumanRecall.cards(
        settings, material(elsewhere=[Text(t.output, t.text, "decoy") for t in elsewhere]), Drawn(1), 3
    )
    assert sorted(card["text"] for card in cards if card["kind"] == "decoy") == ["别处一", "别处二"]


def test_decoys_come_from_other_videos() -> None:
    videos = {n: f"film{n % 3}" for n in range(1, 31)}
    found = HumanRecall.elsewhere(HumanRecallSettings(decoys=2), 3, videos, Random(1))
    assert found
    assert all(videos[sample] != videos[3] for sample in found)
    assert HumanRecall.elsewhere(HumanRecallSettings(), 3, videos, Random(1)) == []


def test_an_answer_says_fake_or_escaped_of_every_owner() -> None:
    """UT and KLVCG wrote the same; marking that card is a mark for both. The rest escaped."""
    texts = [
        Text(1, "哈哈哈", system="ut"),
        Text(2, "哈哈哈", system="klvcg"),
        Text(3, "好看", system="ut"),
        Text(4, ""),
    ]
    there = item(HumanRecall, Drawn(1), texts=texts, human=[])
    shared = next(card["id"] for card in there.cards if card["outputs"] == [1, 2])
    rows = HumanRecall.judgments(there, HumanRecall.form({"marked": [shared]}, there))
    assert sorted(rows) == [(1, "fake", 1.0), (2, "fake", 1.0), (3, "fake", 0.0)]
    assert there.nulls == [4]


def test_marking_nothing_is_an_answer() -> None:
    there = item(HumanRecall, Drawn(1))
    assert HumanRecall.form({}, there) == {"marked": []}
    assert {row.value for row in HumanRecall.judgments(there, {"marked": []})} == {0.0}


@pytest.mark.parametrize("caught", [True, False])
def test_a_check_is_passed_by_marking_the_nonsense(caught: bool) -> None:
    there = item(HumanRecall, Drawn(1, check=True))
    nonsense = [card["id"] for card in there.cards if card["kind"] == "check"]
    assert len(nonsense) == 1
    rows = HumanRecall.judgments(there, {"marked": nonsense if caught else []})
    assert (None, "check", float(caught)) in rows


def test_what_a_campaign_lacks_is_said() -> None:
    def problems(settings: HumanRecallSettings, **facts: Any) -> list[str]:
        return HumanRecall.problems(settings, **{"samples": 9, "videos": 2, "real": 9, "human": True, **facts})

    assert problems(HumanRecallSettings(decoys=1)) == []
    assert "set controls=0" in problems(HumanRecallSettings(), human=False)[0]
    assert "two videos" in problems(HumanRecallSettings(decoys=1), videos=1)[0]

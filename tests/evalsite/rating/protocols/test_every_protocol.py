"""What holds for every file of the folder, so that a new protocol is tested the day it is added."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.rating import practice, protocols
from evalsite.rating.models import Campaign
from evalsite.rating.protocols.base import Deal, Drawn, InvalidAnswer, Material, NothingLeft, Protocol, Standing, Text

ALL = [protocols.load(slug) for slug in protocols.names()]
every = pytest.mark.parametrize("rules", ALL, ids=protocols.names())


def standing(samples: int = 40, **fields: Any) -> Standing:
    base = Standing(
        seed=7, rater="R-0001", sitting=1, samples=tuple(range(1, samples + 1)), real=frozenset(range(1, 99))
    )
    return replace(base, **fields)


def material(**fields: Any) -> Material:
    texts = [Text(n, f"{system}说{n}", "output", system) for n, system in enumerate(["ut", "klvcg", "mml_cg"], 1)]
    human = [Text(n, f"真的{n}", "control", "human", n) for n in (11, 12, 13, 14)]
    base = Material(7, "bbb@1", texts, human, references=[t.text for t in human], context=["前面", "后面"])
    return replace(base, **fields)


def item(rules: type[Protocol], drawn: Drawn, seed: int = 5, **fields: Any) -> Any:
    cards, nulls = rules.cards(rules.Settings(), material(**fields), drawn, seed)
    return SimpleNamespace(cards=cards, nulls=nulls, purpose=drawn.purpose)


@every
def test_it_names_itself_after_its_file(rules: type[Protocol]) -> None:
    assert rules is protocols.load(rules.slug)
    assert rules.template() == f"rating/{rules.slug}.html"
    assert str(rules.name)
    assert str(rules.summary)
    assert str(rules.measure)
    assert rules.criterion
    assert {"en", "zh-hans"} <= rules.instructions.keys()


@every
def test_an_unknown_name_lists_the_known_ones(rules: type[Protocol]) -> None:
    with pytest.raises(LookupError, match=rules.slug):
        protocols.load("magnitude")


@every
@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(0, 60),
    seen=st.frozensets(st.integers(1, 60)),
    sitting=st.integers(1, 3),
    seed=st.integers(0, 2**62),
)
def test_no_sample_comes_twice(
    rules: type[Protocol], samples: int, seen: frozenset[int], sitting: int, seed: int
) -> None:
    there = standing(samples, seen=seen, sitting=sitting, seed=seed)
    try:
        deal = rules.draw(rules.Settings(), there)
    except NothingLeft:
        return
    judged = [drawn.sample for drawn in deal.items if drawn.purpose != "check"]
    assert judged
    assert len(set(judged)) == len(judged)
    assert set(judged) <= set(there.samples) - seen
    assert sum(drawn.check or drawn.purpose == "check" for drawn in deal.items) <= 1


@every
def test_the_same_name_draws_the_same(rules: type[Protocol]) -> None:
    deals: list[Deal] = [rules.draw(rules.Settings(), standing()) for _time in range(2)]
    assert deals[0] == deals[1]
    assert rules.draw(rules.Settings(), standing(seed=8)) != deals[0]


@every
def test_an_empty_campaign_has_nothing_left(rules: type[Protocol]) -> None:
    with pytest.raises(NothingLeft):
        rules.draw(rules.Settings(), standing(0))


@every
@pytest.mark.parametrize("drawn", [Drawn(1), Drawn(1, "anchor"), Drawn(1, "check"), Drawn(1, check=True)])
def test_cards_are_the_same_each_time_and_their_answers_become_rows(rules: type[Protocol], drawn: Drawn) -> None:
    one, two = item(rules, drawn), item(rules, drawn)
    assert one.cards == two.cards
    first = one.cards[0]["id"]
    answer = rules.form({"marked": [first], "chosen": first}, one)
    assert rules.form(answer, one) == answer  # what is stored is itself an answer
    rows = rules.judgments(one, answer)
    assert len({(row.output, row.criterion) for row in rows}) == len(rows)
    assert all(row.value in {0.0, 1.0} for row in rows)
    assert {row.output for row in rows} - {None} == {output for card in one.cards for output in card["outputs"]}


@every
@pytest.mark.parametrize(
    "data", [{"marked": ["no-such-card"], "chosen": "no-such-card"}, {"marked": "x" * 10_000, "chosen": ["a", "b"]}]
)
def test_an_answer_that_names_no_card_of_the_item_is_refused(rules: type[Protocol], data: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswer):
        rules.form(data, item(rules, Drawn(1)))


@every
def test_simulated_raters_can_answer_it(rules: type[Protocol]) -> None:
    from random import Random

    there = item(rules, Drawn(1))
    answer = rules.simulate(there, {card["id"]: 0.3 for card in there.cards}, Random(1))
    assert rules.form(answer, there) == answer


@every
def test_practice_explains_every_card_and_knows_its_answer(rules: type[Protocol]) -> None:
    made = practice.items(Campaign(slug="x", protocol=rules.slug, seed=3))
    assert 2 <= len(made) <= 3
    for moment in made:
        ids = {card["id"] for card in moment.cards}
        assert ids <= moment.explanations.keys()
        assert set(moment.answers) <= ids | {"none"}
        assert moment.answers
        assert moment.sample.title
        assert moment.sample.pk is None
    assert practice.items(Campaign(slug="x", protocol=rules.slug, seed=3, settings={"practice": False})) == []

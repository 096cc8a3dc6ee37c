"""Simulated raters answer through the same code as people: for load tests, planning, and trying a report.

A card is believed real with log-odds: the mean of its systems' effects + rater's habit + sample's effect + the text's
own effect + rater x system effect, all but the first normal around 0. Every row of theirs hangs on a rater marked
`simulated`, and draws, loads and reports keep them apart from people.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from random import Random
from statistics import NormalDist, fmean

from django.db import transaction

from evalsite.rating import draws, invitations, sessions, texts
from evalsite.rating.models import Assignment, Campaign, Item, Rater
from evalsite.rating.sessions import Timing
from evalsite.testsets.models import HUMAN, Output

_NORMAL = NormalDist()
_MINIMUM_YEARS = 50.0  # of watching danmaku: simulated raters pass any screening


@dataclass(frozen=True, kw_only=True)
class World:
    """What is true where the simulated raters live; standard deviations are on the scale of log-odds."""

    recall: Mapping[str, float]  # by system: how often its comments pass for real
    skill: float = 1.0  # 0: raters cannot tell systems from people; 1: `recall` holds; above: they tell better
    rater_sd: float = 0.6
    sample_sd: float = 0.5
    text_sd: float = 0.5
    taste_sd: float = 0.2  # rater x system
    attention: float = 0.97  # chance to see through an attention check


@dataclass(frozen=True)
class _Mind:
    """One rater: skill, habit (log-odds of taking anything for real), and the seed of all that is theirs."""

    skill: float
    habit: float
    seed: int


def default_recall(systems: list[str], seed: int) -> dict[str, float]:
    """Something to tell apart: people 0.75, systems between 0.35 and 0.65 in an order drawn from the seed."""
    machines = draws.shuffled(sorted(set(systems) - {HUMAN}), draws.stream(seed, "recall"))
    step = 0.3 / max(1, len(machines) - 1)
    return {HUMAN: 0.75, **{system: round(0.65 - place * step, 3) for place, system in enumerate(machines)}}


def simulate(
    *,
    campaign: Campaign,
    raters: int,
    world: World,
    seed: int = 0,
    sittings: int = 1,
    tick: Callable[[], object] = lambda: None,
) -> list[Rater]:
    """So many raters do their sittings; `tick` is called after each item. Raises sessions.NothingLeft for the first.

    Later raters who find nothing left are not made.
    """
    made: list[Rater] = []
    systems = dict(Output.objects.filter(run__campaigns=campaign).values_list("pk", "run__system__slug"))
    for _number in range(raters):
        try:
            with transaction.atomic():  # one rater at a time; whoever finds nothing to do leaves no trace
                made.append(_one(campaign, world, seed, sittings, systems, tick))
        except sessions.NothingLeft:
            if not made:
                raise
            break
    return made


def _one(
    campaign: Campaign, world: World, seed: int, sittings: int, systems: dict[int, str], tick: Callable[[], object]
) -> Rater:
    place = campaign.raters.filter(simulated=True).count()
    random = draws.stream(seed, "rater", item=str(place))
    mind = _Mind(
        skill=max(0.0, world.skill * (1 + 0.3 * _normal(random))),
        habit=world.rater_sd * _normal(random),
        seed=draws.seed(seed, "mind", item=str(place)),
    )
    rater = invitations.simulated(campaign=campaign, skill=asdict(mind))
    invitations.consent(rater=rater, language="en", screening={texts.YEARS: _MINIMUM_YEARS})
    invitations.practised(rater=rater)
    for number in range(sittings):
        try:
            assignment = sessions.assign(rater=rater)
        except sessions.NothingLeft:
            if number == 0:
                raise
            break
        _sit(assignment, world, mind, seed, systems, tick)
    invitations.complete(rater=rater)
    rater.refresh_from_db()
    return rater


def _sit(
    assignment: Assignment, world: World, mind: _Mind, seed: int, systems: dict[int, str], tick: Callable[[], object]
) -> None:
    rules = assignment.campaign.rules
    while item := sessions.next_item(assignment):
        sessions.serve(item=item)
        random = draws.stream(mind.seed, "answer", sitting=assignment.number, item=item.sample.key)
        believed = {card["id"]: _belief(item, card, world, mind, seed, systems) for card in item.cards}
        answer = rules.simulate(item, believed, random)
        key = f"simulated-{item.pk}"
        sessions.record(item=item, key=key, revision=0, answer=answer, timing=_timing(random))
        tick()


def _belief(
    item: Item, card: Mapping[str, object], world: World, mind: _Mind, seed: int, systems: dict[int, str]
) -> float:
    """Log-odds of taking the card for real."""
    kind, outputs = card["kind"], card["outputs"]
    if kind == "check" or not outputs:
        return _logit(world.attention) * (-2 if kind == "check" else 2)
    if kind == "decoy":
        return _logit(0.5) + mind.habit
    assert isinstance(outputs, list)
    owners = sorted({systems[output] for output in outputs})
    sample = world.sample_sd * _normal(draws.stream(seed, "sample", item=item.sample.key))
    text = world.text_sd * _normal(draws.stream(seed, "text", item=f"{item.sample.key} {card['text']}"))
    return fmean(_effect(owner, world, mind) for owner in owners) + mind.habit + sample + text


def _effect(system: str, world: World, mind: _Mind) -> float:
    people = _logit(world.recall[HUMAN])
    taste = world.taste_sd * _normal(draws.stream(mind.seed, "taste", item=system))
    return people + mind.skill * (_logit(world.recall[system]) - people) + (taste if system != HUMAN else 0.0)


def _timing(random: Random) -> Timing:
    """About eight seconds an item, as skewed as people's times are."""
    visible = int(8000 * math.exp(0.5 * _normal(random)))
    return Timing(visible_ms=visible, first_action_ms=visible // 3, elapsed_ms=visible + int(2000 * random.random()))


def _normal(random: Random) -> float:
    """A standard normal number from one call of `random`, the same in every version of Python."""
    return _NORMAL.inv_cdf(min(max(random.random(), 1e-12), 1 - 1e-12))


def _logit(p: float) -> float:
    return math.log(p / (1 - p))

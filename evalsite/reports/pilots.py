"""What an earlier campaign tells the planner: how much raters, samples and comments differ, never who leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evalsite.reports.estimators.effects import PreferenceEffects, RecallEffects, pilot_preference, pilot_recall
from evalsite.reports.measures import base
from evalsite.reports.measures.preference import choices
from evalsite.reports.planning import PlanError
from evalsite.reports.tables import HUMAN, Tables

LEAST = 30
"""Judgments below which a pilot is no better than the planner's own assumptions."""


@dataclass(frozen=True, slots=True)
class RecallPilot:
    """Effects of a Human Recall campaign, and Human Recall over all its systems together."""

    effects: RecallEffects
    recall: float


@dataclass(frozen=True, slots=True)
class PreferencePilot:
    """Effects of a preference campaign, and its shares, largest first and without names."""

    effects: PreferenceEffects
    shares: tuple[float, ...]


def recall_pilot(tables: Tables, assumed: RecallEffects | None = None) -> RecallPilot:
    """The effects behind a Human Recall campaign's judgments of systems. Raises PlanError where there are too few."""
    rows = base.regular(tables, "fake")
    system = tables.system_of(rows.output)
    human = tables.systems.index(HUMAN) if HUMAN in tables.systems else -1
    judged = system != human
    item, escaped = rows.item[judged], 1 - rows.value[judged]
    _check(tables, len(item))
    rater, sample = tables.items.rater[item], tables.items.sample[item]
    effects = pilot_recall(rater, sample, system[judged], rows.output[judged], escaped, assumed)
    return RecallPilot(effects, float(np.clip(escaped.mean(), 0.01, 0.99)))


def preference_pilot(tables: Tables, assumed: PreferenceEffects | None = None) -> PreferencePilot:
    """The effects behind a preference campaign's choices. Raises PlanError where there are too few."""
    slugs = tuple(slug for slug in tables.systems if slug != HUMAN)
    item, card, chosen = choices(tables, "best", slugs)
    _check(tables, len(item))
    rater, sample = tables.items.rater[item], tables.items.sample[item]
    effects, shares = pilot_preference(rater, sample, card, chosen, assumed)
    return PreferencePilot(effects, tuple(sorted(shares, reverse=True)))


def _check(tables: Tables, judgments: int) -> None:
    if judgments < LEAST:
        raise PlanError(
            f"Campaign {tables.study.slug} has {judgments:,} judgments; a pilot needs at least {LEAST}. "
            "Plan without --pilot, or add --simulated where its raters were simulated."
        )

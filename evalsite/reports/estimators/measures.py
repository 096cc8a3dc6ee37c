"""The two published measures with all that is printed beside them: Human Recall and preference shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evalsite.reports.estimators.choice_models import canonical
from evalsite.reports.estimators.clusters import Crossing, Ratios, cross, ratios, sum_by, tabulate
from evalsite.reports.estimators.intervals import proportion, relative, wilson
from evalsite.reports.estimators.results import LEVEL, Estimate, Floats, Ints, finite
from evalsite.reports.estimators.signal_detection import Detection, by_rater, by_system


@dataclass(frozen=True, slots=True)
class Recall:
    """Human Recall of one system. `strict` counts nulls as caught; `ratio` is HR(system) / HR(human)."""

    shown: int
    escaped: int
    nulls: int
    recall: Estimate
    wilson: tuple[float, float] | None
    strict: Estimate
    detection: Detection
    ratio: Estimate | None


@dataclass(frozen=True)
class RecallTable:
    """Human Recall of K systems; `table` is what `significance.compare` takes; `raters` (in the order of
    `crossing.rater_ids`) are the raters' own detection, empty without real comments among the cards.
    """

    systems: tuple[Recall, ...]
    table: Ratios
    crossing: Crossing
    shown: Floats
    escaped: Floats
    raters: tuple[Detection, ...]


def human_recall(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    system: npt.ArrayLike,
    escaped: npt.ArrayLike,
    systems: int,
    *,
    human: int | None = None,
    null: npt.ArrayLike | None = None,
    level: float = LEVEL,
) -> RecallTable:
    """Human Recall = escaped / shown (E-GA, section 3.2) of each of `systems` systems.

    One row (N,) for each judged comment: `system` its code, `escaped` 1 where it was not marked fake. Rows with
    `null` 1 stand for empty outputs of judged items: not shown, so they count in `strict` alone. `human` is the code of
    the real comments, if any were shown.
    """
    crossing = cross(rater, sample)
    empty = np.zeros(crossing.cell.shape) if null is None else np.asarray(null, dtype=np.float64)
    nulls = tabulate(crossing, system, systems, empty)
    shown = tabulate(crossing, system, systems, 1 - empty)
    free = tabulate(crossing, system, systems, np.asarray(escaped, dtype=np.float64) * (1 - empty))
    table, strict = ratios(crossing, free, shown), ratios(crossing, free, shown + nulls)
    detections = by_system(crossing, shown - free, shown, human, level)
    found = [
        Recall(
            round(table.trials[k]),
            round(table.successes[k]),
            round(nulls[:, k].sum()),
            proportion(table, k, level),
            wilson(table.successes[k], table.trials[k], level),
            proportion(strict, k, level),
            detections[k],
            None if human is None else relative(table, k, human, level),
        )
        for k in range(systems)
    ]
    raters = () if human is None else tuple(by_rater(crossing, shown - free, shown, human))
    return RecallTable(tuple(found), table, crossing, shown, free, raters)


@dataclass(frozen=True, slots=True)
class Share:
    """Preference share of one system: `credit` of `answered` items; `present` items in which it had a card."""

    answered: int
    credit: float
    share: Estimate
    wilson: tuple[float, float] | None
    present: int
    when_present: Estimate
    present_rate: float | None


@dataclass(frozen=True)
class ShareTable:
    """Shares of K systems and of "none"; columns of `table` (for `significance.compare`) are the systems, then none."""

    systems: tuple[Share, ...]
    none: Share
    table: Ratios
    crossing: Crossing
    credit: Floats
    unanswerable: int


def credits(owner: Ints, taken: Ints) -> Floats:
    """Credits (I, K + 1) of choices as `choice_models.canonical` names them; the last column is none; rows sum to 1.

    A chosen card gives each of the m systems that share it 1/m.
    """
    hit = np.concatenate([owner == taken[:, None], (taken == owner.shape[1])[:, None]], axis=1)
    hit[:, :-1] &= owner >= 0
    return np.asarray(hit / hit.sum(axis=1, keepdims=True), dtype=np.float64)


def preference(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    card: npt.ArrayLike,
    chosen: npt.ArrayLike,
    level: float = LEVEL,
) -> ShareTable:
    """Shares of K systems over I answered items (KLVCG, section V-E); arguments as of `choice_models.luce`.

    share = credit / answered items, so the shares and that of none sum to 1; `when_present` = credit / items in which
    the system had a card. Items without any card are `unanswerable` and count nowhere else.
    """
    owner, taken = canonical(card, chosen)
    asked = (owner >= 0).any(axis=1)
    crossing = cross(np.asarray(rater)[asked], np.asarray(sample)[asked])
    unanswerable = int((~asked).sum())
    owner, taken = owner[asked], taken[asked]
    credit = credits(owner, taken)
    present = np.concatenate([owner >= 0, np.ones((len(owner), 1), dtype=bool)], axis=1)
    credit_cells = sum_by(crossing.cell, crossing.cells, credit)
    present_cells = sum_by(crossing.cell, crossing.cells, present.astype(np.float64))
    answered = sum_by(crossing.cell, crossing.cells, np.ones((len(owner), 1)))
    table = ratios(crossing, credit_cells, np.repeat(answered, credit.shape[1], axis=1))
    when_present = ratios(crossing, credit_cells, present_cells)
    found = [_share(table, when_present, k, level) for k in range(credit.shape[1])]
    return ShareTable(tuple(found[:-1]), found[-1], table, crossing, credit_cells, unanswerable)


def _share(table: Ratios, when_present: Ratios, k: int, level: float) -> Share:
    answered, present = table.trials[k], when_present.trials[k]
    return Share(
        round(answered),
        float(table.successes[k]),
        proportion(table, k, level),
        wilson(table.successes[k], answered, level),
        round(present),
        proportion(when_present, k, level),
        finite(present / answered) if answered else None,
    )

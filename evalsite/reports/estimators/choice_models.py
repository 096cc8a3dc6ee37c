"""Who would be chosen if everyone were always present? Luce choice with "none of them" as outside option.

Shares are lowered by silence: a system that is often null cannot be chosen. Luce's model gives each system a worth, the
chance of being chosen among all systems and "none" together, estimated from choice sets that vary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, softmax

from evalsite.reports.estimators.clusters import Crossing, cross, sum_by
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.jackknife import DeleteOne, from_values
from evalsite.reports.estimators.results import LEVEL, NEVER_COMPETED, Estimate, Floats, Ints, undefined

PRIOR = 0.1
"""Choices of each option added in one imagined set of all options; keeps worths of never-chosen systems above 0."""

STEPS = 100
CONVERGED = 1e-10


@dataclass(frozen=True, slots=True)
class Worths:
    """Worths of K systems and of "none" (None where it was no option); together they sum to 1.

    `utility` are the logarithms of worth relative to "none" (without it: to the geometric mean); `items` the
    choices used.
    """

    worth: tuple[Estimate, ...]
    none: Estimate | None
    utility: tuple[float | None, ...]
    items: int


@dataclass(frozen=True)
class Patterns:
    """Distinct choice situations. Option c of situation p has utility design[p, c] @ theta where present[p, c];
    the last option is "none" (design row 0). `chosen` (P,) is the option taken, `count` (P,) how often.
    """

    design: Floats
    present: npt.NDArray[np.bool_]
    chosen: Ints
    count: Floats


def luce(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    card: npt.ArrayLike,
    chosen: npt.ArrayLike,
    *,
    none: bool = True,
    prior: float = PRIOR,
    level: float = LEVEL,
) -> Worths:
    """Luce (Plackett-Luce, top choice) worths of K systems with two-way jackknife intervals.

    `card` (I, K): the card that shows each system's output in an item, -1 where it is null; systems with the same
    text share a card. `chosen` (I,): the card taken, -1 for none. `rater`, `sample` (I,). With `none=False`
    items in which nothing was chosen are left out.

    P(card c) = exp(v_c) / sum over shown cards and none of exp(v), v_none = 0, v_c = the mean theta of the systems that
    share the card: a text two systems wrote is one alternative, as good as its writers are on average (their
    geometric mean worth), not twice as likely (Debreu's (1960) objection to counting copies). Without sharing this is
    exactly Luce (1959), Plackett (1975). The likelihood is concave; it is maximised by Newton's method, with `prior`
    choices of each option added in one imagined set of all options, so that the maximum is finite and does not
    depend on which option is the reference. Leave-outs of raters and samples take one Newton step from the maximum,
    those of cells its linear part (they are too many and too small to need more); intervals are symmetric in
    logit(worth).
    """
    owner, taken = canonical(card, chosen)
    used = (owner >= 0).any(axis=1) if none else taken < owner.shape[1]
    if owner.shape[1] < 2 or not used.any():
        return _unfitted(owner.shape[1], none)
    situation, patterns = find_patterns(owner[used], taken[used])
    if not none:
        patterns.present[:, -1] = False
    crossing = cross(np.asarray(rater)[used], np.asarray(sample)[used])
    theta = fit(patterns, none, prior)
    return _with_intervals(crossing, situation, patterns, theta, none, prior, level)


def canonical(card: npt.ArrayLike, chosen: npt.ArrayLike) -> tuple[Ints, Ints]:
    """Cards renamed by their lowest owner, so that shuffled letters do not matter: `owner` (I, K), -1 for null; `taken`
    (I,) the owner of the chosen card, K for none.
    """
    cards = np.ascontiguousarray(np.asarray(card, dtype=np.int64).T)  # (K, I): whole columns lie together
    picks = np.asarray(chosen, dtype=np.int64)
    systems = len(cards)
    owner = np.full_like(cards, -1)
    taken = np.full(cards.shape[1], systems, dtype=np.int64)
    for k in reversed(range(systems)):
        present = cards[k] >= 0
        for j in range(k, systems):
            owner[j][present & (cards[j] == cards[k])] = k
        taken[present & (cards[k] == picks)] = k
    if (taken[picks >= 0] == systems).any():
        raise ValueError("a chosen card belongs to no system of its item")
    return np.ascontiguousarray(owner.T), taken


def find_patterns(owner: Ints, taken: Ints) -> tuple[Ints, Patterns]:
    """The distinct rows of (`owner`, `taken`): the pattern of each item (I,), and the patterns.

    Rows are folded into one code column by column, which is linear in the items; a million of them make a few hundred
    patterns.
    """
    systems = owner.shape[1]
    code, _ = encode(taken)
    for k in range(systems):
        code, _ = encode(code * (systems + 1) + owner[:, k] + 1)
    count = np.bincount(code)
    first = np.zeros(len(count), dtype=np.int64)
    first[code] = np.arange(len(code))
    owners = owner[first]
    option = np.arange(systems)
    member = (owners[:, None, :] == option[:, None]).astype(np.float64)
    design = np.zeros((len(count), systems + 1, systems))
    design[:, :-1] = member / np.maximum(member.sum(axis=2, keepdims=True), 1)
    present = np.ones((len(count), systems + 1), dtype=bool)
    present[:, :-1] = member.any(axis=2)
    return code, Patterns(design, present, taken[first], count.astype(np.float64))


def _probabilities(patterns: Patterns, theta: Floats) -> Floats:
    """P(option) (P, K + 1) in each situation."""
    utility = np.where(patterns.present, patterns.design @ theta, -np.inf)
    return np.asarray(softmax(utility, axis=1))


def _derivatives(patterns: Patterns, theta: Floats) -> tuple[Floats, Floats]:
    """Score (P, K) and information (P, K, K) of one choice in each situation."""
    p = _probabilities(patterns, theta)
    mean = np.einsum("pc,pck->pk", p, patterns.design)
    score = patterns.design[np.arange(len(p)), patterns.chosen] - mean
    square = np.einsum("pc,pck,pcl->pkl", p, patterns.design, patterns.design)
    return score, square - mean[:, :, None] * mean[:, None, :]


def _prior(theta: Floats, none: bool, prior: float) -> tuple[float, Floats, Floats]:
    """Log-likelihood, score and information of the imagined choices; without "none" also the sum of theta held at 0."""
    utility = np.append(theta, 0.0) if none else theta
    log_p = utility - logsumexp(utility)
    p = np.exp(log_p)[: len(theta)]
    score = prior * (1 - len(utility) * p)
    information = prior * len(utility) * (np.diag(p) - np.outer(p, p))
    if not none:  # only differences matter: a wall along (1, ..., 1) changes nothing but makes theta unique
        score = score - theta.sum()
        information = information + 1.0
    fixed = 0.0 if none else -(theta.sum() ** 2) / 2
    return prior * float(log_p.sum()) + fixed, score, information


def _log_likelihood(patterns: Patterns, theta: Floats, none: bool, prior: float) -> float:
    p = _probabilities(patterns, theta)[np.arange(len(patterns.count)), patterns.chosen]
    return float(patterns.count @ np.log(np.maximum(p, 1e-300))) + _prior(theta, none, prior)[0]


def fit(patterns: Patterns, none: bool = True, prior: float = PRIOR) -> Floats:
    """The utilities theta (K,) that maximise the likelihood: Newton's method with step halving."""
    theta = np.zeros(patterns.design.shape[2])
    value = _log_likelihood(patterns, theta, none, prior)
    for _ in range(STEPS):
        score, information = _derivatives(patterns, theta)
        _, prior_score, prior_information = _prior(theta, none, prior)
        total = np.tensordot(patterns.count, information, axes=1) + prior_information
        step = np.asarray(np.linalg.pinv(total) @ (patterns.count @ score + prior_score), dtype=np.float64)
        theta, value, moved = _ascend(patterns, theta, step, value, none, prior)
        if moved < CONVERGED:
            break
    return theta


def _ascend(
    patterns: Patterns, theta: Floats, step: Floats, value: float, none: bool, prior: float
) -> tuple[Floats, float, float]:
    """The longest of step, step/2, step/4, ... that does not lower the likelihood: new theta, its value, the move."""
    for _ in range(40):
        candidate = theta + step
        reached = _log_likelihood(patterns, candidate, none, prior)
        if reached >= value - 1e-12 * abs(value):
            return candidate, reached, float(np.abs(step).max())
        step = step / 2
    return theta, value, 0.0


def _with_intervals(
    crossing: Crossing,
    situation: Ints,
    patterns: Patterns,
    theta: Floats,
    none: bool,
    prior: float,
    level: float,
) -> Worths:
    score, information = _derivatives(patterns, theta)
    total = np.tensordot(patterns.count, information, axes=1) + _prior(theta, none, prior)[2]
    cell_rater, cell_sample = crossing.rater[crossing.cell], crossing.sample[crossing.cell]
    left_out = [
        _newton_without(cell_rater, crossing.raters, situation, score, information, theta, total),
        _newton_without(cell_sample, crossing.samples, situation, score, information, theta, total),
        theta - sum_by(crossing.cell, crossing.cells, score[situation]) @ np.linalg.pinv(total),
    ]
    worths = [worth(block, none) for block in left_out]
    full = worth(theta[None, :], none)[0]
    estimates = [
        from_values(DeleteOne(float(full[k]), *(part[:, k] for part in worths)), scale="logit", level=level)
        for k in range(len(full))
    ]
    systems = len(theta)
    return Worths(
        tuple(estimates[:systems]),
        estimates[systems] if none else None,
        tuple(theta.tolist()),
        len(situation),
    )


def _newton_without(
    codes: Ints, size: int, situation: Ints, score: Floats, information: Floats, theta: Floats, total: Floats
) -> Floats:
    """theta (G, K) without each cluster, one Newton step from the maximum: theta - (H - H_g)^-1 s_g."""
    systems = len(theta)
    pattern = codes * len(score) + situation
    keys, ids = encode(pattern)
    counts = np.bincount(keys).astype(np.float64)[:, None]
    group, which = ids // len(score), ids % len(score)
    cluster_score = sum_by(group, size, counts * score[which])
    flat = sum_by(group, size, counts * information.reshape(len(score), -1)[which])
    remaining = total - flat.reshape(size, systems, systems)
    try:
        return np.asarray(theta - np.linalg.solve(remaining, cluster_score[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:  # without a prior, one cluster may be all that is known of a system
        return np.full((size, systems), np.nan)


def worth(theta: Floats, none: bool = True) -> Floats:
    """Worths (B, K + 1) of utilities (B, K) with "none" last, or (B, K) without it; rows sum to 1."""
    utility = np.concatenate([theta, np.zeros((len(theta), 1))], axis=1) if none else theta
    return np.asarray(softmax(utility, axis=1))


def _unfitted(systems: int, none: bool) -> Worths:
    missing = undefined(NEVER_COMPETED)
    return Worths((missing,) * systems, missing if none else None, (None,) * systems, 0)


def bradley_terry(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    winner: npt.ArrayLike,
    loser: npt.ArrayLike,
    systems: int,
    *,
    prior: float = PRIOR,
    level: float = LEVEL,
) -> Worths:
    """Bradley-Terry worths from pairs: `winner` was preferred to `loser` (N,), codes below `systems`.

    P(i beats j) = w_i / (w_i + w_j): Luce choice from sets of two, with the same prior and intervals.
    Source: Bradley & Terry (1952).
    """
    won, lost = np.asarray(winner, dtype=np.int64), np.asarray(loser, dtype=np.int64)
    card = np.full((len(won), systems), -1, dtype=np.int64)
    rows = np.arange(len(won))
    card[rows, won], card[rows, lost] = won, lost
    return luce(rater, sample, card, won, none=False, prior=prior, level=level)

"""How much raters, samples and comments differ: effects on the logit scale, and reading them off a campaign.

Effects are what the planner draws its campaigns from; a pilot campaign gives better ones than any default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, softmax

from evalsite.reports.estimators.choice_models import canonical
from evalsite.reports.estimators.clusters import cross, ratios, tabulate
from evalsite.reports.estimators.codes import encode
from evalsite.reports.estimators.measures import credits
from evalsite.reports.estimators.results import Floats, Ints

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(48)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@dataclass(frozen=True, slots=True)
class RecallEffects:
    """Standard deviations on the logit scale of escaping: how freely a rater clicks, how much a rater favours a
    system, how easy a sample is, how believable one comment is beside others of its system.
    """

    rater: float = 0.7
    rater_system: float = 0.3
    sample: float = 0.5
    comment: float = 0.8

    @property
    def spread(self) -> float:
        """The standard deviation of all effects together."""
        return math.hypot(self.rater, self.rater_system, self.sample, self.comment)


@dataclass(frozen=True, slots=True)
class PreferenceEffects:
    """Standard deviations of the utility of each option (each system, and none): between raters, between samples."""

    rater: float = 0.5
    sample: float = 1.0


def logistic_mean(location: float | Floats, sd: float) -> Floats:
    """E[expit(location + sd Z)] by Gauss-Hermite quadrature, for every location."""
    return np.asarray(expit(np.asarray(location)[..., None] + sd * NODES) @ WEIGHTS)


def location_of(p: float, sd: float) -> float:
    """The location with E[expit(location + sd Z)] = p."""
    return float(brentq(lambda x: float(logistic_mean(x, sd)) - p, -40, 40, xtol=1e-10))


def utilities_of(shares: Floats, sd: float, draws: int = 40_000) -> Floats:
    """Utilities (K + 1,), the last 0, whose mean choice probabilities are `shares` where each option varies by `sd`."""
    effects = sd * np.random.default_rng(0).standard_normal((draws, len(shares)))
    utility = np.log(shares)
    for _ in range(200):
        reached = softmax(utility + effects, axis=1).mean(axis=0)
        utility += np.log(shares / reached)
        if np.abs(reached - shares).max() < 1e-7:
            break
    return np.asarray(utility - utility[-1])


def shared_covariance(location: float, shared: float, total: float) -> float:
    """Covariance of two judgments with probability expit(location + effects) whose effects have the variance `total`
    each, `shared` of it in common.
    """
    own = math.sqrt(max(total - shared, 0.0))
    given = logistic_mean(location + math.sqrt(max(shared, 0.0)) * NODES, own)
    return float(WEIGHTS @ given**2 - (WEIGHTS @ given) ** 2)


def pilot_recall(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    system: npt.ArrayLike,
    output: npt.ArrayLike,
    escaped: npt.ArrayLike,
    assumed: RecallEffects | None = None,
) -> RecallEffects:
    """The effects of a Human Recall campaign, one row (N,) for each judgment.

    By moments: the mean product of centred judgments that share only the rater, the rater and the system, only
    the sample, or the output, each turned into the variance on the logit scale that gives such a
    covariance. What no pairs of judgments show (no output judged twice) stays as `assumed`.
    """
    default = assumed or RecallEffects()
    systems, _ = encode(system)
    moments = _pair_moments(encode(rater)[0], encode(sample)[0], systems, encode(output)[0], escaped)
    p = float(np.clip(np.mean(np.asarray(escaped, dtype=np.float64)), 0.01, 0.99))
    known = [m is not None for m in moments]
    fallback = [default.rater**2, default.rater**2 + default.rater_system**2]
    fallback += [default.sample**2, default.sample**2 + default.comment**2]
    shared = np.array(fallback)
    for _ in range(50):
        total = float(max(shared[1] + shared[3], 1e-6))
        location = location_of(p, math.sqrt(total))
        new = np.array(
            [_shared(m, location, total) if m is not None else s for m, s in zip(moments, shared, strict=True)]
        )
        new[1], new[3] = max(new[0], new[1]), max(new[2], new[3])
        if not known[3]:
            new[3] = new[2] + default.comment**2
        done, shared = float(np.abs(new - shared).max()) < 1e-6, new
        if done:
            break
    sds = np.sqrt([shared[0], shared[1] - shared[0], shared[2], shared[3] - shared[2]])
    return RecallEffects(*(float(sd) for sd in sds))


def _shared(moment: float, location: float, total: float) -> float:
    """The shared variance that gives this covariance of judgments, between 0 and `total`."""
    if moment <= 0:
        return 0.0
    if moment >= shared_covariance(location, total, total):
        return total
    return float(brentq(lambda c: shared_covariance(location, c, total) - moment, 0.0, total, xtol=1e-9))


def _pair_moments(rater: Ints, sample: Ints, system: Ints, output: Ints, escaped: npt.ArrayLike) -> list[float | None]:
    """Covariances of judgments that share: the rater (other sample, other system); the rater and the system (other
    sample); the sample (other rater, other output); the output (other rater). None without such pairs.
    """
    y = np.asarray(escaped, dtype=np.float64)
    count = np.bincount(system)
    residual = y - (np.bincount(system, weights=y) / np.maximum(count, 1))[system]

    def squares(*keys: Ints) -> Floats:
        code = np.zeros(len(y), dtype=np.int64)
        for key in keys:
            code, _ = encode(code * (int(key.max(initial=0)) + 1) + key)
        return np.array([(np.bincount(code, weights=w) ** 2).sum() for w in (residual, np.ones_like(y))])

    cell, alone = squares(rater, sample), squares(rater, output)
    cell_system, same_system = squares(rater, sample, system), squares(rater, system)
    pairs = [
        squares(rater) - same_system - cell + cell_system,
        same_system - cell_system,
        squares(sample) - cell - squares(output) + alone,
        squares(output) - alone,
    ]
    within, between = _variance_of_means(rater, sample, system, y)
    centring = [between, within, within, within]
    return [float(s / n + add) if n > 0.5 else None for (s, n), add in zip(pairs, centring, strict=True)]


def _variance_of_means(rater: Ints, sample: Ints, system: Ints, y: Floats) -> tuple[float, float]:
    """Mean two-way variance of the systems' means, and mean covariance of two of them: what centring took away."""
    crossing, systems = cross(rater, sample), int(system.max(initial=0)) + 1
    table = ratios(crossing, tabulate(crossing, system, systems, y), tabulate(crossing, system, systems))
    gram = table.rater_gram + table.sample_gram - table.cell_gram
    off = gram[~np.eye(systems, dtype=bool)]
    return float(max(np.trace(gram) / systems, 0.0)), float(max(off.mean(), 0.0)) if systems > 1 else 0.0


def pilot_preference(
    rater: npt.ArrayLike,
    sample: npt.ArrayLike,
    card: npt.ArrayLike,
    chosen: npt.ArrayLike,
    assumed: PreferenceEffects | None = None,
) -> tuple[PreferenceEffects, list[float]]:
    """The effects and the shares (K,) of a preference campaign; arguments as of `measures.preference`.

    By moments: the covariances of one rater's choices on other samples, and of other raters' on the same sample, summed
    over options, against those that simulated effects give. The sample effect stays as `assumed` where no sample had
    two raters.
    """
    default = assumed or PreferenceEffects()
    owner, taken = canonical(card, chosen)
    asked = (owner >= 0).any(axis=1)
    credit = credits(owner[asked], taken[asked])
    shares = credit.mean(axis=0)
    who, what = encode(np.asarray(rater)[asked])[0], encode(np.asarray(sample)[asked])[0]
    targets = [_choice_moment(credit - shares, key) for key in (who, what)]
    noise = np.random.default_rng(0).standard_normal((3, 10_000, len(shares)))
    positive = np.maximum(shares, 1e-3) / np.maximum(shares, 1e-3).sum()
    sds = np.array([default.rater, default.sample])
    for _ in range(40):
        before = sds.copy()
        utility = utilities_of(positive, math.hypot(*sds), 5_000)
        for i, target in enumerate(targets):
            if target is not None:
                reached = _choice_covariance(utility, sds[i], sds[1 - i], noise)
                sds[i] = min(3.0, max(0.02, sds[i] * math.sqrt(max(target, 1e-9) / max(reached, 1e-9))))
        if np.abs(sds - before).max() < 1e-3:
            break
    return PreferenceEffects(float(sds[0]), float(sds[1])), shares[:-1].tolist()


def _choice_moment(residual: Floats, key: Ints) -> float | None:
    """Sum over options of the mean product of centred choices of two items with the same key; None without pairs.

    The n - 1 of G clusters' totals corrects for centring on the mean of the same data.
    """
    clusters = int(key.max(initial=-1)) + 1
    totals = np.stack([np.bincount(key, weights=column) for column in residual.T], axis=1)
    size = np.bincount(key)
    pairs = float((size * (size - 1)).sum())
    if pairs < 1 or clusters < 2:
        return None
    squares = float((totals**2).sum()) * clusters / (clusters - 1)
    return max(0.0, (squares - float((residual**2).sum())) / pairs)


def _choice_covariance(utility: Floats, shared: float, own: float, noise: Floats) -> float:
    """Sum over options of the covariance of choice probabilities that share one effect of each option."""
    common, first, second = noise
    p = softmax(utility + shared * common + own * first, axis=1)
    q = softmax(utility + shared * common + own * second, axis=1)
    return float(((p * q).mean(axis=0) - p.mean(axis=0) * q.mean(axis=0)).sum())

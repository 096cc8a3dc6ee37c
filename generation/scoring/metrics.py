"""Ranking metrics and the automatic metrics of text, with their intervals and random baselines.

Sources: Recall@k, MR, MRR as in LiveBot and KLVCG (best rank of any truth); BLEU-4, Fluency, Diversity as in E-GA.
"""

import math
import random
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

KS = (1, 5, 10)
NGRAMS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Interval:
    """An estimate over ``n`` items with its 95 % interval; ``None`` where it is undefined."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, Any]:
        """{"estimate", "ci95", "n"}."""
        ends = None if self.low is None else [self.low, self.high]
        return {"estimate": self.estimate, "ci95": ends, "n": self.n}


# -- ranking ---------------------------------------------------------------------------------------------------


def best_rank(scores: Sequence[float], truths: Sequence[bool], *, optimistic: bool = False) -> int:
    """Rank from 1 of the best truth where lower scores are better.

    Ties with a truth count against it (identical token sequences do tie), unless ``optimistic``. NaN ranks last.
    """
    values = np.asarray(scores, dtype=float)
    flags = np.asarray(truths, dtype=bool)
    if not flags.any():
        raise ValueError("An item without a truth has no rank.")
    if np.isnan(values).any():
        warnings.warn("A score is not a number and ranks last.", RuntimeWarning, stacklevel=2)
        values = np.where(np.isnan(values), np.inf, values)
    best, others = values[flags].min(), values[~flags]
    return 1 + int((others < best).sum() if optimistic else (others <= best).sum())


def ranking(ranks: Sequence[int]) -> dict[str, Interval]:
    """R@1, R@5, R@10 in percent (Wilson), MR and MRR (Student) over the best ranks of all items."""
    found = {f"R@{k}": _percent([rank <= k for rank in ranks]) for k in KS}
    return {**found, "MR": mean_interval(ranks), "MRR": mean_interval([1 / rank for rank in ranks])}


def by_cluster(values: Sequence[float], clusters: Sequence[str]) -> Interval:
    """Mean with a 95 % interval that takes clusters, such as videos, and not items for independent.

    Student's with one degree of freedom fewer than clusters; variance from the sums of a cluster's deviations (the
    usual sandwich for a mean). With few clusters it is rough, but no longer blind to what items of one video share.
    """
    groups = sorted(set(clusters))
    if len(groups) < 2:
        return Interval(float(np.mean(values)) if values else None, None, None, len(values))
    x, n, g = np.asarray(values, dtype=float), len(values), len(groups)
    mean = float(x.mean())
    place = {name: i for i, name in enumerate(groups)}
    sums = np.bincount([place[name] for name in clusters], weights=x - mean, minlength=g)
    half = float(stats.t.ppf(0.975, g - 1) * math.sqrt(g / (g - 1) * float((sums**2).sum())) / n)
    return Interval(mean, mean - half, mean + half, n)


def lead(ranks: Sequence[int], sizes: Sequence[tuple[int, int]], clusters: Sequence[str]) -> dict[str, Interval]:
    """How far each metric lies above what a random order expects of the very same items, by cluster.

    MR is turned round, so that a lead is positive in every metric.
    """
    chance = [_random_item(candidates, truths) for candidates, truths in sizes]
    gains = {f"R@{k}": [100.0 * (r <= k) - c[f"R@{k}"] for r, c in zip(ranks, chance, strict=True)] for k in KS}
    gains["MR"] = [c["MR"] - r for r, c in zip(ranks, chance, strict=True)]
    gains["MRR"] = [1 / r - c["MRR"] for r, c in zip(ranks, chance, strict=True)]
    return {name: by_cluster(values, clusters) for name, values in gains.items()}


def random_baseline(sizes: Sequence[tuple[int, int]]) -> dict[str, float | None]:
    """What a random order would give for items of (candidates, truths): exact expectations."""
    if not sizes:
        return dict.fromkeys([*(f"R@{k}" for k in KS), "MR", "MRR"])
    per_item = [_random_item(candidates, truths) for candidates, truths in sizes]
    return {name: float(np.mean([item[name] for item in per_item])) for name in per_item[0]}


def _random_item(candidates: int, truths: int) -> dict[str, float]:
    """P(best rank > r) = C(n - r, m) / C(n, m) for n candidates and m truths."""
    beyond = [math.comb(candidates - r, truths) / math.comb(candidates, truths) for r in range(candidates + 1)]
    exact = [beyond[r - 1] - beyond[r] for r in range(1, candidates + 1)]
    recalls = {f"R@{k}": 100 * (1 - beyond[min(k, candidates)]) for k in KS}
    mean = sum(rank * p for rank, p in enumerate(exact, start=1))
    return {**recalls, "MR": mean, "MRR": sum(p / rank for rank, p in enumerate(exact, start=1))}


def mean_interval(values: Sequence[float]) -> Interval:
    """Mean with Student's 95 % interval."""
    n = len(values)
    if n == 0:
        return Interval(None, None, None, 0)
    mean = float(np.mean(values))
    if n == 1:
        return Interval(mean, None, None, 1)
    half = float(stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
    return Interval(mean, mean - half, mean + half, n)


def _percent(hits: Sequence[bool]) -> Interval:
    """A share in percent with Wilson's 95 % interval."""
    if not hits:
        return Interval(None, None, None, 0)
    result = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return Interval(100 * sum(hits) / len(hits), 100 * float(result.low), 100 * float(result.high), len(hits))


# -- text ------------------------------------------------------------------------------------------------------


def ngrams(text: str) -> set[str]:
    """The character n-grams of a text, n = 1 to 4 pooled as a set."""
    return {text[i : i + n] for n in NGRAMS for i in range(len(text) - n + 1)}


def all_ngrams(texts: Iterable[str]) -> set[str]:
    """The n-grams of all human training comments, for :func:`fluency`."""
    known: set[str] = set()
    for text in texts:
        known |= ngrams(text)
    return known


def fluency(text: str, known: set[str]) -> float | None:
    """Share of the text's n-grams, weighted by their length, that people have written; None for a null."""
    grams = ngrams(text)
    total = sum(map(len, grams))
    return sum(len(gram) for gram in grams if gram in known) / total if total else None


def diversity(texts: Sequence[str]) -> float | None:
    """One minus the mean Dice overlap of n-grams over pairs of one sample's outputs; None with fewer than two."""
    pairs = list(combinations([ngrams(text) for text in texts], 2))
    if not pairs:
        return None
    return 1 - float(np.mean([2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0 for a, b in pairs]))


def bleu4(texts: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float | None]:
    """Character BLEU-4 from 0 to 1: of the corpus without smoothing, and the mean over sentences.

    Sentences are smoothed by method 1 of Chen & Cherry (2014), with 0.1 in place of no match, over the orders the
    sentence is long enough for. A null counts as a sentence that matches nothing.
    """
    from sacrebleu.metrics import BLEU

    if not texts:
        return {"bleu4": None, "bleu4_sentence": None}
    widest = max(map(len, references))
    streams = [[refs[i] if i < len(refs) else None for refs in references] for i in range(widest)]
    corpus = BLEU(tokenize="char", smooth_method="none").corpus_score(list(texts), streams)  # type: ignore[arg-type]
    one = BLEU(tokenize="char", smooth_method="floor", smooth_value=0.1, effective_order=True)
    sentences = [one.sentence_score(t, list(r)).score if t else 0.0 for t, r in zip(texts, references, strict=True)]
    return {"bleu4": corpus.score / 100, "bleu4_sentence": float(np.mean(sentences)) / 100}


def automatic(
    outputs: Sequence[Sequence[str]], references: Sequence[Sequence[str]], known: set[str], *, seed: int = 0
) -> dict[str, float | int | None]:
    """BLEU-4, Fluency, Diversity and the non-null rate of outputs (one list of texts a sample).

    BLEU-4 takes three references of each sample at random by ``seed``, or all where there are fewer.
    """
    draw = random.Random(seed)
    chosen = [draw.sample(list(refs), min(3, len(refs))) for refs in references]
    with_references = [i for i, refs in enumerate(chosen) if refs]
    flat = [(text, chosen[i]) for i in with_references for text in outputs[i]]
    texts = [text for found in outputs for text in found]
    spreads = [d for d in map(diversity, outputs) if d is not None]
    fluencies = [f for f in (fluency(text, known) for text in texts) if f is not None]
    return {
        **bleu4([text for text, _ in flat], [refs for _, refs in flat]),
        "fluency": _mean(fluencies),
        "diversity": _mean(spreads),
        "non_null_rate": _mean([float(bool(text)) for text in texts]),
        "samples": len(outputs),
        "outputs": len(texts),
    }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None

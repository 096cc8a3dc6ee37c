"""Do outputs speak of their own scene? A classifier that knows nothing but which n-grams people used in which scene.

For corpora whose segments name scenes, such as the demo's. Issued beside Fluency and Diversity, which say nothing of
whether an output belongs to its frame.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from generation.scoring.metrics import ngrams

DRAWS = 99_999  # of the permutation test


class Scenes:
    """Training comments by scene: {"harbour-dawn": ["..."], ...}."""

    def __init__(self, comments: Mapping[str, Iterable[str]]) -> None:
        self._known = {scene: {g for text in texts for g in ngrams(text)} for scene, texts in sorted(comments.items())}
        spread = Counter(gram for grams in self._known.values() for gram in grams)
        self._weights = {gram: math.log(len(self._known) / n) for gram, n in spread.items()}

    def __len__(self) -> int:
        return len(self._known)

    def overlap(self, texts: Sequence[str], scene: str) -> float:
        """The texts' n-grams that people used in the scene, weighted by length and by how few scenes have them."""
        known = self._known[scene]
        return sum(len(g) * self._weights[g] for text in texts for g in ngrams(text) if g in known)

    def guess(self, texts: Sequence[str]) -> str | None:
        """The scene whose comments the texts overlap most; None where they overlap none. Ties: first by name."""
        overlaps = {scene: self.overlap(texts, scene) for scene in self._known}
        best = max(overlaps, key=lambda scene: overlaps[scene])
        return best if overlaps[best] > 0 else None


def related(outputs: Sequence[Sequence[str]], truths: Sequence[str], scenes: Scenes) -> dict[str, Any]:
    """How many moments' outputs (one list of texts a moment) lead to the moment's scene, against chance.

    Chance is one of all scenes for each moment; ``p`` is the exact binomial test's, one-sided, which takes moments for
    independent. Moments of one scene look alike, so ``p_scenes`` holds them together: see :func:`shuffled`.
    """
    guesses = [scenes.guess(texts) for texts in outputs]
    hits = sum(guess == truth for guess, truth in zip(guesses, truths, strict=True))
    chance = 1 / len(scenes)
    p = float(stats.binomtest(hits, len(truths), chance, alternative="greater").pvalue) if truths else None
    found = {"hits": hits, "moments": len(truths), "scenes": len(scenes), "chance": chance, "p": p}
    return found | {"p_scenes": shuffled(guesses, truths) if truths else None}


def shuffled(guesses: Sequence[str | None], truths: Sequence[str], draws: int = DRAWS) -> float:
    """Permutation test, one-sided: how often as many hits come about when whole scenes change their names at random.

    At least 1 / (draws + 1). All moments of a scene keep together, and a scene that is guessed often stays so.
    """
    names = sorted({*truths, *(guess for guess in guesses if guess is not None)})
    rows = {name: i for i, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=int)  # of moments, by truth and by guess
    for guess, truth in zip(guesses, truths, strict=True):
        if guess is not None:
            counts[rows[truth], rows[guess]] += 1
    generator, here = np.random.default_rng(0), np.arange(len(names))
    orders = generator.permuted(np.tile(here, (draws, 1)), axis=1)
    as_many = int((counts[here, orders].sum(1) >= np.trace(counts)).sum())
    return (1 + as_many) / (1 + draws)

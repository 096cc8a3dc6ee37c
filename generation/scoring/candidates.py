"""The 100 comments a system has to rank for an item, drawn once and shared by all systems.

Truths (at most five), the 20 most frequent training comments, the 20 training comments nearest to the context by
TF-IDF, the rest at random; duplicates count once, and a truth stays a truth (LiveBot, section 5; KLVCG, section V).
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from generation.corpus.records import Sample
from generation.corpus.vocabulary import split_words
from generation.errors import UserError
from generation.seeds import derive

TRUTH, POPULAR, PLAUSIBLE, RANDOM = "truth", "popular", "plausible", "random"
SIZE, EACH, TRUTHS = 100, 20, 5


@dataclass(frozen=True)
class Item:
    """A sample's candidates and what each of them is, in alphabetical order so that the order tells nothing."""

    sample: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def truths(self) -> list[bool]:
        """Which candidates people wrote at that moment."""
        return [label == TRUTH for label in self.labels]


class Pool:
    """The distinct training comments by falling frequency (ties: first seen), with their TF-IDF vectors."""

    def __init__(self, comments: Iterable[str], tokenizer: str = "jieba") -> None:
        self.texts = [text for text, _ in Counter(comments).most_common()]
        if not self.texts:
            raise UserError("There are no training comments to draw candidates from.")
        # Words of one character, which scikit-learn's own pattern drops, count as well.
        # A document is a list of comments, each cut by itself.
        self._vectorizer = TfidfVectorizer(analyzer=lambda texts: [w for t in texts for w in split_words(t, tokenizer)])
        self._matrix = self._vectorizer.fit_transform([text] for text in self.texts).tocsr()

    def nearest(self, context: Sequence[str]) -> list[int]:
        """Places of the comments that share words with the context, nearest first; none for an unknown context."""
        query = self._vectorizer.transform([context])
        cosines = (self._matrix @ query.T).toarray().ravel()
        places = np.flatnonzero(cosines > 0)
        return [int(i) for i in places[np.lexsort((places, -cosines[places]))]]

    def item(self, sample: Sample, *, seed: int, size: int = SIZE, plausible: bool = True) -> Item:
        """The candidates of one sample; the same for every system, machine and order of items.

        Without ``plausible`` ones there are more at random, which is an easier and not the published task.
        """
        labels = dict.fromkeys(sorted(set(sample.references), key=sample.references.index)[:TRUTHS], TRUTH)
        truths = set(sample.references)

        def take(places: Iterable[int], label: str, count: int) -> None:
            for place in places:
                if count == 0:
                    return
                text = self.texts[place]
                if text not in labels and text not in truths:
                    labels[text] = label
                    count -= 1

        take(range(len(self.texts)), POPULAR, EACH)
        if plausible:
            take(self.nearest([comment.text for comment in sample.context]), PLAUSIBLE, EACH)
        order = list(range(len(self.texts)))
        random.Random(derive(seed, "candidates", sample.id)).shuffle(order)
        take(order, RANDOM, max(size - len(labels), 0))
        texts = sorted(labels)
        return Item(sample.id, tuple(texts), tuple(labels[text] for text in texts))


def build(
    samples: Sequence[Sample], train: Iterable[str], *, seed: int, size: int = SIZE, plausible: bool = True
) -> list[Item]:
    """Candidates of every sample; fewer than ``size`` where the training comments are fewer."""
    pool = Pool(train)
    return [pool.item(sample, seed=seed, size=size, plausible=plausible) for sample in samples]


def save(items: Sequence[Item], path: Path, *, seed: int) -> str:
    """Write the sets so that all systems rank the same ones; gives the SHA-256 of the file."""
    rows = [{"sample": item.sample, "candidates": dict(zip(item.texts, item.labels, strict=True))} for item in items]
    text = json.dumps({"format": 1, "seed": seed, "items": rows}, ensure_ascii=False, indent=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return hashlib.sha256(text.encode()).hexdigest()


def load(path: Path) -> list[Item]:
    """Sets written by :func:`save`."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["items"]
        pairs = [(row["sample"], dict(row["candidates"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is no file of candidates: {error}.") from error
    return [Item(sample, tuple(labels), tuple(labels.values())) for sample, labels in pairs]

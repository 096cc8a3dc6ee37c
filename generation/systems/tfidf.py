"""TF-IDF: answers a moment with the training comment most similar to the surrounding comments.

No paper: a floor that a system has to beat. It sees no frames and writes nothing that was not written before.
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary, split_words
from generation.decoding import Options, Output
from generation.errors import UserError
from generation.seeds import derive
from generation.systems.base import Config, System

COMMENTS = "comments.json"
SHARPNESS = 20.0  # how strongly drawing prefers similar comments: weights are exp(SHARPNESS * cosine / temperature)


@dataclass(frozen=True, kw_only=True)
class TfidfConfig(Config):
    """Words of jieba, each comment weighted by smoothed inverse document frequency."""

    vocabulary: int = 30_000


class Tfidf(System):
    """Nearest training comments by cosine; ties go to the more frequent comment."""

    Config = TfidfConfig
    PRESETS = {"default": TfidfConfig(), "demo": TfidfConfig()}
    config: TfidfConfig

    def __init__(self, config: TfidfConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        self.comments: list[str] = []  # by falling frequency

    def fit(self, samples: Sequence[Sample]) -> None:
        self._index([t for t, _ in Counter(t for sample in samples for t in sample.references).most_common()])

    def _index(self, comments: list[str]) -> None:
        self.comments = comments
        words = [t for i, t in enumerate(self.vocabulary.tokens) if i not in self.vocabulary.special]
        self._vectorizer = TfidfVectorizer(analyzer=self._words, lowercase=False, vocabulary=words)
        self._matrix = self._vectorizer.fit_transform([text] for text in comments).tocsr()

    def _words(self, comments: Sequence[str]) -> list[str]:
        """The words of a document, which is a list of comments each cut by itself."""
        return [word for text in comments for word in split_words(text, self.config.tokenizer)]

    def _query(self, sample: Sample) -> Any:
        return self._vectorizer.transform([[comment.text for comment in sample.context]])

    def generate(self, samples: Sequence[Sample], options: Options) -> list[list[Output]]:
        """The nearest comments, or with ``decoding="sample"`` some drawn by their nearness. Scores are cosines."""
        return [self._answer(sample, options) for sample in samples]

    def _answer(self, sample: Sample, options: Options) -> list[Output]:
        cosines = (self._matrix @ self._query(sample).T).toarray().ravel()
        keys = cosines
        if options.decoding == "sample" and options.temperature > 0:
            keys = SHARPNESS * cosines / options.temperature + _gumbel(len(cosines), options.seed, sample.id)
        chosen = np.argsort(-keys, kind="stable")[: options.per_sample]
        chosen = chosen[np.argsort(-cosines[chosen], kind="stable")]
        return [Output(rank, self.comments[i], float(cosines[i])) for rank, i in enumerate(chosen, start=1)]

    def score(self, samples: Sequence[Sample], candidates: Sequence[Sequence[str]]) -> list[list[float]]:
        """One minus the cosine of candidate and context."""
        scores = []
        for sample, texts in zip(samples, candidates, strict=True):
            matrix = self._vectorizer.transform([text] for text in texts)
            scores.append([float(1 - cosine) for cosine in (matrix @ self._query(sample).T).toarray().ravel()])
        return scores

    def save_files(self, folder: Path) -> None:
        (folder / COMMENTS).write_text(json.dumps(self.comments, ensure_ascii=False), encoding="utf-8")

    def load_files(self, folder: Path) -> None:
        try:
            comments = json.loads((folder / COMMENTS).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{folder / COMMENTS} cannot be read: {error}.") from error
        self._index(comments)


def _gumbel(count: int, seed: int, sample: str) -> np.ndarray:
    """Noise whose largest sum with log-weights is a draw by those weights (Gumbel-max)."""
    draw = random.Random(derive(seed, sample))
    return -np.log(-np.log([draw.random() or 0.5 for _ in range(count)]))

"""Vectors of words from the training comments alone: what a table of embeddings can begin with instead of noise.

Positive pointwise mutual information of the words of a comment and those of the comments around it, with smoothed
contexts (Levy, Goldberg, Dagan: "Improving Distributional Similarity with Lessons Learned from Word Embeddings",
TACL 2015), factorised by a truncated singular value decomposition.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from scipy import sparse
from sklearn.utils.extmath import randomized_svd
from torch import Tensor

from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary

NEAR = 20  # comments around a moment
SMOOTHING = 0.75  # exponent of how frequent a context is
AT_LEAST = 2  # times two words must be met together: once is chance


def word_vectors(samples: Sequence[Sample], vocabulary: Vocabulary, width: int, seed: int) -> Tensor:
    """(V, width), rows of length 1, or 0 for tokens that never stand beside another, as <PAD>."""
    said = _incidence((sample.references for sample in samples), vocabulary)
    around = _incidence((sample.nearest_comments(NEAR) for sample in samples), vocabulary)
    information = _positive_information(said.T @ around)
    left, strength, _ = randomized_svd(information, min(width, len(vocabulary)), random_state=seed % 2**32)
    met = np.diff(information.indptr) > 0
    found = (left * np.sqrt(strength))[met]
    vectors = torch.zeros(len(vocabulary), width)
    vectors[met, : found.shape[1]] = torch.from_numpy(found / np.linalg.norm(found, axis=1, keepdims=True)).float()
    return vectors


def _incidence(rows: Iterable[Sequence[str]], vocabulary: Vocabulary) -> sparse.csr_array:
    """(moments, V): which words stand in the comments of a row."""
    columns, ends = [], [0]
    for texts in rows:
        columns += sorted({i for text in texts for i in vocabulary.encode(text)})
        ends.append(len(columns))
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_array((ones, columns, ends), shape=(len(ends) - 1, len(vocabulary)))


def _positive_information(together: sparse.csr_array) -> sparse.csr_array:
    """Counts (V, V) -> max(0, PMI) of the symmetric counts."""
    counts = sparse.coo_array(together + together.T)
    often = counts.data >= AT_LEAST
    row, column, data = counts.row[often], counts.col[often], counts.data[often].astype(float)
    totals = np.bincount(row, data, counts.shape[0])
    contexts = totals**SMOOTHING / (totals**SMOOTHING).sum()
    values = np.log(data / (totals[row] * contexts[column]))
    above = values > 0
    return sparse.csr_array((values[above].astype(np.float32), (row[above], column[above])), shape=counts.shape)

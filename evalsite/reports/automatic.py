"""Automatic metrics of the outputs people judged: BLEU-4, Diversity, non-null rate. Pure functions over arrays.

Definitions as in E-GA, section 3.2: characters, not words; n = 1 to 4 pooled. Fluency needs the training corpus, so it
is taken from an imported evaluation. All n-grams of all texts are made and matched at once: seventy thousand comments
take about a second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalsite.reports.estimators.codes import encode, in_order, places
from evalsite.reports.estimators.results import Bools, Floats, Ints

ORDERS = (1, 2, 3, 4)
REFERENCES = 3
"""Random references a sample is compared with, as in the paper; all of them where there are fewer."""


@dataclass(frozen=True)
class Grams:
    """Character n-grams: `text` and `gram` (T,) codes (equal n-grams of one order share a code), `order` 1 to 4,
    `count` in that text; rows are unique by (text, gram). `length` (N,) counts each text's characters.
    """

    text: Ints
    gram: Ints
    order: Ints
    count: Floats
    length: Ints


def grams(texts: Sequence[str]) -> Grams:
    """The n-grams of texts, blanks left out."""
    clean = ["".join(text.split()) for text in texts]
    length = np.array([len(text) for text in clean], dtype=np.int64)
    letters, _ = encode(np.frombuffer("".join(clean).encode("utf-32-le"), dtype=np.uint32).astype(np.int64))
    owner = np.repeat(np.arange(len(clean)), length)
    left = np.repeat(np.cumsum(length), length) - np.arange(len(letters))  # letters from here to the end of the text
    letters_seen = int(letters.max(initial=0)) + 1
    code, parts, offset = letters, [], 0
    for order in ORDERS:
        fits = left >= order
        gram, names = encode(code[fits])
        parts.append((owner[fits], gram + offset, np.full(len(gram), order)))
        offset += len(names)
        if order < ORDERS[-1]:  # a gram of the next order is this one and the letter after it
            full = np.zeros(len(code), dtype=np.int64)
            full[fits] = gram
            ahead = np.append(letters[order:], np.zeros(min(order, len(letters)), dtype=np.int64))
            code = full * letters_seen + ahead
    text, gram, order_of = (np.concatenate(column) for column in zip(*parts, strict=True))
    rows, _keys, new = in_order(text * max(offset, 1) + gram)
    first, count = rows[new], np.diff(np.flatnonzero(new), append=len(rows))
    return Grams(text[first], gram[first], order_of[first], count.astype(np.float64), length)


def chosen_references(seed: int, keys: Sequence[str], references: Sequence[Sequence[str]]) -> list[list[str]]:
    """Up to three references of each sample, drawn from the recorded seed by SHA-256, so that anyone can repeat it."""

    def rank(key: str, place: int) -> bytes:
        return hashlib.sha256(f"bleu {seed} {key} {place}".encode()).digest()

    return [
        [real[place] for place in sorted(range(len(real)), key=lambda place, key=key: rank(key, place))[:REFERENCES]]  # type: ignore[misc]
        for key, real in zip(keys, references, strict=True)
    ]


def bleu(
    texts: Sequence[str],
    sample: Ints,
    references: Sequence[Sequence[str]],
    group: Ints,
    made: Grams | None = None,
) -> tuple[Floats, Floats]:
    """Corpus BLEU-4 of each group (G,), unsmoothed, and sentence BLEU-4 of each text (N,), smoothed.

    `sample` (N,) names the references of a text, `group` (N,) its system. BLEU = brevity * exp(mean of log p_n), p_n
    the clipped n-gram precision against the sample's references. An empty text counts in the corpus as one that
    matches nothing. Sentences add 1 to both counts of n = 2..4 (Lin & Och 2004); a text that is empty or without
    references has none (NaN). `made` are the n-grams of the texts and then of all references, if they are known.
    Source: Papineni et al. (2002).
    """
    real = [words for row in references for words in row]
    owner = np.repeat(np.arange(len(references)), [len(row) for row in references])
    all_grams = grams([*texts, *real]) if made is None else made
    n = len(texts)
    ours = all_grams.text < n
    clipped = np.minimum(all_grams.count[ours], _allowed(all_grams, ours, sample, owner, n))
    key = all_grams.text[ours] * len(ORDERS) + all_grams.order[ours] - 1
    matches = np.bincount(key, weights=clipped, minlength=n * 4).reshape(n, 4).astype(np.float64)
    length = all_grams.length[:n]
    totals = np.maximum(length[:, None] - np.array(ORDERS) + 1, 0).astype(np.float64)
    closest = _closest(length, sample, all_grams.length[n:], owner, len(references))
    judged = np.isfinite(closest)
    return (
        _corpus(matches, totals, length, closest, judged, group),
        _sentences(matches, totals, length, closest, judged & (length > 0)),
    )


def _allowed(found: Grams, ours: Bools, sample: Ints, owner: Ints, n: int) -> Floats:
    """For each n-gram of a text, how often a reference of its sample has it at most."""
    width = int(found.gram.max(initial=0)) + 1
    wanted = sample[found.text[ours]] * width + found.gram[ours]
    held = owner[found.text[~ours] - n] * width + found.gram[~ours]
    keys, place = np.unique(held, return_inverse=True)
    if not len(keys):
        return np.zeros(len(wanted))
    most = np.zeros(len(keys))
    np.maximum.at(most, place.reshape(-1), found.count[~ours])
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, most[at], 0.0)


def _closest(length: Ints, sample: Ints, real: Ints, owner: Ints, samples: int) -> Floats:
    """Length of the reference closest to each text, the shorter of two; NaN without references."""
    best = np.full(len(length), np.nan)
    counts = np.bincount(owner, minlength=samples)
    starts = np.cumsum(counts) - counts
    for place in range(int(counts.max(initial=0))):
        has = counts[sample] > place
        candidate = np.full(len(length), np.nan)
        candidate[has] = real[starts[sample[has]] + place]
        gap, old = np.abs(candidate - length), np.abs(best - length)
        closer = has & (np.isnan(best) | (gap < old) | ((gap == old) & (candidate < best)))
        best = np.where(closer, candidate, best)
    return best


def _corpus(matches: Floats, totals: Floats, length: Ints, closest: Floats, judged: Bools, group: Ints) -> Floats:
    size = int(group.max(initial=-1)) + 1
    used = np.flatnonzero(judged)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(group[used], weights=values[used], minlength=size), dtype=np.float64)

    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.stack([total(matches[:, k]) / total(totals[:, k]) for k in range(4)], axis=1)
        brevity = np.minimum(1.0, np.exp(1 - total(closest) / total(length.astype(np.float64))))
        return np.asarray(brevity * np.exp(np.log(precision).mean(axis=1)))


def _sentences(matches: Floats, totals: Floats, length: Ints, closest: Floats, judged: Bools) -> Floats:
    smooth = np.array([0.0, 1.0, 1.0, 1.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = (matches + smooth) / (totals + smooth)
        brevity = np.minimum(1.0, np.exp(1 - closest / np.maximum(length, 1)))
        score = brevity * np.exp(np.log(precision).mean(axis=1))
    return np.where(judged, score, np.nan)


def diversity(texts: Sequence[str], sample: Ints, group: Ints, made: Grams | None = None) -> Floats:
    """Diversity of each group (G,): over its samples with two outputs or more, the mean of 1 - mean overlap of pairs.

    Overlap of two texts = 2 |Ti & Tj| / (|Ti| + |Tj|) of their sets of n-grams, n = 1 to 4 (Dice); two empty texts
    overlap wholly. NaN for a group with one output a sample. `made` are n-grams that begin with those of the texts, if
    they are known. Source: E-GA, section 3.2.
    """
    found = grams(texts) if made is None else made
    size = np.bincount(found.text, minlength=len(texts)).astype(np.float64)
    cell, cells = encode(sample * (int(group.max(initial=0)) + 1) + group)
    a, b = _pairs(cell, len(cells))
    shared = _shared(found, a, b, len(texts))
    both = size[a] + size[b]
    overlap = np.where(both > 0, 2 * shared / np.maximum(both, 1), 1.0)
    count = np.bincount(cell[a], minlength=len(cells))
    mean = 1 - np.bincount(cell[a], weights=overlap, minlength=len(cells)) / np.maximum(count, 1)
    owner = np.zeros(len(cells), dtype=np.int64)
    owner[cell] = group
    used = count > 0
    groups = int(group.max(initial=-1)) + 1
    total = np.bincount(owner[used], weights=mean[used], minlength=groups)
    number = np.bincount(owner[used], minlength=groups)
    return np.asarray(np.divide(total, number, out=np.full(groups, np.nan), where=number > 0))


def _pairs(cell: Ints, cells: int) -> tuple[Ints, Ints]:
    """All pairs (P,) of texts of the same cell."""
    order = np.argsort(cell, kind="stable")
    count = np.bincount(cell, minlength=cells)
    place = places(count)
    left, right = [], []
    for step in range(1, int(count.max(initial=0))):
        pair = np.flatnonzero(place + step < count[cell[order]])
        left.append(order[pair])
        right.append(order[pair + step])
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate([empty, *left]), np.concatenate([empty, *right])


def _shared(found: Grams, a: Ints, b: Ints, texts: int) -> Floats:
    """How many distinct n-grams the texts of each pair share."""
    width = int(found.gram.max(initial=0)) + 1
    start = np.searchsorted(found.text, np.arange(texts + 1))  # texts ascend, as `grams` makes them
    keys = np.sort(np.concatenate([_spread(found.gram, start, side, width) for side in (a, b)]))
    twice = keys[1:][keys[1:] == keys[:-1]] // width  # no text has a gram twice, so these are of both
    return np.bincount(twice, minlength=len(a)).astype(np.float64)


def _spread(gram: Ints, start: Ints, texts: Ints, width: int) -> Ints:
    """Place * width + gram, for each gram of the text at each place of `texts`."""
    count = start[texts + 1] - start[texts]
    place = np.repeat(np.arange(len(texts)), count)
    row = np.repeat(start[texts], count) + places(count)
    return np.asarray(place * width + gram[row])

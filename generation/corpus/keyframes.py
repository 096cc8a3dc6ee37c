"""Key frames: one picture for each visually distinct shot of a film, and the comments of its seconds gathered to it.

After E-GA, section 3.1: frames at one a second, the scalable colour descriptor of MPEG-7, affinity propagation, its
exemplars as key frames. The paper says no more; what is chosen here is named below. Films are clustered in pieces of
at most :data:`PIECE` frames, because affinity propagation keeps four matrices of frames x frames.
"""

import json
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from generation.corpus.records import Comment, Corpus, Segment, Video
from generation.errors import UserError

Array = np.ndarray
Progress = Callable[[Iterable[Any]], Iterable[Any]]

COEFFICIENTS = (16, 32, 64, 128, 256)
# Saturation 4 ends at 40 % of the picture; below, values of 11 bits become 4 bits by a power law, as in the
# experimentation model of MPEG-7, so that small areas of colour count.
FULL, POWER, LARGEST = 0.4 * 2047, 0.4, 15
HALVINGS = (0, 1, 2, 0, 1, 2, 0, 0)  # axes (hue, saturation, value): 16x4x4 -> 8x4x4 -> 8x2x4 -> 8x2x2 -> 4x2x2 ...

DISTANCE = 330.0  # of descriptors of 64 coefficients; shots of a film are 400 to 1,000 apart, a shot's frames 150
COLOURFUL = 225.0  # sum of the bins of a picture with many colours, for which the distance is meant
PIECE = 2_000  # frames clustered together
DAMPING, STEADY, MOST = 0.9, 50, 400  # of affinity propagation; exemplars must stay the same for STEADY steps


@dataclass(frozen=True)
class Options:
    """How to choose. ``distance`` is how far apart two colourful frames must be for either to be a key frame of its own
    (flat ones, with fewer bins to differ in, less); with ``median``, the usual preference of affinity propagation takes
    its place: far fewer key frames of a long film."""

    coefficients: int = 64
    distance: float = DISTANCE
    median: bool = False
    piece: int = PIECE

    def __post_init__(self) -> None:
        if self.coefficients not in COEFFICIENTS:
            raise UserError(
                f"{self.coefficients} coefficients: one of {', '.join(map(str, COEFFICIENTS))} is expected."
            )
        if not self.distance > 0:
            raise UserError(f"The distance is {self.distance}; a number above 0 is expected.")
        if not 2 <= self.piece <= PIECE:
            raise UserError(f"Pieces of {self.piece} frames: 2 to {PIECE} are expected.")


@dataclass(frozen=True)
class KeyFrame:
    """A second of a film, and all the seconds (itself among them) it stands for, in order."""

    second: int
    seconds: tuple[int, ...]


# -- the scalable colour descriptor ----------------------------------------------------------------------------


def histogram(picture: Image.Image) -> Array:
    """Counts of pixels by hue, saturation and value: (16, 4, 4) int64."""
    hue, saturation, value = (np.asarray(band) for band in picture.convert("RGB").convert("HSV").split())
    codes = (hue >> 4).astype(np.int64) * 16 + (saturation >> 6) * 4 + (value >> 6)
    return np.bincount(codes.ravel(), minlength=256).reshape(16, 4, 4)


def quantised(counts: Array) -> Array:
    """Counts -> shares in 11 bits -> 4 bits, unevenly: small shares keep more of their difference."""
    shares = np.rint(2047 * counts / counts.sum())
    return np.floor(LARGEST * np.minimum(1.0, shares / FULL) ** POWER + 0.5).astype(np.int64)


def haar(bins: Array) -> Array:
    """(16, 4, 4) -> 256 coefficients, coarse to fine: the sum of all, then differences of neighbouring bins.

    The first 16, 32, 64 and 128 describe histograms of 4x2x2, 8x2x2, 8x2x4 and 8x4x4 bins. Sums are not halved, so that
    coefficients stay whole numbers.
    """
    differences = []
    for axis in HALVINGS:
        even, odd = bins.take(range(0, bins.shape[axis], 2), axis), bins.take(range(1, bins.shape[axis], 2), axis)
        differences.append((odd - even).ravel())
        bins = even + odd
    return np.concatenate([bins.ravel(), *reversed(differences)])


def descriptor(picture: Image.Image, coefficients: int = 64) -> Array:
    """(coefficients,) int64. They are kept whole: the standard's last step, fewer bits each, only saves storage."""
    return haar(quantised(histogram(picture)))[:coefficients]


def describe(path: str | Path, coefficients: int = 64) -> Array:
    """The descriptor of a picture file; large JPEGs are decoded at a smaller scale."""
    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (320, 180))
            return descriptor(picture, coefficients)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UserError(f"{path} cannot be read as a picture: {error}.") from error


# -- affinity propagation --------------------------------------------------------------------------------------


def cluster(descriptors: Array, options: Options) -> list[tuple[int, Array]]:
    """(n, coefficients) -> [(row of the exemplar, rows it stands for)] by exemplar; every row belongs to one."""
    found: list[tuple[int, Array]] = []
    for start, end in _pieces(descriptors, options.piece):
        similarities, prices = _similarities(descriptors[start:end], options)
        exemplars = settled(similarities, prices, _propagated(similarities, prices))
        labels = similarities[:, exemplars].argmax(axis=1)
        labels[exemplars] = range(len(exemplars))
        found += [(start + e, start + np.flatnonzero(labels == k)) for k, e in enumerate(exemplars)]
    return found


def _pieces(descriptors: Array, most: int) -> Iterator[tuple[int, int]]:
    """Stretches of at most ``most`` rows, cut where the picture changes most in the last fifth of each."""
    steps = np.abs(np.diff(descriptors, axis=0)).sum(axis=1)  # step i lies between rows i and i + 1
    start = 0
    while len(descriptors) - start > most:
        first = start + max(1, most - most // 5)
        end = first + int(steps[first - 1 : start + most].argmax())
        yield start, end
        start = end
    if start < len(descriptors):
        yield start, len(descriptors)


def _similarities(rows: Array, options: Options) -> tuple[Array, Array]:
    """Minus the squared L1 distance of every pair, and the price of each row as an exemplar (its preference, negated).

    Squared, since a shot's frames are many and a little apart: their plain distances would outweigh a real change. The
    price grows with the sum of the bins, as squared distances do: frames of a black-and-white film fill few bins.
    """
    from scipy.spatial.distance import cdist

    similarities = -(cdist(rows, rows, "cityblock") ** 2)
    if options.median and len(rows) > 1:
        middle = -np.median(similarities[np.triu_indices(len(rows), 1)])
        return similarities, np.full(len(rows), max(float(middle), 1.0))
    return similarities, options.distance**2 * np.maximum(rows[:, 0], 1) / COLOURFUL


def _propagated(similarities: Array, prices: Array) -> list[int]:
    """Exemplars by affinity propagation: none or poor ones where many frames are equal, or it does not converge."""
    from sklearn.cluster import affinity_propagation

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of equal pictures, and of not converging, which is seen to here
        exemplars, _ = affinity_propagation(
            similarities,
            preference=-prices,
            damping=DAMPING,
            max_iter=MOST,
            convergence_iter=STEADY,
            random_state=0,
        )
    return [int(e) for e in exemplars]


def settled(similarities: Array, prices: Array, exemplars: Sequence[int] = ()) -> list[int]:
    """Exemplars at which the sum of similarities to them, less their prices, grows by neither one more nor one less.

    This is what affinity propagation strives for. Beginning with none it is a greedy search, and stands in for it.
    """
    grown = _grown(similarities, prices, exemplars or [int((similarities.sum(axis=0) - prices).argmax())])
    kept = _pruned(similarities, prices, grown)
    labels = similarities[:, kept].argmax(axis=1)
    members = [np.flatnonzero(labels == k) for k in range(len(kept))]
    return sorted(int(m[similarities[np.ix_(m, m)].sum(axis=0).argmax()]) for m in members)


def _grown(similarities: Array, prices: Array, exemplars: Sequence[int]) -> list[int]:
    """With the row that adds most, while it adds more than its price."""
    chosen = list(exemplars)
    best = similarities[:, chosen].max(axis=1)
    while True:
        gains = np.maximum(similarities - best[:, None], 0).sum(axis=0) - prices
        gains[chosen] = 0
        if gains.max() <= 0:
            return chosen
        chosen.append(int(gains.argmax()))
        best = np.maximum(best, similarities[:, chosen[-1]])


def _pruned(similarities: Array, prices: Array, exemplars: Sequence[int]) -> list[int]:
    """Without the exemplars that cost more than they are worth, the worst first."""
    kept = list(exemplars)
    while len(kept) > 1:
        columns = similarities[:, kept]
        order = np.argsort(-columns, axis=1)[:, :2]
        first, second = np.take_along_axis(columns, order, axis=1).T
        worth = np.bincount(order[:, 0], weights=first - second, minlength=len(kept)) - prices[kept]
        if worth.min() >= 0:
            break
        del kept[int(worth.argmin())]
    return kept


# -- films and corpora -----------------------------------------------------------------------------------------


def of_frames(
    frames: Mapping[int, str],
    options: Options,
    stretches: Sequence[Segment] = (),
    progress: Progress = iter,
) -> list[KeyFrame]:
    """Key frames of one film from its pictures by second; none stands for seconds of two ``stretches``."""
    seconds = sorted(frames)
    rows = {s: describe(frames[s], options.coefficients) for s in progress(seconds)}
    found = []
    for stretch in stretches or [Segment(0, seconds[-1] + 1 if seconds else 0, "")]:
        inside = [s for s in seconds if stretch.start <= s < stretch.end]
        if inside:
            clusters = cluster(np.stack([rows[s] for s in inside]), options)
            found += [KeyFrame(inside[e], tuple(inside[m] for m in members)) for e, members in clusters]
    return sorted(found, key=lambda key: key.second)


def of_corpus(corpus: Corpus, options: Options, progress: Progress = iter) -> dict[str, list[KeyFrame]]:
    """Key frames of every video that has frames; no cluster crosses from one split to another."""
    filmed = [video for video in corpus.videos if video.frames]
    if not filmed:
        raise UserError(f"Corpus {corpus.name} has no frames to choose key frames from.")
    return {video.id: of_frames(video.frames, options, video.stretches()) for video in progress(filmed)}


def gathered(corpus: Corpus, chosen: Mapping[str, Sequence[KeyFrame]]) -> Corpus:
    """The corpus of key frames: only they remain as frames, and each comment moves to the second of its own.

    A second without a frame belongs to the nearest second of its stretch that has one. Videos without key frames, and
    comments outside every stretch or in a stretch without frames, are left out.
    """
    videos = [_gathered(video, chosen[video.id]) for video in corpus.videos if video.id in chosen]
    note = f"{corpus.note} Comments are gathered to key frames.".strip()
    return replace(corpus, name=f"{corpus.name}-keyframes", videos=tuple(videos), note=note, root=None)


def _gathered(video: Video, chosen: Sequence[KeyFrame]) -> Video:
    key_of = {second: key.second for key in chosen for second in key.seconds}
    moved = [(key, comment) for comment in video.comments if (key := _key(comment, video, key_of)) is not None]
    comments = sorted((Comment(float(key), comment.text) for key, comment in moved), key=lambda c: c.time)
    frames = {key.second: video.frames[key.second] for key in chosen}
    return replace(video, comments=tuple(comments), frames=frames)


def _key(comment: Comment, video: Video, key_of: Mapping[int, int]) -> int | None:
    second = comment.second
    if second in key_of:
        return key_of[second]
    for stretch in video.stretches():
        if stretch.start <= second < stretch.end:
            inside = [s for s in key_of if stretch.start <= s < stretch.end]
            return key_of[min(inside, key=lambda s: (abs(s - second), s))] if inside else None
    return None


def comments_by_key(corpus: Corpus) -> dict[str, dict[int, list[str]]]:
    """Texts of a gathered corpus by video and key second."""
    found: dict[str, dict[int, list[str]]] = {}
    for video in corpus.videos:
        by_second = defaultdict(list)
        for comment in video.comments:
            by_second[comment.second].append(comment.text)
        found[video.id] = dict(by_second)
    return found


def save(path: Path, chosen: Mapping[str, Sequence[KeyFrame]], options: Options) -> None:
    """keyframes.json: how they were chosen, and for each film every key frame with the seconds it stands for."""
    films = {name: [{"second": k.second, "seconds": list(k.seconds)} for k in keys] for name, keys in chosen.items()}
    about = {"format": 1, "coefficients": options.coefficients, "median": options.median}
    how = {"distance": None if options.median else options.distance, "piece": options.piece}
    path.write_text(json.dumps({**about, **how, "films": films}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

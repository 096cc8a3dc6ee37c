"""One rule for train, dev and test: a moment (video, second t) and the ten seconds around it.

Source of the rule: the KLVCG paper (window t-5..t+5, the second t itself left out of the comments), made
the same for every split, because the published data of LiveBot used different rules for train and test.
"""

import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from generation.corpus.records import HALF_WINDOW, Comment, Corpus, Sample, Segment, Video
from generation.seeds import derive


def samples(corpus: Corpus, split: str) -> list[Sample]:
    """Every moment of ``split`` at which somebody commented, by video and time, with all its references."""
    return [sample for video in corpus.videos for sample in _of_video(video) if sample.split == split]


def with_references(found: Sequence[Sample], at_least: int = 1) -> list[Sample]:
    """Moments with enough distinct references, each text once in the order it was written."""
    distinct = (replace(sample, references=tuple(dict.fromkeys(sample.references))) for sample in found)
    return [sample for sample in distinct if len(sample.references) >= at_least]


def every(corpus: Corpus, split: str, seconds: int) -> list[Sample]:
    """A moment each ``seconds`` seconds whether or not anybody commented: for films that nobody commented yet."""
    moments = []
    for video in corpus.videos:
        by_second = _by_second(video)
        for segment in video.stretches():
            if segment.split == split:
                filmed = _filmed(video, segment)
                times = range(segment.start, segment.end, seconds)
                moments += [_sample(video, segment, t, by_second, filmed) for t in times]
    return moments


def hold_out(found: Sequence[Sample], share: float, seed: int) -> tuple[list[Sample], list[Sample]]:
    """(kept, held out): a seeded share of the moments, for corpora that come without a dev split."""
    chosen = set(random.Random(derive(seed, "dev")).sample(range(len(found)), round(len(found) * share)))
    kept = [s for i, s in enumerate(found) if i not in chosen]
    return kept, [s for i, s in enumerate(found) if i in chosen]


def thin(sample: Sample, density: float, seed: int) -> Sample:
    """The sample with a random ``density`` share of its context (Fig. 3 of the KLVCG paper)."""
    draw = random.Random(derive(seed, "density", sample.id))
    keep = set(draw.sample(range(len(sample.context)), round(len(sample.context) * density)))
    return replace(sample, context=tuple(c for i, c in enumerate(sample.context) if i in keep))


def _of_video(video: Video) -> Iterator[Sample]:
    by_second = _by_second(video)
    for segment in video.stretches():
        filmed = _filmed(video, segment)
        for t in sorted(s for s in by_second if segment.start <= s < segment.end):
            yield _sample(video, segment, t, by_second, filmed)


def _by_second(video: Video) -> dict[int, list[Comment]]:
    by_second: dict[int, list[Comment]] = defaultdict(list)
    for comment in video.comments:
        by_second[comment.second].append(comment)
    return by_second


def _filmed(video: Video, segment: Segment) -> list[int]:
    """Seconds of the segment that have a frame."""
    return sorted(s for s in video.frames if segment.start <= s < segment.end)


def _sample(video: Video, segment: Segment, t: int, by_second: dict[int, list[Comment]], filmed: list[int]) -> Sample:
    window = range(t - HALF_WINDOW, t + HALF_WINDOW + 1)
    around = [s for s in window if s != t and segment.start <= s < segment.end]
    return Sample(
        id=f"{video.id}@{t}",
        video=video.id,
        time=t,
        duration=video.duration,
        title=video.title,
        category=video.category,
        frames=tuple(video.frames[_nearest(filmed, s)] for s in window) if filmed else (),
        context=tuple(comment for s in around for comment in by_second.get(s, ())),
        references=tuple(comment.text for comment in by_second.get(t, ())),
        split=segment.split,
        scene=segment.scene,
    )


def _nearest(filmed: list[int], second: int) -> int:
    """The filmed second nearest to ``second``, the earlier one of two equally near."""
    i = bisect_left(filmed, second)
    return min(filmed[max(i - 1, 0) : i + 1], key=lambda s: (abs(s - second), s))

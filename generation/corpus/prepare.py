"""From any reader's data to the project's own format: no duplicates, split by video, written to a folder."""

import json
import os
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from generation.corpus.records import SPLITS, Corpus, Segment, Video
from generation.errors import UserError
from generation.seeds import derive

SHARES = (0.8, 0.1, 0.1)  # of the videos: train, dev, test
ALIKE = 0.5  # share of (second, text) pairs two videos have in common when they are one video


def duplicates(videos: Sequence[Video]) -> list[tuple[str, str, float]]:
    """(earlier id, later id, shared part) of videos that are the same one under two ids.

    Two videos are the same where half of the smaller one's distinct (second, text) pairs are in the other too.
    LiveBot's first split had such pairs across train and test.
    """
    order = {video.id: i for i, video in enumerate(videos)}
    moments = {video.id: {(c.second, c.text) for c in video.comments} for video in videos}
    holders: dict[tuple[int, str], list[str]] = defaultdict(list)
    for video, pairs in moments.items():
        for pair in pairs:
            holders[pair].append(video)
    shared = Counter((a, b) for ids in holders.values() for i, a in enumerate(ids) for b in ids[i + 1 :])
    found = []
    for (a, b), count in shared.items():
        part = count / min(len(moments[a]), len(moments[b]))
        if part >= ALIKE and count > 1:
            found.append((a, b, part))
    return sorted(found, key=lambda pair: (order[pair[0]], order[pair[1]]))


def without_duplicates(corpus: Corpus, *, drop: bool) -> Corpus:
    """The corpus if it has none; with ``drop`` the later video of each pair is left out, else they are refused."""
    pairs = duplicates(corpus.videos)
    if pairs and not drop:
        first, second, part = pairs[0]
        more = f" (and {len(pairs) - 1} more pairs)" if len(pairs) > 1 else ""
        raise UserError(
            f"Videos {first} and {second} are the same: {part:.0%} of their comments agree in second and text{more}. "
            "Remove one, or pass --duplicates drop to keep the first of each pair."
        )
    dropped = {second for _, second, _ in pairs}
    return replace(corpus, videos=tuple(video for video in corpus.videos if video.id not in dropped))


def split_by_video(corpus: Corpus, seed: int, shares: Sequence[float] = SHARES) -> Corpus:
    """Videos without a split get one by a seeded draw; at least one each for dev and test."""
    unsplit = [video for video in corpus.videos if video.split is None and not video.segments]
    if not unsplit:
        return corpus
    if len(unsplit) < len(SPLITS):
        raise UserError(
            f"{len(unsplit)} video(s) cannot be split by video into train, dev and test; pass --split-by segment."
        )
    order = sorted(unsplit, key=lambda video: video.id)
    random.Random(derive(seed, "split")).shuffle(order)
    tests, devs = (max(1, round(len(order) * share)) for share in (shares[2], shares[1]))
    names = ["test"] * tests + ["dev"] * devs
    split = {video.id: name for video, name in zip(order, names, strict=False)}
    videos = (replace(v, split=split.get(v.id, "train")) if v in unsplit else v for v in corpus.videos)
    return replace(corpus, videos=tuple(videos))


def split_by_segment(corpus: Corpus, seed: int, length: int = 60, shares: Sequence[float] = SHARES) -> Corpus:
    """Unsplit videos are cut into stretches of ``length`` seconds, each drawn into a split: for a few long films."""
    videos = []
    for video in corpus.videos:
        if video.split is None and not video.segments:
            whole = video.stretches()[0]
            starts = list(range(whole.start, whole.end, length))
            draws = random.Random(derive(seed, "segments", video.id)).choices(SPLITS, shares, k=len(starts))
            cuts = [Segment(s, min(s + length, whole.end), d) for s, d in zip(starts, draws, strict=True)]
            video = replace(video, segments=tuple(cuts))
        videos.append(video)
    return replace(corpus, videos=tuple(videos))


def write(corpus: Corpus, out: Path) -> Corpus:
    """Write the own format into a new folder and return the corpus as it lies there."""
    from generation.corpus.readers import own

    if out.exists() and any(out.iterdir()):
        raise UserError(f"{out} is not empty; name a new folder.")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "comments").mkdir(parents=True)
    for video in corpus.videos:
        lines = (json.dumps({"t": c.time, "text": c.text}, ensure_ascii=False) + "\n" for c in video.comments)
        (part / "comments" / f"{video.id}.jsonl").write_text("".join(lines), encoding="utf-8")
        _copy_frames(video, part / "frames" / video.id)
    about = {"format": 1, "name": corpus.name, "title": corpus.title, "licence": corpus.licence, "note": corpus.note}
    videos = {"videos": [_entry(video) for video in corpus.videos]}
    text = json.dumps({**about, **videos}, ensure_ascii=False, indent=1)
    (part / "corpus.json").write_text(text, encoding="utf-8")
    if out.exists():
        out.rmdir()
    part.replace(out)
    return own.read(out)


def _entry(video: Video) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": video.id, "title": video.title, "category": video.category}
    entry["duration"] = round(video.duration, 3)
    if video.segments:
        entry["segments"] = [vars(segment) for segment in video.segments]
    else:
        entry["split"] = video.split
    return entry


def _copy_frames(video: Video, folder: Path) -> None:
    """Linked where the file system allows, else copied; named by their second."""
    for second, frame in video.frames.items():
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{second:06d}{Path(frame).suffix.lower()}"
        try:
            os.link(frame, target)
        except OSError:
            shutil.copyfile(frame, target)

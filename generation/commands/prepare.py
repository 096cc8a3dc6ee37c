"""Read a public data set or raw danmaku into the project's corpus format."""

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

from generation.commands import _shared
from generation.corpus import prepare, readers
from generation.corpus.records import Corpus
from generation.errors import UserError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", choices=readers.names(), metavar="DATASET", help=", ".join(readers.names()))
    parser.add_argument("source", type=Path, metavar="SRC")
    parser.add_argument("out", type=Path, metavar="OUT", help="a new folder")
    parser.add_argument("--name", help="name of the corpus; that of the source unless given")
    parser.add_argument("--prefix", default="", help="put before every video id")
    parser.add_argument("--seed", type=int, default=0, help="of the split")
    parser.add_argument("--split-by", choices=["video", "segment"], default="video")
    parser.add_argument("--segment-seconds", type=int, default=60, help="length of a segment")
    parser.add_argument("--duplicates", choices=["refuse", "drop"], default="refuse")


def run(args: argparse.Namespace) -> None:
    if not args.source.exists():
        raise UserError(f"{args.source} does not exist.")
    corpus = readers.load(args.dataset)(args.source)
    videos = (replace(video, id=args.prefix + video.id) for video in corpus.videos)
    corpus = replace(corpus, name=args.name or corpus.name, videos=tuple(videos), root=None)
    corpus = prepare.without_duplicates(corpus, drop=args.duplicates == "drop")
    if args.split_by == "video":
        corpus = prepare.split_by_video(corpus, args.seed)
    else:
        corpus = prepare.split_by_segment(corpus, args.seed, args.segment_seconds)
    _shared.say(_summary(prepare.write(corpus, args.out), args.out))


def _summary(corpus: Corpus, out: Path) -> str:
    comments = sum(len(video.comments) for video in corpus.videos)
    frames = sum(len(video.frames) for video in corpus.videos)
    splits = Counter(segment.split for video in corpus.videos for segment in video.stretches())
    parts = ", ".join(f"{count} {split}" for split, count in sorted(splits.items()))
    return f"{out}: {len(corpus.videos)} videos ({parts}), {comments} comments, {frames} frames."

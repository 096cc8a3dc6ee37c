"""Build a folder of knowledge: an index of facts, and the comments of training videos to recall."""

import argparse
from pathlib import Path

from generation.commands import _shared
from generation.knowledge import recall


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, nargs="+", metavar="CORPUS")
    parser.add_argument("--triples", type=Path, nargs="+", default=[], metavar="FILE", help=".csv, .tsv or .json")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--seed", type=int, default=0, help="of the order of equally good facts")
    parser.add_argument("--same-category", action="store_true", help="recall comments of the same category only")
    parser.add_argument("--official", action="store_true", help="facts shuffled, each word once, as published")


def run(args: argparse.Namespace) -> None:
    about = recall.build(
        _shared.corpora(args.corpus),
        args.triples,
        args.out,
        seed=args.seed,
        official=args.official,
        same_category=args.same_category,
    )
    _shared.say(
        f"{args.out}: {about['facts']} facts, {about['comments']} comments of {about['videos']} training videos."
    )

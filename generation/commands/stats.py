"""Print the size of corpora in the columns of the KLVCG paper's Table I, its rows beside."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from generation import stats
from generation.commands import _shared
from generation.corpus.readers import own
from generation.corpus.vocabulary import TOKENIZERS


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, nargs="+", metavar="CORPUS")
    parser.add_argument("--tokenizer", choices=TOKENIZERS, default="jieba", help="what a word is")
    parser.add_argument("--json", action="store_true", help="the corpora's rows as JSON")


def run(args: argparse.Namespace) -> None:
    sizes = [stats.measure(own.read(folder), tokenizer=args.tokenizer) for folder in args.corpus]
    if args.json:
        _shared.print_json([asdict(size) for size in sizes])
    else:
        sys.stdout.write(stats.table([*stats.PUBLISHED, *sizes]) + "\n")

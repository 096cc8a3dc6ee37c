"""Draw ranking results at several densities of the surrounding comments: the KLVCG paper's figure on sparse contexts.

Evaluate each system with --density 0.2, 0.5, 0.8 and 1 first; the candidates to rank are the same for all.
"""

import argparse
from pathlib import Path

from generation.commands import _shared
from generation.tables import curves, ranking


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", nargs="+", metavar="[NAME=]RESULT", help="file written by evaluate, named as wanted")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=f"ends in {', '.join(curves.FORMATS)}")


def run(args: argparse.Namespace) -> None:
    curves.draw(_shared.named(args.result, ranking.read), args.out)
    _shared.say(f"Wrote {args.out}.")

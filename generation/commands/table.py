"""Print ranking results as Tables III or IV of the KLVCG paper, its rows and the random baseline beside."""

import argparse
import sys
from pathlib import Path

from generation import tables
from generation.errors import UserError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", nargs="+", metavar="[NAME=]RESULT", help="file written by evaluate, named as wanted")
    parser.add_argument("--table", choices=list(tables.TABLES), default="III", help="which published rows to show")
    parser.add_argument("--no-published", action="store_true", help="own results only")
    parser.add_argument("--latex", action="store_true", help="as a booktabs table instead of text")


def run(args: argparse.Namespace) -> None:
    results = [_read(word) for word in args.result]
    lines = tables.rows(results, args.table, published=not args.no_published)
    sys.stdout.write((tables.latex(lines) if args.latex else tables.text(lines)) + "\n")


def _read(word: str) -> tuple[tables.Row, tables.Row]:
    name, equals, path = word.partition("=")
    if equals and not path:
        raise UserError(f"{word!r} names no file; NAME=FILE is expected.")
    return tables.read(Path(path), name) if equals else tables.read(Path(word))

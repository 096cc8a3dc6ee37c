"""Print results of evaluate in the layouts of the papers' tables, the published figures beside ours.

Tables III and IV of the KLVCG paper rank (systems by data sets, with the random order for the very numbers of truths);
Table 1 of the E-GA paper has Human Recall, which --human takes from a campaign's report, and the metrics of outputs.
"""

import argparse
import sys
from pathlib import Path

from generation.commands import _shared
from generation.errors import UserError
from generation.tables import grid, outputs, ranking


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", nargs="+", metavar="[NAME=]RESULT", help="file written by evaluate, named as wanted")
    parser.add_argument("--table", choices=[*ranking.TABLES, "1"], default="III", help="which of the papers' tables")
    parser.add_argument("--human", type=Path, metavar="REPORT", help="report of a campaign as JSON, for Table 1")
    parser.add_argument("--lines", action="store_true", help="III, IV: a line for each data set, not side by side")
    parser.add_argument("--no-published", action="store_true", help="own results only")
    parser.add_argument("--latex", action="store_true", help="as a booktabs table instead of text")


def run(args: argparse.Namespace) -> None:
    if args.human and args.table != "1":
        raise UserError("--human fills the column Human Recall of --table 1; the other tables have none.")
    table = _outputs(args) if args.table == "1" else _ranking(args)
    sys.stdout.write((grid.latex(table) if args.latex else grid.text(table)) + "\n")


def _ranking(args: argparse.Namespace) -> grid.Grid:
    layout = ranking.by_line if args.lines else ranking.side_by_side
    return layout(_shared.named(args.result, ranking.read), args.table, published=not args.no_published)


def _outputs(args: argparse.Namespace) -> grid.Grid:
    people = outputs.read_people(args.human) if args.human else None
    table = outputs.grid(_shared.named(args.result, outputs.read), people, published=not args.no_published)
    _shared.say("\n".join(outputs.notes(people)))
    return table

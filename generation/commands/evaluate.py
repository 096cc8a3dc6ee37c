"""Measure a checkpoint: ranking of shared candidate sets and automatic metrics of its outputs, as JSON.

The row of the E-GA paper's Table 1 is shown beside its published figures on the terminal; `table` prints the tables.
"""

import argparse
from pathlib import Path

from generation.commands import _shared
from generation.corpus.readers import own
from generation.corpus.records import SPLITS
from generation.evaluate import EvaluateOptions, evaluate
from generation.systems._decoder import REDUCTIONS
from generation.tables import grid, outputs
from generation.train import choose_device


def arguments(parser: argparse.ArgumentParser) -> None:
    standard = EvaluateOptions()
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR")
    parser.add_argument("--split", choices=SPLITS, default=standard.split)
    parser.add_argument("--density", type=float, default=standard.density, help="share of the context that is kept")
    parser.add_argument("--min-references", type=int, default=standard.min_references)
    parser.add_argument("--limit", type=int, help="draw at most so many items")
    parser.add_argument("--seed", type=int, default=standard.seed)
    parser.add_argument("--candidates", type=Path, help="file of candidate sets to use, or to make")
    parser.add_argument("--without-plausible", action="store_true", help="popular and random negatives only: easier")
    parser.add_argument("--reduction", choices=REDUCTIONS, help="of words to a score, instead of the system's own")
    parser.add_argument(
        "--pmi", action="store_true", help="rank by mutual information with the moment: not the papers'"
    )
    parser.add_argument("--generate", type=int, default=standard.generate, help="outputs a moment; 0: rank only")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--human", type=Path, metavar="REPORT", help="a campaign's report as JSON, to show beside")
    parser.add_argument("--out", type=Path, help="write there instead of standard output")


def run(args: argparse.Namespace) -> None:
    people = outputs.read_people(args.human) if args.human else None
    options = EvaluateOptions(
        split=args.split,
        min_references=args.min_references,
        limit=args.limit,
        density=args.density,
        seed=args.seed,
        candidates=args.candidates,
        plausible=not args.without_plausible,
        reduction=args.reduction,
        pmi=args.pmi,
        generate=args.generate,
        device=str(choose_device(args.device)),
    )
    result = evaluate(args.checkpoint, own.read(args.corpus), options, _shared.bar("items"))
    _shared.print_json(result, args.out)
    if "automatic" in result:
        table = outputs.grid([outputs.result(result)], people)
        _shared.say("\n".join([grid.text(table), *outputs.notes(people)]))

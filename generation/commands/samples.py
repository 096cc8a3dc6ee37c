"""Write the moments of one split as samples.jsonl, the test set other programs import."""

import argparse
import random
from pathlib import Path

from generation.commands import _shared
from generation.corpus import clips, testset, windows
from generation.corpus.readers import own
from generation.corpus.records import SPLITS
from generation.errors import UserError
from generation.seeds import derive


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, metavar="CORPUS")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--min-references", type=int, default=1, help="distinct comments a moment must have")
    parser.add_argument("--every", type=int, metavar="SECONDS", help="moments at fixed steps, commented or not")
    parser.add_argument("--limit", type=int, help="draw at most so many moments")
    parser.add_argument("--seed", type=int, default=0, help="of that draw")
    parser.add_argument("--films", type=Path, metavar="FOLDER", help="cut a clip of each moment from these video files")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    corpus = own.read(args.corpus)
    if args.every is not None:
        if args.every < 1:
            raise UserError(f"--every {args.every}: a step of at least one second is expected.")
        found = windows.every(corpus, args.split, args.every)
    else:
        found = windows.with_references(windows.samples(corpus, args.split), args.min_references)
    if args.limit is not None and len(found) > args.limit:
        chosen = random.Random(derive(args.seed, "samples")).sample(range(len(found)), args.limit)
        found = [found[i] for i in sorted(chosen)]
    if not found:
        raise UserError(
            f"{args.corpus} has no {args.split} moments with {args.min_references} or more distinct comments."
        )
    frames, made = args.corpus / "frames", args.out.parent / "clips"
    rows = [testset.as_json(sample, frames) for sample in found]
    said = f"Wrote {len(found)} samples to {args.out}; frames are relative to {frames}"
    if args.films is not None:
        films = clips.films(args.films)
        for row, sample in _shared.bar("clips")(list(zip(rows, found, strict=True))):
            row |= clips.of(sample, films, made)
        said += f", clips to {made}"
    testset.write_lines(args.out, rows)
    _shared.say(f"{said}.")

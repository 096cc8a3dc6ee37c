"""Draw the case sheet: moments with their frames, the comments around, knowledge, each system's comment and people's.

Moments are drawn by the seed unless they are named. The sheet says which: chosen cases must not pass for drawn ones.
"""

import argparse
import random
from pathlib import Path

from generation.commands import _shared
from generation.corpus import features, windows
from generation.corpus.readers import own
from generation.corpus.records import SPLITS, Corpus, Sample
from generation.errors import UserError
from generation.knowledge.recall import Knowledge
from generation.seeds import derive
from generation.sheets import cases, html
from generation.systems import base
from generation.tables import names
from generation.train import choose_device


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, metavar="CORPUS")
    parser.add_argument("--checkpoint", nargs="+", required=True, metavar="[NAME=]DIR", help="of each system to show")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the sheet, e.g. cases.html")
    parser.add_argument("--moments", nargs="+", metavar="ID", help="these ones, e.g. film@125; else drawn by --seed")
    parser.add_argument("--number", type=int, default=6, help="moments to draw")
    parser.add_argument("--split", choices=SPLITS, default="test", help="to draw from")
    parser.add_argument("--min-references", type=int, default=1, help="distinct comments a drawn moment must have")
    parser.add_argument("--knowledge", type=Path, metavar="DIR", help="show what this folder recalls")
    _shared.decoding_arguments(parser)
    _shared.device_arguments(parser)


def run(args: argparse.Namespace) -> None:
    options = _shared.decoding_options(args)
    corpus = own.read(args.corpus)
    knowledge = Knowledge.open(args.knowledge) if args.knowledge else None
    samples, how = _moments(args, corpus)
    folders = _folders(args.checkpoint)
    systems = {name: _system(folder, corpus, args) for name, folder in folders.items()}
    found = cases.cases(samples, systems, options, knowledge)
    notes = [f"{corpus.title or corpus.name}: {how}."]
    notes += [f"{name}: {systems[name].slug()}, checkpoint {base.digest(folder)}" for name, folder in folders.items()]
    decoding = {"beam": f"beam of {options.beam}", "sample": f"drawn, temperature {options.temperature}"}
    notes.append(f"Decoding: {decoding.get(options.decoding, options.decoding)}, seed {options.seed}.")
    notes += [f"Knowledge: {knowledge.digest}"] if knowledge else []
    html.write(args.out, cases.sheet(found, notes))
    _shared.say(f"{len(found)} cases of {len(systems)} systems: {args.out}.")


def _moments(args: argparse.Namespace, corpus: Corpus) -> tuple[list[Sample], str]:
    """The samples of the sheet, and how they came to be on it."""
    if args.moments:
        every = {sample.id: sample for split in SPLITS for sample in windows.samples(corpus, split)}
        absent = next((name for name in args.moments if name not in every), None)
        if absent is not None:
            near = next(iter(every), "none")
            raise UserError(f"Corpus {corpus.name} has no moment {absent!r} with comments; ids look like {near}.")
        return [every[name] for name in args.moments], "moments chosen by whoever made this sheet"
    if args.number < 1:
        raise UserError(f"--number {args.number}: at least one moment is expected.")
    found = windows.with_references(windows.samples(corpus, args.split), args.min_references)
    if not found:
        raise UserError(
            f"Corpus {corpus.name} has no {args.split} moments with {args.min_references} or more distinct comments."
        )
    chosen = random.Random(derive(args.seed, "cases")).sample(range(len(found)), min(args.number, len(found)))
    how = f"{len(chosen)} of {len(found)} {args.split} moments, drawn by seed {args.seed}"
    return [found[i] for i in sorted(chosen)], how


def _folders(words: list[str]) -> dict[str, Path]:
    """The checkpoint folders by the name to show."""
    found: dict[str, Path] = {}
    for name, folder in _shared.named(words, lambda path, given: (given, path)):
        shown = name or names.shown(base.read_config(folder)[0].slug())
        if shown in found:
            raise UserError(f"Two checkpoints are {shown}; name one of them: NAME=DIR.")
        found[shown] = folder
    return found


def _system(folder: Path, corpus: Corpus, args: argparse.Namespace) -> base.System:
    """The system, which takes the corpus' stored vectors of frames where there are some."""
    _, config, _ = base.read_config(folder)
    stored = (corpus.root or Path()) / "features" / f"{config.backbone}.safetensors"
    seen = features.for_corpora([corpus], config.backbone) if stored.is_file() else None
    return base.load_checkpoint(folder, device=choose_device(args.device), weights=args.weights, features=seen)

"""Count a system's parameters by part."""

import argparse
import sys

import torch

from generation.commands import _shared
from generation.corpus.vocabulary import Vocabulary
from generation.systems import base

TAKES_FIELDS = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("system", metavar="SYSTEM", help="a system or one of its presets, e.g. ut82")
    parser.add_argument("--preset")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    name, _ = base.resolve(args.system)
    parts, words = count(name, base.configure(args.system, args.preset, _shared.fields(args.rest)))
    total = sum(parts.values())
    if args.json:
        _shared.print_json({"system": name, "vocabulary": words, "parts": parts, "total": total})
        return
    rows = [*parts.items(), ("total", total)]
    lines = [f"{part:<24}{number:>14,}" for part, number in rows]
    sys.stdout.write("\n".join([*lines, f"{name}: {total / 1e6:.2f} M (V = {words:,})"]) + "\n")


def count(name: str, config: base.Config) -> tuple[dict[str, int], int]:
    """(parameters by part, tokens) of a system whose vocabulary is full; no memory is used for the weights."""
    cls = base.load(name)
    vocabulary = Vocabulary.placeholder(config.vocabulary, cls.SPECIALS, config.tokenizer)
    with torch.device("meta"):
        return cls(config, vocabulary).parts(), len(vocabulary)

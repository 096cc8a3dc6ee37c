"""Compute the visual features of a corpus' frames with one backbone, or take them from published files."""

import argparse
from pathlib import Path

from generation.commands import _shared
from generation.corpus import backbones, features, published
from generation.corpus.readers import own
from generation.errors import UserError
from generation.train import choose_device


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, metavar="CORPUS")
    parser.add_argument("--backbone", choices=list(backbones.DIMENSIONS), default="efficientnet_lite0")
    parser.add_argument("--from", dest="published", type=Path, nargs="+", metavar="FILE", help=".pkl, .pt or .h5")
    parser.add_argument("--offset", type=int, help="added to the seconds in FILE; 1 for res18.pkl, else 0")
    parser.add_argument("--force", action="store_true", help="also where they are there already")
    _shared.device_arguments(parser)


def run(args: argparse.Namespace) -> None:
    corpus = own.read(args.corpus)
    if args.published:
        path, count = published.adopt(corpus, args.published, args.backbone, args.offset)
        _shared.say(f"Wrote {path}: {count} of {len(corpus.videos)} videos have vectors.")
        return
    backbone = backbones.Backbone(args.backbone, weights=args.weights, device=choose_device(args.device))
    if not args.force and _present(corpus, backbone):
        _shared.say(f"{args.corpus} has its {args.backbone} features already.")
        return
    path = features.extract(corpus, backbone, progress=_shared.bar(f"{args.backbone} features"))
    _shared.say(f"Wrote {path}.")


def _present(corpus: own.Corpus, backbone: backbones.Backbone) -> bool:
    """Whether every frame has a vector made by these very weights."""
    try:
        return features.StoredFeatures([corpus], backbone.name).digest == backbone.digest
    except UserError:
        return False

"""Write outputs.jsonl for the samples of samples.jsonl, without Celery."""

import argparse
from pathlib import Path

from generation.commands import _shared
from generation.corpus import testset
from generation.systems import base
from generation.train import choose_device

CHUNK = 32


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--samples", type=Path, required=True)
    parser.add_argument("--frames", type=Path, help="folder the samples' frames are relative to")
    parser.add_argument("--out", type=Path, required=True)
    _shared.decoding_arguments(parser)
    _shared.device_arguments(parser)


def run(args: argparse.Namespace) -> None:
    options = _shared.decoding_options(args)
    samples = testset.read(args.samples, args.frames)
    system = base.load_checkpoint(args.checkpoint, device=choose_device(args.device), weights=args.weights)
    parts = [samples[i : i + CHUNK] for i in range(0, len(samples), CHUNK)]
    outputs = [row for part in _shared.bar("samples")(parts) for row in system.generate(part, options)]
    pairs = zip(samples, outputs, strict=True)
    rows = ({"sample": sample.id, **output._asdict()} for sample, found in pairs for output in found)
    testset.write_lines(args.out, rows)
    _shared.say(f"Wrote {sum(map(len, outputs))} outputs of {len(samples)} samples to {args.out}.")

"""Train a system on one or more corpora; run again after a kill it goes on where it stopped.

Any field of the system's configuration can be given as --field=value; `torchrun -m generation train ...` works.
"""

import argparse
from pathlib import Path

from generation.commands import _shared
from generation.systems import base
from generation.train import TrainOptions, train

TAKES_FIELDS = True


def arguments(parser: argparse.ArgumentParser) -> None:
    standard = TrainOptions(out=Path())
    parser.add_argument("system", metavar="SYSTEM", help=", ".join(base.names()))
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the checkpoint")
    parser.add_argument("--preset", help="default, demo or a preset's own name")
    parser.add_argument("--stage", help="train this stage only")
    parser.add_argument("--from", dest="start", type=Path, metavar="CHECKPOINT", help="begin from these weights")
    parser.add_argument("--device", default=standard.device, help="auto, cpu, cuda, ...")
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16"], default=standard.precision)
    parser.add_argument("--dev-share", type=float, default=standard.dev_share, help="held out without a dev split")
    parser.add_argument("--save-every", type=int, default=standard.save_every, metavar="STEPS")
    parser.add_argument("--workers", type=int, default=standard.workers, help="processes that make batches")
    parser.add_argument("--restart", action="store_true", help="forget what an earlier run left")


def run(args: argparse.Namespace) -> None:
    system, _ = base.resolve(args.system)
    config = base.configure(args.system, args.preset, _shared.fields(args.rest))
    options = TrainOptions(
        out=args.out,
        device=args.device,
        precision=args.precision,
        stage=args.stage,
        start=args.start,
        dev_share=args.dev_share,
        save_every=args.save_every,
        workers=args.workers,
        restart=args.restart,
    )
    out = train(system, config, _shared.corpora(args.corpus), options)
    _shared.say(f"The checkpoint is in {out} (digest {base.digest(out)[:12]}).")

"""Train E-GA's text autoencoder for several mu0, and draw capacity and reconstruction (its Fig. 3 and Table 2).

Fields of E-GA's configuration can be given as --field=value. Begun again after a kill it goes on where it stopped.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from generation import capacity
from generation.commands import _shared
from generation.errors import UserError
from generation.systems import base
from generation.systems.e_ga import EGAConfig
from generation.train import TrainOptions

TAKES_FIELDS = True


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, nargs="+", metavar="CORPUS")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="autoencoders, figure and table")
    parser.add_argument("--mu0", default=",".join(f"{mu0:g}" for mu0 in capacity.MU0), help="comma between them")
    parser.add_argument("--steps", type=int, help="of each autoencoder; the preset's unless given")
    parser.add_argument("--preset", help="default or demo")
    parser.add_argument("--texts", type=Path, help="file of texts for the table, one a line; else held-out comments")
    parser.add_argument("--rows", type=int, default=3, help="held-out comments in the table")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ...")
    parser.add_argument("--restart", action="store_true", help="train anew what is there already")


def run(args: argparse.Namespace) -> None:
    config = base.configure("e_ga", args.preset, _shared.fields(args.rest))
    assert isinstance(config, EGAConfig)
    if args.steps is not None:
        config = replace(config, text_steps=args.steps)
    corpora = _shared.corpora(args.corpus)
    shown = _lines(args.texts) if args.texts else capacity.held_out(corpora, config.seed)[: args.rows]
    options = TrainOptions(out=args.out, device=args.device, restart=args.restart)
    results = capacity.study(corpora, config, _mu0s(args.mu0), options, shown)
    for suffix in ("svg", "png"):
        capacity.draw(results, args.out / f"capacity.{suffix}")
    (args.out / "capacity.md").write_text(capacity.markdown(results), encoding="utf-8")
    _shared.print_json([result.as_json() for result in results], args.out / "capacity.json")
    _shared.say(f"Wrote capacity.svg, .png, .md and .json to {args.out}.")


def _mu0s(text: str) -> list[float]:
    """The list as numbers, smallest first."""
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError as error:
        raise UserError(f"--mu0={text}: numbers with commas between them are expected, such as 0,1,2,4,8.") from error
    if not all(0 <= mu0 < float("inf") for mu0 in found):
        raise UserError(f"--mu0={text}: numbers from 0 up are expected.")
    return found


def _lines(path: Path) -> list[str]:
    try:
        found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as texts: {error}.") from error
    if not found:
        raise UserError(f"{path} holds no texts; one a line is expected.")
    return found

"""`simulate SLUG --raters N [--skill X] [--recall SYSTEM=P ...] [--seed S]`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from evalsite.rating import simulation
from evalsite.rating.protocols.base import NothingLeft
from evalsite.rating.terminal import CampaignCommand, campaign_named
from evalsite.testsets.errors import UserError
from evalsite.testsets.terminal import Plain


class Command(CampaignCommand):
    help = "Simulated raters answer through the same code as people; their rows are marked and never mix with people's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="a running campaign")
        parser.add_argument("--raters", type=int, required=True, metavar="N", help="so many simulated raters")
        parser.add_argument("--sittings", type=int, default=1, help="sittings each, as far as the campaign allows")
        parser.add_argument("--skill", type=float, default=1.0, help="0: cannot tell systems from people; default 1")
        parser.add_argument(
            "--recall",
            action="append",
            default=[],
            metavar="SYSTEM=P",
            help="how often its comments pass for real, between 0 and 1; may be repeated",
        )
        parser.add_argument("--seed", type=int, default=0, help="the simulation can be repeated from it")

    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        systems = list(campaign.runs.values_list("system__slug", flat=True))
        recall = simulation.default_recall(systems, options["seed"])
        recall |= dict(_share(pair, recall) for pair in options["recall"])
        _check(options)
        world = simulation.World(recall=recall, skill=options["skill"])
        with tqdm(desc="items", unit=" items", file=Plain(self.stderr), disable=None, leave=False) as bar:
            try:
                made = simulation.simulate(
                    campaign=campaign,
                    raters=options["raters"],
                    world=world,
                    seed=options["seed"],
                    sittings=options["sittings"],
                    tick=bar.update,
                )
            except NothingLeft:
                raise UserError(_why_nothing(campaign.state, campaign.slug)) from None
        truth = ", ".join(f"{system} {share:.3f}" for system, share in sorted(recall.items()))
        self.stdout.write(f"{len(made)} simulated raters answered {campaign.slug}. Passing for real: {truth}.")
        if len(made) < options["raters"]:
            self.stdout.write("Nothing was left for the others.")


def _share(pair: str, known: dict[str, float]) -> tuple[str, float]:
    system, _equals, text = pair.partition("=")
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 < share < 1:
        raise UserError(f"{pair!r} is not SYSTEM=P with P between 0 and 1, for example ut=0.45.")
    if system not in known:
        raise UserError(f"System {system} is not in the campaign; there are: {', '.join(sorted(known))}.")
    return system, share


def _check(options: dict[str, Any]) -> None:
    for name, least in (("raters", 1), ("sittings", 1), ("skill", 0)):
        if not options[name] >= least:
            raise UserError(f"--{name} must be at least {least}.")


def _why_nothing(state: str, slug: str) -> str:
    if state != "running":
        return f"Campaign {slug} is {state}; simulated raters, like people, answer while it is running."
    return f"Nothing is left for simulated raters in campaign {slug}; clone it to simulate again."

"""`plan --protocol P [--raters 10,20,40] [--items 20] [--samples 900] ...`: the table of designs, before a campaign."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from tqdm import tqdm

from evalsite.rating.terminal import CampaignCommand, campaign_named
from evalsite.reports import planning
from evalsite.reports.estimators.effects import PreferenceEffects, RecallEffects
from evalsite.reports.loading import load
from evalsite.reports.pilots import preference_pilot, recall_pilot
from evalsite.testsets.errors import UserError
from evalsite.testsets.terminal import Plain

DEFAULT_SHARES: tuple[float, ...] = (0.35, 0.25)


class Command(CampaignCommand):
    help = "Interval widths and power of designs, by simulation: how many raters and samples a study needs."

    def add_arguments(self, parser: CommandParser) -> None:
        one, many = float, _list_of
        parser.add_argument("--protocol", required=True, choices=("human_recall", "preference"))
        parser.add_argument("--raters", type=many(int), default=[10, 15, 20, 40], metavar="N,N", help="raters")
        parser.add_argument("--samples", type=many(int), default=[900], metavar="N,N", help="samples of the test set")
        parser.add_argument("--items", type=many(int), default=[20], metavar="N,N", help="Human Recall: items a rater")
        parser.add_argument("--outputs", type=int, default=3, help="Human Recall: outputs of each system on an item")
        parser.add_argument("--anchors", type=int, default=2, help="Human Recall: items that are the same for all")
        parser.add_argument(
            "--raters-per-sample", type=many(int), default=[1], metavar="N,N", help="preference: raters a sample"
        )
        parser.add_argument("--recall", type=one, help="Human Recall of the lower system; default 0.5, or the pilot's")
        parser.add_argument("--difference", type=one, default=0.1, help="Human Recall: the difference to be seen")
        parser.add_argument(
            "--shares", type=many(float), metavar="P,P", help="preference: shares; the first two are compared"
        )
        parser.add_argument("--systems", type=int, default=2, help="systems compared, for Holm's correction")
        for name in ("rater", "rater-system", "sample", "comment"):
            parser.add_argument(f"--{name}-sd", type=one, help="standard deviation on the logit scale")
        parser.add_argument("--pilot", metavar="SLUG", help="a campaign to take the standard deviations from")
        parser.add_argument("--simulated", action="store_true", help="read the pilot's simulated raters")
        parser.add_argument("--half-width", type=one, help="wanted half-width of the interval")
        parser.add_argument("--power", type=one, default=0.8, help="wanted power")
        parser.add_argument("--simulations", type=int, default=planning.SIMULATIONS, help="campaigns a design")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--format", choices=("text", "json", "csv"), default="text")
        parser.add_argument("--out", type=Path, help="write here instead of the terminal")

    def act(self, options: dict[str, Any]) -> None:
        _check(options)
        try:
            assumed, rows = (_recall if options["protocol"] == "human_recall" else _preference)(options, self._watched)
        except planning.PlanError as error:
            raise UserError(str(error)) from None
        best = planning.cheapest(rows, options["half_width"], options["power"])
        text = {"text": _text, "json": _json, "csv": _csv}[options["format"]](assumed, rows, best, options)
        if options["out"]:
            try:
                options["out"].write_text(text, encoding="utf-8")
            except OSError as error:
                raise UserError(f"Cannot write {options['out']}: {error.strerror}.") from None
        else:
            self.stdout.write(text, ending="")

    def _watched(self, designs: list[Any]) -> Iterable[Any]:
        return tqdm(designs, desc="designs", file=Plain(self.stderr), disable=None, leave=False)


Assumed = dict[str, Any]
Watch = Callable[[list[Any]], Iterable[Any]]


def _recall(options: dict[str, Any], watch: Watch) -> tuple[Assumed, list[planning.PlanRow]]:
    effects, recall = RecallEffects(), 0.5
    if options["pilot"]:
        pilot = recall_pilot(_tables(options), effects)
        effects, recall = pilot.effects, pilot.recall
    effects = _stated(effects, options)
    recall = recall if options["recall"] is None else options["recall"]
    designs = [
        planning.RecallDesign(raters, items, samples, options["outputs"], options["anchors"])
        for samples in options["samples"]
        for items in options["items"]
        for raters in options["raters"]
    ]
    assumed = {"recall": recall, "difference": options["difference"], **_rounded(effects)}
    rows = planning.plan_recall(
        watch(designs), recall=recall, difference=options["difference"], effects=effects, **_common(options)
    )
    return assumed, rows


def _preference(options: dict[str, Any], watch: Watch) -> tuple[Assumed, list[planning.PlanRow]]:
    effects, shares = PreferenceEffects(), DEFAULT_SHARES
    if options["pilot"]:
        pilot = preference_pilot(_tables(options), effects)
        effects, shares = pilot.effects, pilot.shares
    effects = _stated(effects, options)
    shares = tuple(options["shares"] or shares)
    designs = [
        planning.PreferenceDesign(raters, samples, each)
        for samples in options["samples"]
        for each in options["raters_per_sample"]
        for raters in options["raters"]
    ]
    assumed = {"shares": [round(share, 4) for share in shares], **_rounded(effects)}
    return assumed, planning.plan_preference(watch(designs), shares=shares, effects=effects, **_common(options))


def _tables(options: dict[str, Any]) -> Any:
    campaign = campaign_named(options["pilot"])
    if campaign.protocol != options["protocol"]:
        raise UserError(f"Campaign {campaign.slug} uses {campaign.protocol}; a pilot must use {options['protocol']}.")
    return load(campaign, simulated=options["simulated"])


def _stated(effects: Any, options: dict[str, Any]) -> Any:
    """The effects with what the command line says in their place."""
    names = {field.name for field in dataclasses.fields(effects)}
    words = {name: options[f"{name}_sd"] for name in ("rater", "rater_system", "sample", "comment")}
    stated = {name: value for name, value in words.items() if value is not None}
    for name, value in stated.items():
        if name not in names:
            raise UserError(f"--{name.replace('_', '-')}-sd means nothing to {options['protocol']}; leave it out.")
        if value < 0:
            raise UserError(f"--{name.replace('_', '-')}-sd must not be negative.")
    return dataclasses.replace(effects, **stated)


def _rounded(effects: Any) -> Assumed:
    return {f"{name}_sd": round(value, 4) for name, value in dataclasses.asdict(effects).items()}


def _common(options: dict[str, Any]) -> dict[str, Any]:
    systems = options["systems"]
    return {
        "comparisons": systems * (systems - 1) // 2,
        "simulations": options["simulations"],
        "seed": options["seed"],
    }


def _check(options: dict[str, Any]) -> None:
    if options["systems"] < 2:
        raise UserError("--systems must be at least 2: power is that of a comparison.")
    if options["simulations"] < 10:
        raise UserError("--simulations must be at least 10; 1,000 give power to within 0.03.")


COLUMNS = {
    "raters": "raters",
    "samples": "samples",
    "items_per_rater": "items/rater",
    "raters_per_sample": "raters/sample",
    "judgments": "judgments",
    "half_width": "half-width",
    "power": "power",
}


def _text(
    assumed: Assumed, rows: list[planning.PlanRow], best: planning.PlanRow | None, options: dict[str, Any]
) -> str:
    said = ", ".join(f"{name} {value}" for name, value in assumed.items())
    lines = [
        f"Assumed: {said}; {options['systems']} systems; {options['simulations']:,} campaigns a design.",
        "",
        "  ".join(title.rjust(13) for title in COLUMNS.values()),
        *("  ".join(_shown(name, getattr(row, name)).rjust(13) for name in COLUMNS) for row in rows),
        "",
        _advice(best, options),
    ]
    return "\n".join(lines) + "\n"


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}" if "per" in name else f"{value:.3f}"


def _advice(best: planning.PlanRow | None, options: dict[str, Any]) -> str:
    wish = f"power {options['power']:g}"
    if options["half_width"] is not None:
        wish += f" and a half-width of {options['half_width']:g}"
    if best is None:
        return f"None of these designs has {wish}; give more raters, items or samples."
    size = f"{best.raters} raters, {best.items_per_rater:.4g} items each of {best.samples:,} samples"
    return f"The fewest judgments with {wish}: {size} (power {best.power:.2f}, half-width {best.half_width:.3f})."


def _json(
    assumed: Assumed, rows: list[planning.PlanRow], best: planning.PlanRow | None, options: dict[str, Any]
) -> str:
    plan = {
        "protocol": options["protocol"],
        "assumed": {**assumed, "systems": options["systems"], "seed": options["seed"]},
        "designs": [dataclasses.asdict(row) for row in rows],
        "cheapest": None if best is None else dataclasses.asdict(best),
    }
    return json.dumps(plan, ensure_ascii=False, indent=2) + "\n"


def _csv(_assumed: Assumed, rows: list[planning.PlanRow], _best: planning.PlanRow | None, _options: Any) -> str:
    stream = io.StringIO()
    names = [field.name for field in dataclasses.fields(planning.PlanRow)]
    writer = csv.DictWriter(stream, names)
    writer.writeheader()
    writer.writerows(dataclasses.asdict(row) for row in rows)
    return stream.getvalue()


def _list_of(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def parse(text: str) -> list[Any]:
        return [kind(word) for word in text.split(",")]

    parse.__name__ = f"comma-separated {kind.__name__}"  # argparse names it in its error
    return parse

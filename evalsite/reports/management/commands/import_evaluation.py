"""`import_evaluation SLUG result.json ...`: put evaluations of checkpoints beside a campaign's report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating import campaigns
from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named
from evalsite.reports import evaluations
from evalsite.testsets.errors import UserError


class Command(CampaignCommand):
    help = "Put the JSON of `python -m generation evaluate` beside the campaign's automatic metrics."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")
        parser.add_argument("results", nargs="+", type=Path, metavar="RESULT.json")
        parser.add_argument("--system", help="the system's slug, where the file does not name it or names another")

    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        known = sorted(campaign.runs.values_list("system__slug", flat=True))
        found = [_read(path, options["system"], known) for path in options["results"]]
        for system, metrics in found:
            detail = {"system": system, "metrics": metrics}
            campaigns.log(campaign, "evaluated", actor=ACTOR, detail=detail)
            self.stdout.write(f"{system}: {', '.join(f'{name} {value:.4g}' for name, value in metrics.items())}")


def _read(path: Path, system: str | None, known: list[str]) -> tuple[str, dict[str, float]]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}.") from None
    if not isinstance(result, dict):
        raise UserError(f"{path} is not the result of an evaluation: a JSON object is expected.")
    slug = system or str(result.get("system", "")).replace("-", "_").lower()
    if slug not in known:
        raise UserError(f"{path} is about {slug or 'no system'}; the campaign has {', '.join(known)}. Say --system.")
    metrics = evaluations.metrics(result)
    if not metrics:
        raise UserError(f"{path} has no metrics: neither `automatic` nor `ranking` was found in it.")
    return slug, metrics

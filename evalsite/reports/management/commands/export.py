"""`export SLUG --what judgments|items|outputs|raters --format csv|jsonl|parquet --out F`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named
from evalsite.reports import export, reading
from evalsite.reports.rows import TABLES, Chosen
from evalsite.reports.writing import whole
from evalsite.testsets.errors import UserError


class Command(CampaignCommand):
    help = "Tidy data of a campaign, streamed. Judgments of a running campaign tell who leads, so they need --unblind."
    requires_system_checks = ()  # they would load every page of the site, which takes a second

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")
        parser.add_argument("--what", choices=sorted(TABLES), default="judgments")
        parser.add_argument("--format", choices=sorted(export.FORMATS), default="csv", dest="form")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write there; without it, to the terminal")
        parser.add_argument("--simulated", action="store_true", help="of the simulated raters instead of people")
        parser.add_argument("--unblind", metavar="REASON", help="export although it is not closed; the reason is kept")

    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        simulated = options["simulated"]
        if options["what"] in export.TELLING and not reading.allowed(campaign, ACTOR, simulated=simulated):
            if not (options["unblind"] or "").strip():
                raise UserError(
                    f"Campaign {campaign.slug} is {campaign.state}, and its {options['what']} tell which system leads. "
                    'Close it, or say --unblind "why"; the reason is kept.'
                )
            reading.unblind(campaign=campaign, actor=ACTOR, reason=options["unblind"])
        pieces = export.stream(campaign, options["what"], options["form"], Chosen(simulated=simulated))
        if options["out"] is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            return
        with whole(options["out"]) as target, target.open("wb") as file:
            file.writelines(pieces)

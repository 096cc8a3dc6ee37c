"""`report SLUG [SLUG2] [--format text|json|html|latex|csv] [--out F] [--package out.zip] [--seed S] [--simulated]`"""

from __future__ import annotations

import atexit
import gc
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils.translation import override

from evalsite.rating.models import Campaign
from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named
from evalsite.reports import reading
from evalsite.reports.rendering import FORMATS, json, ready, text
from evalsite.reports.writing import whole
from evalsite.testsets.errors import UserError


class Command(CampaignCommand):
    help = (
        "The report of a campaign; of two, the systems of both side by side. While a campaign runs, progress and "
        "precision "
        "only, unless --unblind says why."
    )
    requires_system_checks = ()  # they would load every page of the site, which takes a second

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")
        parser.add_argument("other", nargs="?", help="a second campaign to compare it with")
        parser.add_argument("--format", choices=sorted(FORMATS), default="text", dest="form")
        parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead of to the terminal")
        parser.add_argument("--package", type=Path, metavar="ZIP", help="also write the replication package there")
        parser.add_argument("--seed", type=int, help="recorded in the report; the default is the campaign's")
        parser.add_argument("--simulated", action="store_true", help="of the simulated raters instead of people")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="en")
        parser.add_argument(
            "--unblind", metavar="REASON", help="show which system leads before it is closed; the reason is kept"
        )

    def act(self, options: dict[str, Any]) -> None:
        atexit.register(gc.freeze)  # at the end of the process a third of a second would go to looking for garbage
        campaign = campaign_named(options["slug"])
        simulated = options["simulated"]
        campaigns = [campaign, *([campaign_named(options["other"])] if options["other"] else [])]
        if options["unblind"] is not None:
            _unblind([c for c in campaigns if not reading.allowed(c, ACTOR, simulated=simulated)], options["unblind"])
        with override(options["language"]):
            content = self._compared(campaigns, options) if options["other"] else self._one(campaign, options)
        _write(content, options["out"], self)
        if options["package"]:
            reading_allowed(campaign, simulated)
            _package(campaign, options)
            self.stderr.write(f"Replication package: {options['package']}.")

    def _one(self, campaign: Campaign, options: dict[str, Any]) -> str:
        whole = reading.made(campaign, simulated=options["simulated"], meanwhile=partial(ready, options["form"]))
        found = reading.open_to(ACTOR, campaign, reading.seeded(whole, options["seed"]))
        if found.get("blinded"):
            self.stderr.write(
                f"Campaign {campaign.slug} is {campaign.state}: close it (manage.py close_campaign {campaign.slug}) "
                f"or say "
                '--unblind "why" to see which system leads.'
            )
        return FORMATS[options["form"]](found)

    def _compared(self, campaigns: list[Campaign], options: dict[str, Any]) -> str:
        from evalsite.reports import comparing

        for campaign in campaigns:
            reading_allowed(campaign, options["simulated"])
        first, second = (reading.report(c, simulated=options["simulated"]) for c in campaigns)
        try:
            found = comparing.compare(first, second)
        except comparing.Unlike as error:
            raise UserError(str(error)) from None
        if options["form"] == "json":
            return json.render(found)
        if options["form"] != "text":
            raise UserError("Two campaigns are compared in text or json; for the page open /reports/.")
        lines = [*comparing.sentences(found)]
        for sheet in comparing.sheets(found):
            lines += ["", *text.table(sheet)]
        return "\n".join(lines) + "\n"


def reading_allowed(campaign: Campaign, simulated: bool) -> None:
    """UserError where the campaign still runs."""
    try:
        reading.require(campaign, ACTOR, simulated=simulated)
    except reading.Blinded:
        raise UserError(
            f"Campaign {campaign.slug} is {campaign.state}: close it (manage.py close_campaign {campaign.slug}) or say "
            '--unblind "why".'
        ) from None


def _unblind(campaigns: list[Campaign], reason: str) -> None:
    if not reason.strip():
        raise UserError("Say after --unblind why the results are to be seen now; the reason is kept.")
    for campaign in campaigns:
        reading.unblind(campaign=campaign, actor=ACTOR, reason=reason)


def _write(content: str, out: Path | None, command: CampaignCommand) -> None:
    if out is None:
        command.stdout.write(content, ending="")
        return
    try:
        out.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from None


def _package(campaign: Campaign, options: dict[str, Any]) -> None:
    from evalsite.reports import package

    with whole(options["package"]) as target:
        package.write(target, campaign, simulated=options["simulated"], seed=options["seed"])

"""`close_campaign SLUG [--reason TEXT]`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating import campaigns
from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named


class Command(CampaignCommand):
    help = "End a campaign for good: no more answers, and the report may tell all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")
        parser.add_argument("--reason", default="", help="kept in the campaign's log")

    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        campaigns.close(campaign=campaign, actor=ACTOR, reason=options["reason"])
        self.stdout.write(f"Campaign {campaign.slug} is closed. Read it with: python manage.py report {campaign.slug}")

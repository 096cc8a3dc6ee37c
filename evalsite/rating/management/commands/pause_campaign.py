"""`pause_campaign SLUG [--reason TEXT]`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating import campaigns
from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named


class Command(CampaignCommand):
    help = "Give out nothing more for now; start_campaign goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")
        parser.add_argument("--reason", default="", help="kept in the campaign's log")

    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        campaigns.pause(campaign=campaign, actor=ACTOR, reason=options["reason"])
        self.stdout.write(
            f"Campaign {campaign.slug} is paused. Go on with: python manage.py start_campaign {campaign.slug}"
        )

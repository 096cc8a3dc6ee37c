"""`start_campaign SLUG`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating import campaigns
from evalsite.rating.models import Campaign
from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named


class Command(CampaignCommand):
    help = "Freeze a draft and open it to raters; a paused campaign goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")

    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        if campaign.state == Campaign.State.PAUSED:
            campaigns.resume(campaign=campaign, actor=ACTOR)
            self.stdout.write(f"Campaign {campaign.slug} is running again.")
            return
        campaign = campaigns.start(campaign=campaign, actor=ACTOR)
        self.stdout.write(f"Campaign {campaign.slug} is running; its manifest is {campaign.manifest_digest}.")
        self.stdout.write(f"Invite raters with: python manage.py invite {campaign.slug} --raters N")

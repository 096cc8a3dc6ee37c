"""`clone_campaign SLUG NEW_SLUG [--set key=value ...]`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from evalsite.rating import campaigns
from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named


class Command(CampaignCommand):
    help = "Draft a copy with the same runs, settings, seed and texts: the way to change a started campaign."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign to copy")
        parser.add_argument("new_slug", help="name of the copy")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting to change")
        parser.add_argument("--seed", type=int, help="another seed: other draws")

    @transaction.atomic
    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        changes = campaign.rules.Settings.parse(options["set"], over=campaign.settings)
        copy = campaigns.clone(campaign=campaign, slug=options["new_slug"], actor=ACTOR)
        fields = {} if options["seed"] is None else {"seed": options["seed"]}
        if options["set"] or fields:
            copy = campaigns.edit(campaign=copy, settings=changes, actor=ACTOR, **fields)
        self.stdout.write(f"Drafted {copy.slug}. Open it with: python manage.py start_campaign {copy.slug}")

"""`forget_rater SLUG R-0007 [--withdraw]`"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating import privacy
from evalsite.rating.terminal import ACTOR, CampaignCommand, campaign_named, rater_named


class Command(CampaignCommand):
    help = "Erase all that is personal of a rater and keep the judgments under a fresh pseudonym. Cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")
        parser.add_argument("rater", help="the rater's pseudonym, such as R-0007")
        parser.add_argument("--withdraw", action="store_true", help="delete the judgments too")

    def act(self, options: dict[str, Any]) -> None:
        rater = rater_named(campaign_named(options["slug"]), options["rater"])
        if options["withdraw"]:
            count = privacy.withdraw(rater=rater)
            self.stdout.write(f"Deleted {count:,} judgments of {options['rater']}.")
        rater = privacy.forget(rater=rater, actor=ACTOR)
        self.stdout.write(f"{options['rater']} is forgotten; what is left stands under {rater.pseudonym}.")

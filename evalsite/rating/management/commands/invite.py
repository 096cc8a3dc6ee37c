"""`invite SLUG --raters N [--csv out.csv]`, `invite SLUG --open`"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating import invitations
from evalsite.rating.models import Campaign
from evalsite.rating.terminal import CampaignCommand, campaign_named
from evalsite.testsets.errors import UserError


class Command(CampaignCommand):
    help = "Make raters and print one personal link each, or make the open link by which anybody can take part."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the campaign")
        parser.add_argument("--raters", type=int, default=0, metavar="N", help="so many personal links")
        parser.add_argument("--language", default="", help="zh-hans or en; the rater can change it")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="write pseudonyms and links there, not here")
        parser.add_argument("--open", action="store_true", help="a new open link; the one before stops working")

    def act(self, options: dict[str, Any]) -> None:
        campaign = campaign_named(options["slug"])
        if campaign.state == Campaign.State.CLOSED:
            raise UserError(f"Campaign {campaign.slug} is closed; nobody can take part any more.")
        if options["raters"] < 1 and not options["open"]:
            raise UserError("Say how many raters to invite: --raters N; or --open for the open link.")
        if options["open"]:
            self.stdout.write(invitations.link(invitations.open_link(campaign=campaign)))
        if options["raters"] > 0:
            self._invite(campaign, options)

    def _invite(self, campaign: Campaign, options: dict[str, Any]) -> None:
        target = options["csv"]
        try:  # the links are told only once, so there must be a place for them first
            stream = target.open("x", newline="", encoding="utf-8") if target else io.StringIO(newline="")
        except FileExistsError:
            raise UserError(f"{target} exists already; name a new file.") from None
        except OSError as error:
            raise UserError(f"{target} cannot be written: {error.strerror}.") from None
        with stream:
            made = invitations.invite(campaign=campaign, count=options["raters"], language=options["language"])
            rows = csv.writer(stream)
            rows.writerow(["rater", "link"])
            rows.writerows([invitation.rater.pseudonym, invitations.link(invitation.token)] for invitation in made)
        if target:
            self.stdout.write(f"Invited {len(made)} raters; their links are in {target} and are kept nowhere else.")
        else:
            for invitation in made:
                self.stdout.write(f"{invitation.rater.pseudonym}  {invitations.link(invitation.token)}")
        if campaign.state == Campaign.State.DRAFT:
            self.stderr.write(f"The links open once it runs: python manage.py start_campaign {campaign.slug}")

"""What this room's commands share: campaigns and raters by name, and errors as one sentence each."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import override

from evalsite.rating.models import Campaign, Rater
from evalsite.testsets.errors import UserError

ACTOR = "command line"


class CampaignCommand(BaseCommand):
    """A command whose mistakes are told in a sentence, without a traceback."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with override("en"):  # as every other line of a terminal
                self.act(options)
        except UserError as error:
            raise CommandError("\n".join(getattr(error, "errors", [str(error)]))) from None

    @abstractmethod
    def act(self, options: dict[str, Any]) -> None:
        """What the command does. A UserError becomes its message."""


def campaign_named(slug: str) -> Campaign:
    """The campaign, or a UserError that lists those there are."""
    found = Campaign.objects.select_related("testset").filter(slug=slug).first()
    if found is None:
        slugs = ", ".join(Campaign.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise UserError(f"There is no campaign {slug!r}; there are: {slugs}.")
    return found


def rater_named(campaign: Campaign, pseudonym: str) -> Rater:
    """The rater of that campaign, or a UserError."""
    found = campaign.raters.filter(pseudonym=pseudonym).first()
    if found is None:
        raise UserError(f"Campaign {campaign.slug} has no rater {pseudonym!r}; pseudonyms look like R-0007.")
    return found

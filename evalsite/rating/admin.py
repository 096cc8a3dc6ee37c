"""Looking at who judges and what they said. Answers are evidence: they are read here, never written.

Watching is not peeking: while a campaign runs, what its raters answered stays out of sight here too, until the
campaign is closed or somebody unblinds it with a reason on its report. Tokens are kept as digests and not shown.
"""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from evalsite.rating.models import Assignment, Campaign, Event, Item, Judgment, Rater, Submission
from evalsite.testsets.admin import Admin, ReadOnlyAdmin


def blind(actor: str) -> QuerySet[Campaign]:
    """Campaigns of which this person may not see yet what raters answered."""
    looked = Event.objects.filter(action="unblinded", actor=actor).values("campaign")
    return Campaign.objects.exclude(state=Campaign.State.CLOSED).exclude(pk__in=looked)


@admin.register(Campaign)
class CampaignAdmin(Admin):
    """All of a campaign but what stays open for ever: its printed title, and where raters go at the end.

    A draft is edited on the staff pages, where the choices are explained and checked.
    """

    actions = None
    list_display = ["slug", "title", "protocol", "testset", "state", "created_at", "started_at", "closed_at"]
    list_filter = ["state", "protocol", "testset"]
    list_select_related = ["testset"]
    search_fields = ["slug", "title"]
    date_hierarchy = "created_at"
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    readonly_fields = [
        "slug",
        "protocol",
        "testset",
        "runs",
        "settings",
        "seed",
        "state",
        "consent",
        "instructions",
        "manifest_digest",
        "created_at",
        "started_at",
        "closed_at",
    ]
    fields = ("title", "completion_url", *readonly_fields)

    def view_on_site(self, campaign: Campaign) -> str:
        return reverse("staff:campaign", args=[campaign.slug])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Rater)
class RaterAdmin(ReadOnlyAdmin):
    list_display = [
        "pseudonym",
        "campaign",
        "language",
        "consented_at",
        "completed_at",
        "withdrawn_at",
        "simulated",
        "seen_at",
    ]
    list_filter = ["simulated", "campaign"]
    list_select_related = ["campaign"]
    search_fields = ["pseudonym", "completion_code"]
    exclude = ["token_digest", "external_id"]


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ["rater", "campaign", "number", "practice", "created_at", "completed_at"]
    list_filter = ["campaign", "practice"]
    list_select_related = ["rater", "campaign"]
    search_fields = ["rater__pseudonym"]
    exclude = ["public_id"]  # an address of the rater's pages


class BlindAdmin(ReadOnlyAdmin):
    """Rows that tell who leads: those of blind campaigns are left out, and the page says so."""

    campaign = "campaign"  # the path from the row to its campaign

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        hidden = blind(request.user.get_username()).values("pk")
        return super().get_queryset(request).exclude(**{f"{self.campaign}__in": hidden})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        hidden = blind(request.user.get_username()).exclude(started_at=None).values_list("slug", flat=True)
        if hidden:
            names = ", ".join(hidden)
            messages.info(request, _("Not shown until closed or unblinded: %(campaigns)s.") % {"campaigns": names})
        return super().changelist_view(request, extra_context)


@admin.register(Item)
class ItemAdmin(BlindAdmin):
    campaign = "assignment__campaign"
    list_display = ["id", "assignment", "position", "sample", "purpose", "revision", "served_at", "released_at"]
    list_filter = ["assignment__campaign", "purpose"]
    list_select_related = ["assignment__rater", "sample"]
    search_fields = ["assignment__rater__pseudonym", "sample__key"]
    ordering = ["-pk"]


@admin.register(Submission)
class SubmissionAdmin(BlindAdmin):
    campaign = "item__assignment__campaign"
    list_display = ["id", "item", "revision", "received_at", "elapsed_ms", "visible_ms", "comment"]
    list_filter = ["item__assignment__campaign"]
    list_select_related = ["item__assignment__rater"]
    search_fields = ["item__assignment__rater__pseudonym", "comment"]
    date_hierarchy = "received_at"
    ordering = ["-pk"]


@admin.register(Judgment)
class JudgmentAdmin(BlindAdmin):
    campaign = "item__assignment__campaign"
    list_display = ["id", "item", "output", "revision", "criterion", "value"]
    list_filter = ["item__assignment__campaign", "criterion"]
    list_select_related = ["item__assignment__rater", "output"]
    search_fields = ["item__assignment__rater__pseudonym", "output__text"]
    ordering = ["-pk"]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "campaign", "action", "actor", "reason"]
    list_filter = ["action", "campaign"]
    list_select_related = ["campaign"]
    search_fields = ["actor", "reason"]
    date_hierarchy = "at"

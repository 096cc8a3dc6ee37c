"""Taking back what no rater has answered: drafts, failed runs, an open link. Each is put on record."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin.models import DELETION, LogEntry
from django.db import transaction
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from evalsite.rating import campaigns
from evalsite.rating.models import Campaign
from evalsite.staff.access import StaffRequest, staff_page
from evalsite.staff.campaigns import find
from evalsite.testsets.models import Run


@staff_page("GET", "HEAD", "POST")
def delete_campaign(request: StaffRequest, slug: str) -> HttpResponse:
    """Delete a draft, with the invitations made for it. What was started is kept for good."""
    campaign = find(slug)
    if request.method != "POST":
        if campaign.state == Campaign.State.DRAFT:
            context = {"campaign": campaign, "links": campaign.raters.count(), "section": "campaigns"}
            return render(request, "staff/campaign_delete.html", context)
    elif _deleted_draft(request, campaign):
        messages.success(request, _("Campaign %(campaign)s was deleted.") % {"campaign": slug})
        return redirect("staff:campaigns")
    messages.error(request, _("This campaign has been started, so it is evidence: it cannot be deleted."))
    return redirect("staff:campaign", slug)


@transaction.atomic
def _deleted_draft(request: StaffRequest, campaign: Campaign) -> bool:
    """Whether it was still a draft, and now is gone: someone may start it at this moment."""
    draft = Campaign.objects.select_for_update().filter(pk=campaign.pk, state=Campaign.State.DRAFT).first()
    if draft is None:
        return False
    _put_on_record(request, draft, f"campaign {draft.slug}")
    draft.delete()
    return True


@staff_page("GET", "HEAD", "POST")
def delete_run(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a run that failed, with what outputs it has."""
    run = get_object_or_404(Run.objects.with_names(), pk=pk)
    if run.state != Run.State.FAILED:
        messages.error(request, _("Only a run that failed can be deleted."))
    elif campaign := run.campaigns.first():
        text = _("Campaign %(campaign)s compares this run; take it out of the campaign first.")
        messages.error(request, text % {"campaign": campaign.slug})
    elif request.method != "POST":
        context = {"run": run, "outputs": run.outputs.count(), "section": "runs"}
        return render(request, "staff/run_delete.html", context)
    else:
        with transaction.atomic():
            _put_on_record(request, run, f"run {run}")
            run.delete()
        messages.success(request, _("Run %(number)d was deleted.") % {"number": pk})
        return redirect("staff:runs")
    return redirect("staff:run", pk)


@staff_page("POST")
def close_open_link(request: StaffRequest, slug: str) -> HttpResponse:
    """Nobody new comes in by the open link; who came by it goes on."""
    campaign = find(slug)
    if Campaign.objects.filter(pk=campaign.pk).exclude(open_enrolment="").update(open_enrolment=""):
        campaigns.log(campaign, "open_link_closed", actor=str(request.user))
    messages.success(request, _("The open link is switched off. Who took part by it can go on."))
    return redirect("staff:campaign", slug)


def _put_on_record(request: StaffRequest, gone: Model, name: str) -> None:
    """Into the administration's log, which outlives what is deleted."""
    LogEntry.objects.log_actions(request.user.pk, [gone], DELETION, change_message=name, single_object=True)

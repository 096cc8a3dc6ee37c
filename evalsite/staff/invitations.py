"""Making raters' links. A link is a key: it is shown on the page that made it and nowhere again."""

import csv
import io
from collections.abc import Sequence
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from evalsite.rating import campaigns, invitations
from evalsite.rating.models import Campaign
from evalsite.staff.access import StaffRequest, staff_page
from evalsite.staff.campaign_forms import InviteForm
from evalsite.staff.campaigns import find

REMEMBERED = 20  # forms already sent, in the session


@staff_page("POST")
def invite(request: StaffRequest, slug: str) -> HttpResponse:
    """New raters and their links. The page is the answer to the form, so that no link is kept anywhere."""
    campaign = find(slug)
    form = InviteForm(request.POST)
    if closed(request, campaign):
        return redirect("staff:campaign", slug)
    if not form.is_valid():
        messages.error(request, _("Invite 1 to 1000 raters at a time."))
        return redirect("staff:campaign", slug)
    if not first_time(request, str(form.cleaned_data["nonce"])):
        messages.error(request, _("These invitations were made already, and their links are shown once only."))
        return redirect("staff:campaign", slug)
    made = invitations.invite(
        campaign=campaign, count=form.cleaned_data["count"], language=form.cleaned_data["language"]
    )
    rows = [(invitation.rater.pseudonym, invitations.link(invitation.token)) for invitation in made]
    context = {"campaign": campaign, "rows": rows, "csv": quote(as_csv(rows)), "section": "campaigns"}
    return render(request, "staff/invited.html", context)


@staff_page("POST")
def open_link(request: StaffRequest, slug: str) -> HttpResponse:
    """A link by which anybody can take part; the one before stops working."""
    campaign = find(slug)
    if closed(request, campaign):
        return redirect("staff:campaign", slug)
    link = invitations.link(invitations.open_link(campaign=campaign))
    campaigns.log(campaign, "open_link", actor=str(request.user))
    return render(request, "staff/invited.html", {"campaign": campaign, "open_link": link, "section": "campaigns"})


def closed(request: StaffRequest, campaign: Campaign) -> bool:
    """Whether it is too late to invite; says so."""
    if campaign.state != Campaign.State.CLOSED:
        return False
    messages.error(request, _("This campaign is closed: nobody can take part any more."))
    return True


def first_time(request: StaffRequest, nonce: str) -> bool:
    """Whether this form comes for the first time; a page that is reloaded sends its form again."""
    sent: list[str] = request.session.get("invitation_forms", [])
    if nonce in sent:
        return False
    request.session["invitation_forms"] = [*sent, nonce][-REMEMBERED:]
    return True


def as_csv(rows: Sequence[tuple[str, str]]) -> str:
    """The links as a table for a spreadsheet, which needs the mark in front to read UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([("rater", "link"), *rows])
    return "\ufeff" + text.getvalue()

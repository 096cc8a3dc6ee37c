"""Pages on campaigns: set one up, move it through its life, invite raters, see how far each is."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from evalsite.rating import campaigns, protocols
from evalsite.rating.campaigns import CampaignError
from evalsite.rating.models import Campaign, Frozen
from evalsite.rating.options import SettingsError
from evalsite.reports.planning import PlanError
from evalsite.staff import overview, prospects
from evalsite.staff.access import StaffRequest, staff_page
from evalsite.staff.campaign_forms import BasisForm, CampaignForm, CloneForm, InviteForm, NewCampaignForm

PAGE = 50
MOVES = {"start": campaigns.start, "pause": campaigns.pause, "resume": campaigns.resume, "close": campaigns.close}


def find(slug: str) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("testset"), slug=slug)


@staff_page()
def listing(request: StaffRequest) -> HttpResponse:
    page = Paginator(overview.campaigns(), PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/campaigns.html", {"page": page, "campaigns": page, "section": "campaigns"})


@staff_page("GET", "HEAD", "POST")
def new(request: StaffRequest) -> HttpResponse:
    """First the protocol and the test set; then all that depends on them."""
    basis = BasisForm(request.GET or None)
    if not basis.is_valid():
        return render(request, "staff/campaign_basis.html", {"form": basis, "section": "campaigns"})
    testset, protocol = basis.cleaned_data["testset"], basis.cleaned_data["protocol"]
    form = NewCampaignForm(request.POST or None, rules=protocols.load(protocol), testset=testset)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = campaigns.create(protocol=protocol, testset=testset, actor=str(request.user), **form.values())
        except (CampaignError, SettingsError) as error:
            add_errors(form, error)
        else:
            return redirect("staff:campaign", campaign.slug)
    context = {"form": form, "rules": form.rules, "testset": testset, "section": "campaigns"}
    return render(request, "staff/campaign_new.html", context)


def add_errors(form: CampaignForm | CloneForm, error: CampaignError | SettingsError | Frozen) -> None:
    for sentence in getattr(error, "errors", [str(error)]):
        form.add_error(None, sentence)


@staff_page()
def detail(request: StaffRequest, slug: str) -> HttpResponse:
    """Where the campaign stands, what it is made of, who takes part and how far they are."""
    campaign = get_object_or_404(overview.campaigns(), slug=slug)
    draft = campaign.state == Campaign.State.DRAFT
    context: dict[str, Any] = {
        "campaign": campaign,
        "rules": campaign.rules,
        "runs": overview.runs().filter(campaigns=campaign).order_by("system__slug"),
        "settings": overview.settings_rows(campaign),
        "problems": campaigns.problems(campaign) if draft else [],
        "page": Paginator(overview.raters(campaign), PAGE).get_page(request.GET.get("page")),
        "events": overview.record(campaign),
        "invite_form": InviteForm(),
        "clone_form": CloneForm(initial={"slug": overview.free_slug(campaign.slug)}),
        "section": "campaigns",
        **(_prospect(request, campaign) if draft else {}),
    }
    return render(request, "staff/campaign.html", context)


def _prospect(request: StaffRequest, campaign: Campaign) -> dict[str, Any]:
    """What the draft can be expected to show, once asked for: it is simulated then."""
    try:
        form = prospects.form(campaign, request.GET)
    except SettingsError:
        return {}  # the page names what is wrong
    found = None
    if form and form.is_valid():
        try:
            found = prospects.prospect(campaign, form.cleaned_data)
        except PlanError as error:
            form.add_error(None, str(error))
    return {"prospect_form": form, "prospect": found}


@staff_page("GET", "HEAD", "POST")
def edit(request: StaffRequest, slug: str) -> HttpResponse:
    campaign = find(slug)
    if campaign.state != Campaign.State.DRAFT:
        messages.error(request, _("This campaign has been started and is frozen; clone it to change it."))
        return redirect("staff:campaign", slug)
    form = CampaignForm(request.POST or None, rules=campaign.rules, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            campaigns.edit(campaign=campaign, actor=str(request.user), **form.values())
        except (CampaignError, SettingsError, Frozen) as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("staff:campaign", slug)
    return render(request, "staff/campaign_edit.html", {"form": form, "campaign": campaign, "section": "campaigns"})


@staff_page("POST")
def move(request: StaffRequest, slug: str, action: str) -> HttpResponse:
    """Start, pause, resume or close; the reason, if any, is kept in the campaign's record."""
    campaign = find(slug)
    reason = {} if action == "start" else {"reason": request.POST.get("reason", "").strip()[:1000]}
    try:
        MOVES[action](campaign=campaign, actor=str(request.user), **reason)
    except CampaignError as error:
        for sentence in error.errors:
            messages.error(request, sentence)
    return redirect("staff:campaign", slug)


@staff_page("POST")
def clone(request: StaffRequest, slug: str) -> HttpResponse:
    form = CloneForm(request.POST)
    if form.is_valid():
        try:
            copy = campaigns.clone(campaign=find(slug), slug=form.cleaned_data["slug"], actor=str(request.user))
        except CampaignError as error:
            add_errors(form, error)
        else:
            return redirect("staff:campaign", copy.slug)
    for errors in form.errors.values():
        messages.error(request, " ".join(str(error) for error in errors))
    return redirect("staff:campaign", slug)

"""Pages of this room, for staff: the report, its figures and files. A running campaign tells nobody who leads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import wraps
from typing import IO, Any
from urllib.parse import urlencode

from csp.decorators import csp_replace
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from evalsite.rating.campaigns import CampaignError
from evalsite.rating.models import Campaign, Rater
from evalsite.reports import comparing, figures, page, reading, rendering
from evalsite.reports import export as exporting
from evalsite.reports import package as packages
from evalsite.reports.rows import Chosen

View = Callable[..., HttpResponseBase]
ENDINGS = {"json": "json", "csv": "csv", "html": "html", "tex": "latex", "txt": "text"}
TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
    "tex": "application/x-tex",
    "txt": "text/plain",
}


def for_staff(view: View) -> View:
    """Strangers log in first, others are refused, and no cache between us and the reader keeps the answer."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied(
                gettext("This page is for those who run a study; your account is not marked as staff.")
            )
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return guarded


def _actor(request: HttpRequest) -> str:
    return request.user.get_username()


def _simulated(request: HttpRequest) -> bool:
    return request.GET.get("simulated") == "1"


def _query(request: HttpRequest, **more: str) -> str:
    given = {"simulated": "1"} if _simulated(request) else {}
    found = urlencode({**given, **more})
    return f"?{found}" if found else ""


def _readable(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    return reading.readable(campaign, _actor(request), simulated=_simulated(request))


@require_safe
@for_staff
def index(request: HttpRequest) -> HttpResponse:
    """All campaigns, the newest first."""
    dealt = Q(assignments__practice=False, assignments__rater__simulated=False)
    campaigns = Campaign.objects.annotate(
        people=Count("raters", filter=Q(raters__simulated=False, raters__consented_at__isnull=False), distinct=True),
        answered=Count("assignments__items", filter=dealt & Q(assignments__items__revision__gt=0), distinct=True),
    )
    return render(request, "reports/index.html", {"campaigns": campaigns})


@require_safe
@for_staff
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """The report, or while the campaign runs its progress."""
    campaign = get_object_or_404(Campaign, slug=slug)
    found = _readable(request, campaign)
    context = page.context(found)
    for chart in context["charts"]:
        _address(request, campaign, chart)
    context |= {"campaign": campaign, "protocol": campaign.rules.name, "other": _other(request, campaign)}
    if found.get("blinded"):
        return render(request, "reports/progress.html", context)
    context |= {"downloads": _downloads(request, campaign), "unblinded": not found["simulated"]}
    return render(request, "reports/report.html", context)


def _address(request: HttpRequest, campaign: Campaign, chart: page.Shown) -> None:
    """Where the figure's files are; the fingerprint lets a browser keep them until something changes."""
    version = reading.fingerprint(campaign, _simulated(request))[:12]

    def at(form: str, **more: str) -> str:
        address = reverse("reports:figure", args=[campaign.slug, chart.name, form])
        return address + _query(request, lang=get_language() or "", **more)

    chart.source = at("svg", theme="light", v=version)
    chart.dark_source = at("svg", theme="dark", v=version)
    chart.narrow_source = at("svg", theme="light", v=version, size="narrow")
    chart.narrow_dark_source = at("svg", theme="dark", v=version, size="narrow")
    chart.files = [(form.upper(), at(form)) for form in figures.FORMATS]


def _other(request: HttpRequest, campaign: Campaign) -> tuple[str, str] | None:
    """The way to the simulated raters' report where there are any, and back."""
    address = reverse("reports:report", args=[campaign.slug])
    if _simulated(request):
        return gettext("people's answers"), address
    if Rater.objects.filter(campaign=campaign, simulated=True).exists():
        return gettext("simulated raters' answers"), f"{address}?simulated=1"
    return None


def _downloads(request: HttpRequest, campaign: Campaign) -> list[tuple[str, str]]:
    names = {"html": "HTML", "json": "JSON", "csv": "CSV", "tex": "LaTeX"}
    found = [
        (name, reverse("reports:download", args=[campaign.slug, form]) + _query(request))
        for form, name in names.items()
    ]
    judgments = reverse("reports:export", args=[campaign.slug, "judgments", "csv"]) + _query(request)
    package_ = reverse("reports:package", args=[campaign.slug]) + _query(request)
    return [*found, (gettext("Judgments"), judgments), (gettext("Replication package"), package_)]


@require_POST
@for_staff
def unblind(request: HttpRequest, slug: str) -> HttpResponse:
    """Put on record why this person looks before the end; then show them."""
    campaign = get_object_or_404(Campaign, slug=slug)
    try:
        reading.unblind(campaign=campaign, actor=_actor(request), reason=request.POST.get("reason", ""))
    except CampaignError as error:
        messages.error(request, str(error))
    return redirect("reports:report", slug)


@require_safe
@csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "script-src": ["'none'"]})
@for_staff
def figure(request: HttpRequest, slug: str, name: str, form: str) -> HttpResponse:
    """One figure as SVG, PDF, PNG, or its numbers as CSV."""
    campaign = get_object_or_404(Campaign, slug=slug)
    theme, narrow = request.GET.get("theme", "light"), request.GET.get("size") == "narrow"
    found = _readable(request, campaign)
    blind = "blind" if found.get("blinded") else "open"
    version = reading.fingerprint(campaign, _simulated(request))
    key = f"figure-{version}-{blind}-{name}-{form}-{theme}-{narrow}-{get_language()}"
    content: bytes | None = cache.get(key)
    if content is None:
        try:
            content = figures.draw(name, found, form=form, theme=theme, narrow=narrow)
        except LookupError as error:
            raise Http404(str(error)) from None
        cache.set(key, content, reading.KEPT)
    response = HttpResponse(content, content_type=figures.FORMATS[form])
    response.headers["Cache-Control"] = "private, max-age=3600" if "v" in request.GET else "private, no-store"
    response.headers["Content-Disposition"] = f'inline; filename="{slug}-{name}.{form}"'
    return response


@require_safe
@for_staff
def download(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The report as a file."""
    campaign = get_object_or_404(Campaign, slug=slug)
    if form not in ENDINGS:
        raise Http404(f"There is no report.{form}; there are: {', '.join(ENDINGS)}.")
    content = rendering.FORMATS[ENDINGS[form]](_readable(request, campaign))
    response = HttpResponse(content, content_type=f"{TYPES[form]}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-report.{form}"'
    return response


@require_safe
@for_staff
def package(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The replication package, once the results may be seen."""
    campaign = get_object_or_404(Campaign, slug=slug)
    if refused := _refused(request, campaign):
        return refused
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    packages.write(file, campaign, simulated=_simulated(request))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{slug}-package.zip", content_type="application/zip")


@require_safe
@for_staff
def export(request: HttpRequest, slug: str, what: str, form: str) -> HttpResponseBase:
    """Tidy data, streamed."""
    campaign = get_object_or_404(Campaign, slug=slug)
    if what in exporting.TELLING and (refused := _refused(request, campaign)):
        return refused
    try:
        pieces: Iterator[bytes] = exporting.stream(campaign, what, form, Chosen(simulated=_simulated(request)))
    except LookupError as error:
        raise Http404(str(error)) from None
    response = StreamingHttpResponse(pieces, content_type=exporting.FORMATS[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{what}.{form}"'
    return response


def _refused(request: HttpRequest, campaign: Campaign) -> HttpResponse | None:
    """Back to the page, which explains, where the file would tell who leads."""
    if reading.allowed(campaign, _actor(request), simulated=_simulated(request)):
        return None
    messages.error(
        request, gettext("This file would tell which system leads; it is there when the campaign is closed.")
    )
    return redirect("reports:report", campaign.slug)


@require_safe
@for_staff
def compare(request: HttpRequest) -> HttpResponse:
    """Two campaigns side by side."""
    a, b = (get_object_or_404(Campaign, slug=request.GET.get(side, "")) for side in ("a", "b"))
    for campaign in (a, b):
        if refused := _refused(request, campaign):
            return refused
    try:
        found = comparing.compare(*(reading.report(c, simulated=_simulated(request)) for c in (a, b)))
    except comparing.Unlike as error:
        messages.error(request, str(error))
        return redirect("reports:index")
    sheets = comparing.sheets(found)
    context = {
        "found": found,
        "sheets": sheets,
        "sentences": comparing.sentences(found),
        "definitions": page.used(sheets),
    }
    return render(request, "reports/compare.html", context)

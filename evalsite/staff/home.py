"""The front page: what this site is, and for staff where everything stands."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from evalsite.staff import overview
from evalsite.testsets.models import TestSet

SHOWN = 8  # of each kind; the lists have the rest


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not (request.user.is_authenticated and request.user.is_staff):
        return render(request, "staff/welcome.html")
    context = {
        "campaigns": overview.campaigns()[:SHOWN],
        "testsets": TestSet.objects.with_counts().order_by("-created_at")[:SHOWN],
        "runs": overview.runs()[:SHOWN],
        "stalled": overview.stalled_run(),
    }
    return render(request, "staff/home.html", context)

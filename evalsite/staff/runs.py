"""Pages on runs: start one, watch it, resume it, read what it wrote."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evalsite.staff import overview
from evalsite.staff.access import StaffRequest, staff_page
from evalsite.staff.forms import RunForm, known_systems
from evalsite.testsets import pregeneration
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import Output, Run

PAGE = 50


@staff_page()
def listing(request: StaffRequest) -> HttpResponse:
    context = {
        "page": Paginator(overview.runs(), PAGE).get_page(request.GET.get("page")),
        "stalled": overview.stalled_run(),
        "section": "runs",
    }
    return render(request, "staff/runs.html", context)


@staff_page("GET", "HEAD", "POST")
def new(request: StaffRequest) -> HttpResponse:
    form = RunForm(request.POST or None, initial={"testset": request.GET.get("testset")})
    if request.method == "POST" and form.is_valid():
        try:
            run = pregeneration.start(**form.cleaned_data)
        except UserError as error:
            form.add_error(None, str(error))
        else:
            return redirect("staff:run", run.pk)
    return render(request, "staff/run_new.html", {"form": form, "systems": known_systems(), "section": "runs"})


@staff_page()
def detail(request: StaffRequest, pk: int) -> HttpResponse:
    """State, progress and outputs. A run that lacks outputs can be resumed from here."""
    run = get_object_or_404(overview.runs(), pk=pk)
    outputs = run.outputs.select_related("sample").order_by("sample__position", "rank")
    active = run.state in {Run.State.PENDING, Run.State.RUNNING}
    context = {
        "run": run,
        "active": active,
        "stalled": overview.stall_of(run) if active else None,
        "resumable": run.source == Run.Source.GENERATED and run.state != Run.State.FINISHED,
        "nulls": Output.objects.nulls().filter(run=run).count(),
        "page": Paginator(outputs, PAGE).get_page(request.GET.get("page")),
        "campaigns": run.campaigns.all(),
        "section": "runs",
    }
    return render(request, "staff/run.html", context)


@staff_page("POST")
def resume(request: StaffRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run, pk=pk)
    try:
        missing = pregeneration.resume(run=run)
    except UserError as error:
        messages.error(request, str(error))
    else:
        sent = ngettext("%(count)d sample was sent again.", "%(count)d samples were sent again.", missing)
        messages.success(request, sent % {"count": missing} if missing else _("Nothing was missing; it is finished."))
    return redirect("staff:run", run.pk)

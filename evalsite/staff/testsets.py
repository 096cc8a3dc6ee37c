"""Pages on what is judged: test sets, their samples, and outputs written elsewhere."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evalsite.staff.access import StaffRequest, staff_page
from evalsite.staff.forms import OutputsForm, TestSetForm, known_systems
from evalsite.staff.overview import runs
from evalsite.staff.uploads import lines_file, pictures_folder
from evalsite.testsets import importing
from evalsite.testsets.errors import InputError, UserError
from evalsite.testsets.folders import OF_PAGES
from evalsite.testsets.models import TestSet

PAGE = 50
FAULTS_SHOWN = 100


@staff_page()
def listing(request: StaffRequest) -> HttpResponse:
    page = Paginator(TestSet.objects.with_counts().order_by("slug"), PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/testsets.html", {"page": page, "section": "testsets"})


@staff_page("GET", "HEAD", "POST")
def new(request: StaffRequest) -> HttpResponse:
    """Import a test set. All faults of a file are shown by line; nothing of it is kept then."""
    form = TestSetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with lines_file(data["samples"], "samples.jsonl") as path, pictures_folder(data["frames"]) as folder:
                made = importing.import_testset(
                    slug=data["slug"], title=data["title"], path=path, frames=folder, wording=OF_PAGES
                )
        except UserError as error:
            add_user_error(form, error)
        else:
            count = ngettext("Imported %(count)d sample.", "Imported %(count)d samples.", made.samples)
            messages.success(request, count % {"count": made.samples})
            return redirect("staff:testset", made.testset.slug)
    return render(request, "staff/testset_new.html", {"form": form, "section": "testsets"})


def add_user_error(form: TestSetForm | OutputsForm, error: UserError) -> None:
    """Show what was refused; of many faults the first hundred."""
    if not isinstance(error, InputError):
        form.add_error(None, str(error))
        return
    for problem in error.problems[:FAULTS_SHOWN]:
        form.add_error(None, str(problem))
    more = len(error.problems) - FAULTS_SHOWN
    if more > 0:
        form.add_error(None, _("… and %(count)d more faults.") % {"count": more})
    form.add_error(None, _("Nothing was imported."))


@staff_page()
def detail(request: StaffRequest, slug: str) -> HttpResponse:
    testset = get_object_or_404(TestSet.objects.with_counts(), slug=slug)
    context = {
        "testset": testset,
        "page": Paginator(testset.samples.order_by("position"), PAGE).get_page(request.GET.get("page")),
        "runs": runs().filter(testset=testset),
        "campaigns": testset.campaigns.all(),
        "section": "testsets",
    }
    return render(request, "staff/testset.html", context)


@staff_page("GET", "HEAD", "POST")
def outputs(request: StaffRequest, slug: str) -> HttpResponse:
    """Import what a system wrote elsewhere, or the references as people's own."""
    testset = get_object_or_404(TestSet, slug=slug)
    form = OutputsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _import_outputs(testset, form)
        except UserError as error:
            add_user_error(form, error)
        else:
            text = _("Imported %(outputs)d outputs, %(nulls)d of them empty; %(missing)d samples have none.")
            counts = {"outputs": made.outputs, "nulls": made.nulls, "missing": made.missing}
            messages.success(request, text % counts)
            return redirect("staff:run", made.run.pk)
    context = {"form": form, "testset": testset, "systems": known_systems(), "section": "testsets"}
    return render(request, "staff/outputs_new.html", context)


def _import_outputs(testset: TestSet, form: OutputsForm) -> importing.ImportedOutputs:
    system, upload = form.cleaned_data["system"], form.cleaned_data["outputs"]
    if upload is None:
        return importing.import_outputs(testset=testset, system=system, path=None)
    with lines_file(upload, "outputs.jsonl") as path:
        return importing.import_outputs(testset=testset, system=system, path=path)

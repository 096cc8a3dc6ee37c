"""The rater's own data: see it, take it along, take it back, be forgotten."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from evalsite.rating import identity, invitations, pages, privacy
from evalsite.rating.models import Item, Rater

_SURE = pages.Problem(
    _("Nothing was changed"), _("Tick the box above the button if you are sure; this cannot be undone."), 400
)


def _own(request: HttpRequest, pk: int) -> Rater | None:
    return next((rater for rater in identity.raters(request) if rater.pk == pk), None)


@never_cache
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """What this site knows of the raters this browser is."""
    known = identity.raters(request)
    if not known:
        return pages.problem(request, pages.NOT_YOURS)
    rows = [
        {
            "pk": rater.pk,
            "pseudonym": rater.pseudonym,
            "consented_at": rater.consented_at,
            "withdrawn_at": rater.withdrawn_at,
            "told": _told(rater),
            "answered": Item.objects.filter(assignment__rater=rater, revision__gt=0).count(),
        }
        for rater in known
    ]
    return render(request, "rating/my_data.html", {"raters": rows, "knows_rater": True})


def _told(rater: Rater) -> list[tuple[str, float]]:
    """The screening questions with the rater's answers."""
    asked = invitations.questions(rater.campaign, pages.language())
    return [(one.label, rater.screening[one.name]) for one in asked if one.name in rater.screening]


@never_cache
@require_safe
def export(request: HttpRequest, rater: int) -> HttpResponse:
    """Everything as a file. The campaign's short name stays out: those who set it up may have named systems in it."""
    own = _own(request, rater)
    if own is None:
        return pages.problem(request, pages.NOT_YOURS)
    data = {name: value for name, value in privacy.export(own).items() if name != "campaign"}
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@never_cache
@require_POST
def withdraw(request: HttpRequest, rater: int) -> HttpResponse:
    """Leave the study; the answers are deleted."""
    own = _own(request, rater)
    if own is None:
        return pages.problem(request, pages.NOT_YOURS)
    if request.POST.get("sure") != "yes":
        return pages.problem(request, _SURE, knows_rater=True)
    privacy.withdraw(rater=own)
    return pages.problem(
        request,
        pages.Problem(_("You have left this study"), _("Your answers were deleted, as you wished."), 200),
        forget_device=True,
        knows_rater=True,
    )


@never_cache
@require_POST
def forget(request: HttpRequest, rater: int) -> HttpResponse:
    """Erase all that is personal; this browser does not know the rater afterwards either."""
    own = _own(request, rater)
    if own is None:
        return pages.problem(request, pages.NOT_YOURS)
    if request.POST.get("sure") != "yes":
        return pages.problem(request, _SURE, knows_rater=True)
    privacy.forget(rater=own, actor="rater")
    identity.leave(request, own)
    done = pages.Problem(
        _("You are forgotten"), _("Your link, your number and what you told us about yourself were erased."), 200
    )
    return pages.problem(request, done, forget_device=True)

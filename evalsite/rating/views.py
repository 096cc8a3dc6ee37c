"""Judging: one item, one address, one answer. Works as plain forms; the page's script asks for JSON instead."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from evalsite.rating import identity, invitations, pages, sessions, texts
from evalsite.rating.models import Assignment, Campaign, Item, Rater, Submission
from evalsite.rating.pages import Course

P = ParamSpec("P")
_KEY = re.compile(r"[ -~]{1,64}")  # an idempotency key
_REMARK = 2000  # characters
_PARTS = ("css/base.css", "css/rating.css", "js/site.js", "js/rating/sitting.js", "js/rating/worker.js")


def own_sitting(
    view: Callable[Concatenate[HttpRequest, Assignment, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Hand the view the sitting of this browser's rater; everybody else is asked for their invitation."""

    @wraps(view)
    def wrapper(request: HttpRequest, assignment: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        sitting = identity.sitting_of(request, assignment)
        if sitting is None:
            return pages.problem(request, pages.NOT_YOURS)
        if sitting.rater.withdrawn_at:
            return pages.problem(request, pages.WITHDRAWN)
        return view(request, sitting, *args, **kwargs)

    return wrapper


@never_cache
@require_GET
@own_sitting
def sitting(request: HttpRequest, sitting: Assignment) -> HttpResponse:
    """To where the rater stopped."""
    return redirect(Course(sitting).onward())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@own_sitting
def item(request: HttpRequest, sitting: Assignment, position: int) -> HttpResponse:
    """One item: shown, or its answer taken."""
    found = get_object_or_404(Item.objects.select_related("sample"), assignment=sitting, position=position)
    if request.method == "POST":
        return _answer(request, sitting, found)
    if sitting.campaign.state != Campaign.State.RUNNING:
        return pages.problem(request, pages.BY_STATE[Campaign.State(sitting.campaign.state)])
    course = Course(sitting)
    if not _may_see(request, course, found):
        return redirect(course.onward())
    sessions.serve(item=found)
    return _show(request, course, found)


def _may_see(request: HttpRequest, course: Course, item: Item) -> bool:
    """The item to answer now, the one answered last, and for the script those that come."""
    place = course.index(item.position)
    if place is None:
        return False
    row = course.rows[place]
    ahead = request.headers.get("X-Ahead") == "1" and not row.revision
    return ahead or row in (course.current, course.last_answered)


def _show(request: HttpRequest, course: Course, item: Item, problem: str = "", status: int = 200) -> HttpResponse:
    campaign = course.sitting.campaign
    place = course.index(item.position) or 0
    picked, comment = pages.picked(item)
    context = {
        "protocol": campaign.protocol,
        "position": place + 1,
        "done_before": place,
        "total": len(course.rows),
        "moment": pages.moment(item.sample),
        "cards": pages.cards(item.cards, campaign.protocol, picked),
        "none_picked": picked == ["none"],
        "comment": comment,
        "revision": item.revision,
        "key": secrets.token_hex(16),
        "action_url": request.path,
        "next_url": course.url(course.after(place)),
        "is_last": course.after(place) == len(course.rows),
        "previous_url": course.url(place - 1),
        "instructions": texts.instructions(campaign, pages.language()),
        "problem": problem,
        "knows_rater": True,
    }
    return render(request, campaign.rules.template(), context, status=status)


def _answer(request: HttpRequest, sitting: Assignment, item: Item) -> HttpResponse:
    try:
        _record(request, item)
        conflict = False
    except sessions.Conflict:
        conflict = True
    except sessions.InvalidAnswer as error:
        return _refuse(request, sitting, item, error, 400)
    except sessions.Refused as error:
        return _refuse(request, sitting, item, error, 409)
    sessions.next_item(sitting)  # released items nobody took come back
    course = Course(sitting)
    if not pages.wants_json(request):
        return redirect(course.onward())
    reply = {"next": course.onward(), "position": item.position, "total": len(course.rows)}
    return JsonResponse({**reply, "conflict": True} if conflict else reply, status=409 if conflict else 200)


def _record(request: HttpRequest, item: Item) -> Submission:
    data = request.POST
    key = data.get("key", "")
    if not _KEY.fullmatch(key):
        raise sessions.InvalidAnswer(gettext("The page sent no key with its answer; load it again."))
    timing = sessions.Timing(*(_whole(data.get(name)) for name in ("visible_ms", "first_action_ms", "elapsed_ms")))
    revision = _whole(data.get("revision")) or 0
    answer: Any = data  # the protocol's form picks its own fields
    remark = data.get("comment", "").replace("\x00", "")[:_REMARK]
    return sessions.record(item=item, key=key, revision=revision, answer=answer, timing=timing, comment=remark)


def _refuse(request: HttpRequest, sitting: Assignment, item: Item, error: Exception, status: int) -> HttpResponse:
    if pages.wants_json(request):
        return JsonResponse({"error": str(error)}, status=status)
    item.refresh_from_db()
    return _show(request, Course(sitting), item, problem=str(error), status=status)


def _whole(text: str | None) -> int | None:
    """A whole number that is not negative, or None: timings are wished for, never asked for."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


@never_cache
@require_GET
@own_sitting
def done(request: HttpRequest, sitting: Assignment) -> HttpResponse:
    """The end of a sitting, with the code: only once every answer has arrived."""
    rater, campaign = sitting.rater, sitting.campaign
    if sessions.next_item(sitting):
        return redirect(Course(sitting).onward())
    try:
        code = invitations.complete(rater=rater)
    except invitations.NotFinished:
        open_sitting = rater.assignments.filter(items__revision=0, items__released_at=None).first()
        return redirect("rating:sitting", open_sitting.public_id) if open_sitting else redirect("rating:my_data")
    context = {
        "answered": Item.objects.filter(assignment__rater=rater, revision__gt=0).count(),
        "code": code,
        "completion_url": campaign.completion_url.replace("{code}", code),
        "manifest": campaign.manifest_digest,
        "may_go_on": _may_go_on(sitting),
        "again_url": f"{request.path}again/",
        "previous_url": Course(sitting).url(len(Course(sitting).rows) - 1),
        "knows_rater": True,
    }
    return render(request, "rating/done.html", context)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps items at hand without a network. It stands here because it reaches no further than here.

    Its version is that of all files of a page: digests are part of their names.
    """
    parts = [static(name) for name in _PARTS]
    site = {
        "version": hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12],
        "pages": request.path.removesuffix("worker.js"),
        "files": [
            settings.STATIC_URL,
            *(reverse(name, args=["0" * 64]).removesuffix("0" * 64) for name in ("frame", "clip")),
        ],
    }
    script = f"self.site = {json.dumps(site)};\nimportScripts({json.dumps(parts[-1])});\n"
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


def _may_go_on(sitting: Assignment) -> bool:
    """Whether another sitting can be offered: the campaign runs, its rule allows it, and something is unseen."""
    return sessions.more(rater=sitting.rater)


@never_cache
@require_POST
@own_sitting
def again(request: HttpRequest, sitting: Assignment) -> HttpResponse:
    """Another sitting, where the campaign allows it."""
    return begin(request, sitting.rater)


def begin(request: HttpRequest, rater: Rater) -> HttpResponse:
    """The rater's open sitting or a new one; where nothing is left, a page that says so."""
    try:
        return redirect(Course(sessions.assign(rater=rater)).onward())
    except sessions.NothingLeft as reason:
        what = pages.Problem(title=pages.NOTHING_LEFT, text=str(reason), status=200)
        return pages.problem(request, what, knows_rater=True)

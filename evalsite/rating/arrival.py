"""Coming in: the invitation with consent and screening, the instructions, the practice round."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings as site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evalsite.rating import identity, invitations, manifest, pages, practice, texts, views
from evalsite.rating.models import Campaign, Rater
from evalsite.rating.protocols.base import PracticeItem

P = ParamSpec("P")
_PARTICIPANT = ("PROLIFIC_PID", "participant", "workerId")  # how recruiting platforms name their people's ids
_SECONDS_AN_ITEM = {"human_recall": 40, "preference": 20}


@dataclass(frozen=True)
class Door:
    """What a link opens: a campaign, and the rater if it is known who stands there."""

    token: str
    campaign: Campaign
    rater: Rater | None
    participant: str = ""  # digest of a recruiting platform's id, where the address carries one


def _door(request: HttpRequest, token: str) -> Door | None:
    if rater := invitations.admit(token):
        identity.remember(request, rater)
        return Door(token, rater.campaign, rater)
    campaign = invitations.campaign_of_open_link(token)
    if campaign is None:
        return None
    participant = hashlib.sha256(_external_id(request).encode()).hexdigest() if _external_id(request) else ""
    known = request.session.get(_slot(campaign), "")
    same = not participant or known == participant
    return Door(token, campaign, identity.rater_of(request, campaign) if same else None, participant)


def _external_id(request: HttpRequest) -> str:
    return next((request.GET[name].strip()[:200] for name in _PARTICIPANT if request.GET.get(name, "").strip()), "")


def _slot(campaign: Campaign) -> str:
    return f"participant:{campaign.pk}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The first page: what this is, in which language, consent, and the screening questions."""
    door = _door(request, token)
    if door is None:
        return pages.problem(request, pages.UNKNOWN_LINK)
    if (chosen := _chosen_beforehand(request, door)) is not None:
        return chosen
    if problem := _barred(door):
        return pages.problem(request, problem, knows_rater=door.rater is not None, **_code_link(door))
    if door.rater and door.rater.consented_at:
        return redirect("rating:instructions", token)
    if request.method == "POST":
        return _consent(request, door)
    return _invite(request, door)


def _chosen_beforehand(request: HttpRequest, door: Door) -> HttpResponse | None:
    """The language the rater was invited in, until they choose another: set once, then the page again."""
    wanted = door.rater.language if door.rater else ""
    if request.method == "POST" or site.LANGUAGE_COOKIE_NAME in request.COOKIES or not wanted:
        return None
    if not translation.check_for_language(wanted) or wanted not in dict(site.LANGUAGES):
        return None
    response = redirect(request.get_full_path())
    response.set_cookie(site.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 24 * 3600, samesite="Lax")
    return response


def _code_link(door: Door) -> dict[str, Any]:
    """Whoever has finished still finds the completion code when the study is over."""
    last = door.rater.assignments.order_by("number").last() if door.rater and door.rater.completion_code else None
    if last is None:
        return {}
    return {"link": reverse("rating:done", args=[last.public_id]), "link_label": _("Your completion code")}


def _barred(door: Door) -> pages.Problem | None:
    if door.rater:
        return pages.barred(door.rater)
    return pages.BY_STATE.get(Campaign.State(door.campaign.state))


def _invite(request: HttpRequest, door: Door, problem: str = "", status: int = 200) -> HttpResponse:
    language, items = pages.language(), _items_ahead(door.campaign)
    context = {
        "protocol": door.campaign.protocol,
        "items": items,
        "minutes": max(5, round(items * _SECONDS_AN_ITEM.get(door.campaign.protocol, 30) / 300) * 5),
        "consent": texts.consent(door.campaign, language),
        "questions": [
            {"question": question, "value": request.POST.get(question.name, "")}
            for question in invitations.questions(door.campaign, language)
        ],
        "problem": problem,
        "knows_rater": door.rater is not None,
    }
    return render(request, "rating/invitation.html", context, status=status)


def _items_ahead(campaign: Campaign) -> int:
    """About how many items a sitting holds: a fixed number, or an equal share of all there is to judge."""
    options = campaign.options
    if fixed := getattr(options, "items_per_sitting", 0):
        return min(int(fixed), len(manifest.plan(campaign).samples))
    each, among = getattr(options, "raters_per_sample", 1), getattr(options, "raters", 1)
    return math.ceil(len(manifest.plan(campaign).samples) * each / among)


def _consent(request: HttpRequest, door: Door) -> HttpResponse:
    if request.POST.get("agree") != "yes":
        return _invite(request, door, gettext("Taking part needs your consent: tick the box, or close this page."), 400)
    language = pages.language()
    rater = door.rater or invitations.enrol(
        campaign=door.campaign, external_id=_external_id(request), language=language
    )
    if door.participant:
        request.session[_slot(door.campaign)] = door.participant
    identity.remember(request, rater)
    own = rater.token or door.token
    try:
        if rater.withdrawn_at is None and rater.consented_at is None:
            invitations.consent(rater=rater, language=language, screening=request.POST.dict())
    except invitations.InvalidScreening as error:
        return _invite(request, Door(door.token, door.campaign, rater), str(error), 400)
    except invitations.NotEligible as error:
        what = pages.Problem(title=_("Thank you for your interest"), text=str(error), status=403)
        return pages.problem(request, what, knows_rater=True)
    identity.remember(request, rater)
    return redirect("rating:instructions", own)


def consented(
    view: Callable[Concatenate[HttpRequest, Door, Rater, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Hand the view a rater who has consented and may go on; others are led to where they have to be."""

    @wraps(view)
    def wrapper(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        door = _door(request, token)
        if door is None:
            return pages.problem(request, pages.UNKNOWN_LINK)
        if problem := _barred(door):
            return pages.problem(request, problem, knows_rater=door.rater is not None)
        if door.rater is None or door.rater.consented_at is None:
            return redirect("rating:invitation", token)
        return view(request, door, door.rater, *args, **kwargs)

    return wrapper


@never_cache
@require_safe
@consented
def instructions(request: HttpRequest, door: Door, rater: Rater) -> HttpResponse:
    """How it works, and where to begin or go on."""
    examples = len(practice.items(door.campaign))
    last = rater.assignments.order_by("-number").first()
    finished = last is not None and last.completed_at is not None
    context = {
        "instructions": texts.instructions(door.campaign, pages.language()),
        "protocol": door.campaign.protocol,
        "practice_url": reverse("rating:practice", args=[door.token, 1]) if examples else "",
        "practice_count": examples,
        "practised": rater.practised_at is not None,
        "may_start": rater.practised_at is not None or not examples,
        "begun": last is not None and not finished,
        "finished_url": reverse("rating:done", args=[last.public_id]) if last and finished else "",
        "start_url": reverse("rating:start", args=[door.token]),
        "knows_rater": True,
    }
    return render(request, "rating/instructions.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@consented
def practise(request: HttpRequest, door: Door, rater: Rater, number: int) -> HttpResponse:
    """One practice item; after the answer every card is explained. Nothing of it is stored."""
    examples = practice.items(door.campaign)
    if not 1 <= number <= len(examples):
        return redirect("rating:instructions", door.token)
    example, protocol = examples[number - 1], door.campaign.protocol
    solved = request.method == "POST"
    given = request.POST.getlist("marked") + request.POST.getlist("chosen")
    last = number == len(examples)
    if solved and last:
        invitations.practised(rater=rater)
    cards = pages.cards(example.cards, protocol, given)
    context = {
        "practice": True,
        "solved": solved,
        "protocol": protocol,
        "position": number,
        "done_before": number - (0 if solved else 1),
        "total": len(examples),
        "moment": pages.moment(example.sample),
        "cards": [{**card, **_verdict(example, card["id"], card["picked"])} for card in cards] if solved else cards,
        "none_picked": given == ["none"],
        "none": _verdict(example, "none", given == ["none"]) if solved and protocol == "preference" else {},
        "right": solved and sorted(given) == sorted(example.answers),
        "revision": 0,
        "action_url": request.path,
        "next_url": reverse("rating:instructions", args=[door.token]) if last else _practice_url(door, number + 1),
        "next_label": _("Practice is over: go on") if last else _("Next example"),
        "previous_url": "" if number == 1 else _practice_url(door, number - 1),
        "instructions": texts.instructions(door.campaign, pages.language()),
        "knows_rater": True,
    }
    return render(request, door.campaign.rules.template(), context)


def _practice_url(door: Door, number: int) -> str:
    return reverse("rating:practice", args=[door.token, number])


def _verdict(example: PracticeItem, card: str, picked: bool) -> dict[str, Any]:
    """Whether the rater was right about this card, and why."""
    right = picked == (card in example.answers)
    return {
        "verdict": "right" if right else "wrong",
        "verdict_text": _("Right.") if right else _("Not quite."),
        "explanation": example.explanations.get(card, ""),
    }


@never_cache
@require_POST
@consented
def start(request: HttpRequest, door: Door, rater: Rater) -> HttpResponse:
    """Begin a sitting, or go on with the open one."""
    if rater.practised_at is None and practice.items(door.campaign):
        return redirect("rating:instructions", door.token)
    return views.begin(request, rater)

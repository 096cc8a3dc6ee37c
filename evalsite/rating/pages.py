"""What the raters' pages are filled with. Of a card only its id and its text leave this file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from evalsite.rating.models import Assignment, Campaign, Item, Rater
from evalsite.testsets.models import Sample

_BEFORE = 5  # seconds of context before the moment
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Text = str | Promise


@dataclass(frozen=True)
class Row:
    """Where one item of a sitting stands."""

    position: int
    revision: int


class Course:
    """The items of a sitting that are this rater's: those answered, and those not given to others meanwhile."""

    def __init__(self, sitting: Assignment) -> None:
        self.sitting = sitting
        rows = sitting.items.order_by("position").values_list("position", "revision", "released_at")
        self.rows = [Row(position, revision) for position, revision, gone in rows if revision or not gone]

    @property
    def current(self) -> Row | None:
        """The first item to answer."""
        return next((row for row in self.rows if not row.revision), None)

    @property
    def last_answered(self) -> Row | None:
        """The only item that can still be changed."""
        return next((row for row in reversed(self.rows) if row.revision), None)

    def index(self, position: int) -> int | None:
        return next((i for i, row in enumerate(self.rows) if row.position == position), None)

    def url(self, index: int) -> str:
        """Address of the item at that place; of the last page after the last, of nothing before the first."""
        if index < 0:
            return ""
        if index >= len(self.rows):
            return reverse("rating:done", args=[self.sitting.public_id])
        return reverse("rating:item", args=[self.sitting.public_id, self.rows[index].position])

    def after(self, index: int) -> int:
        """Place of the next item to answer, as far as is known: a page fetched ahead cannot know of those before it."""
        return next((i for i, row in enumerate(self.rows) if i > index and not row.revision), len(self.rows))

    def onward(self) -> str:
        """Where the rater is to be: the first item to answer, or the last page."""
        row = self.current
        return self.url(len(self.rows) if row is None else self.rows.index(row))


def clock(seconds: float) -> str:
    """Seconds as players show them: 2:05, 1:02:05."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def moment(sample: Sample) -> dict[str, Any]:
    """The stage: pictures by address, the surrounding comments, and the times of both."""
    middle = len(sample.frames) // 2
    return {
        "time": f"{sample.time:g}",
        "clock": clock(sample.time),
        "first": f"{sample.time - (middle if len(sample.frames) > 1 else _BEFORE):g}",
        "title": sample.title,
        "clip": _clip(sample),
        "frames": [
            {"url": reverse("frame", args=[digest]), "is_key": place == middle}
            for place, digest in enumerate(sample.frames)
        ],
        "context": [
            {"time": f"{comment['time']:g}", "clock": clock(comment["time"]), "text": comment["text"]}
            for comment in sorted(sample.context, key=lambda comment: comment["time"])
        ],
    }


def _clip(sample: Sample) -> dict[str, str] | None:
    return {"url": reverse("clip", args=[sample.clip]), "start": f"{sample.clip_start or 0:g}"} if sample.clip else None


def cards(shown: Iterable[Mapping[str, Any]], protocol: str, picked: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The cards in the order shown: numbered where they are marked, lettered where one is chosen."""
    chosen = set(picked)
    return [
        {
            "id": card["id"],
            "text": card["text"],
            "label": _LETTERS[place % 26] if protocol == "preference" else str(place + 1),
            "picked": card["id"] in chosen,
        }
        for place, card in enumerate(shown)
    ]


def picked(item: Item) -> tuple[list[str], str]:
    """What counts of this item so far: the card ids marked or chosen, and the remark."""
    stored = item.submissions.filter(revision=item.revision).first() if item.revision else None
    if stored is None:
        return [], ""
    answer = stored.answer.get("marked", stored.answer.get("chosen", []))
    return ([answer] if isinstance(answer, str) else list(answer)), stored.comment


def language() -> str:
    """The language of this page."""
    return get_language() or "zh-hans"


@dataclass(frozen=True)
class Problem:
    """A page that says what is the matter and what to do."""

    title: Text
    text: Text
    status: int
    advice: Text = ""
    link: str = ""
    link_label: Text = ""


UNKNOWN_LINK = Problem(
    _("This link is not known"),
    _("The invitation link is wrong, has been replaced, or its owner asked to be forgotten."),
    404,
    _("Check that it was copied whole, or ask whoever invited you for a new one."),
)
NOT_YOURS = Problem(
    _("Please open your invitation link again"),
    _("This browser is not known here, or has not been for a long time."),
    403,
    _("Answers still waiting on this device are sent by themselves once you are back."),
)
NOT_OPEN = Problem(
    _("This study has not begun"), _("Your link is right. Please come back when the study has started."), 403
)
PAUSED = Problem(_("This study is paused"), _("Please come back later. Everything you have sent is kept."), 503)
CLOSED = Problem(_("This study is closed"), _("No more answers are taken. Thank you for your interest!"), 410)
NOTHING_LEFT = _("Nothing left to judge")
WITHDRAWN = Problem(_("You have left this study"), _("Your answers were deleted, as you wished."), 410)
BY_STATE = {
    Campaign.State.DRAFT: NOT_OPEN,
    Campaign.State.PAUSED: PAUSED,
    Campaign.State.CLOSED: CLOSED,
}


def problem(request: HttpRequest, what: Problem, **more: Any) -> HttpResponse:
    """That page; one JSON sentence where a script asks."""
    if wants_json(request):
        return JsonResponse({"error": str(what.text)}, status=what.status)
    return render(request, "rating/problem.html", {**vars(what), **more}, status=what.status)


def wants_json(request: HttpRequest) -> bool:
    """Whether the page's script asks, and not the browser itself."""
    return request.headers.get("Accept", "") == "application/json"


def barred(rater: Rater) -> Problem | None:
    """What keeps this rater from going on now, or None."""
    if rater.withdrawn_at:
        return WITHDRAWN
    return BY_STATE.get(Campaign.State(rater.campaign.state))

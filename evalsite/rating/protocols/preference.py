"""Preference: of the systems' first choices, choose the best comment for this moment, or none of them.

Knowledge enhanced live video comment generation (KLVCG), section V-E: 900 samples, 15 raters, three systems. The
paper does not say whether samples overlap between raters; one rater a sample is the default.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evalsite.rating.protocols import base
from evalsite.rating.protocols.base import Card, Deal, Drawn, Material, NothingLeft, Standing, Text, Verdict, option

if TYPE_CHECKING:
    from evalsite.rating.models import Item

NONE = "none"  # the answer "none of them"


@dataclass(frozen=True, kw_only=True)
class PreferenceSettings(base.Settings):
    """Defaults are the paper's: 15 raters share all the samples between them."""

    raters: int = option(15, _("raters the samples are shared out to"), low=1, high=10_000)
    max_sittings: int = option(1, _("shares a rater may take, besides what others leave behind; 0: any number"), low=0)
    raters_per_sample: int = option(1, _("raters who judge each sample; 3 or more show agreement"), low=1, high=1_000)

    def problems(self) -> list[str]:
        if self.raters_per_sample > self.raters:
            return [
                gettext("raters_per_sample=%(part)d cannot exceed raters=%(whole)d.")
                % {"part": self.raters_per_sample, "whole": self.raters}
            ]
        return []


class Preference(base.Protocol):
    """Each rater gets a share of the samples; choose one card or none."""

    slug = "preference"
    name = _("Preference")
    summary = _("Choose the best comment for the moment, or none. A system's score is the share of choices it wins.")
    instructions = {
        "en": (
            "You will see moments of videos with the comments viewers wrote around them, and below them a few "
            "candidate comments, lettered A, B, C.\n\n"
            "Choose the one you would most like to see fly over the screen at this moment: the one that fits the "
            "picture and what the others are saying, and that a viewer might have written. If none of them will do, "
            "choose “none of them”.\n\n"
            "Judge only what you see. There is no right answer we know and you do not; your taste is what we ask for. "
            "You can change your choice until you send the item, and go back one item after that."
        ),
        "zh-hans": (
            "接下来你会看到一些视频瞬间和观众在前后几秒发的弹幕，下面是几条候选弹幕，用 A、B、C 标出。\n\n"
            "请选出你最希望在这一刻看到的那一条：它要贴合画面和大家正在聊的内容，也像是观众会发的。"
            "如果哪一条都不合适，就选“都不合适”。\n\n"
            "只凭你看到的来判断。这里没有我们知道而你不知道的标准答案，我们想了解的就是你的喜好。"
            "提交之前可以随时更改，提交之后还可以退回一题。"
        ),
    }
    Settings = PreferenceSettings

    criterion = "best"
    success = 1.0
    measure = _("preference share")

    @classmethod
    def draw(cls, settings: PreferenceSettings, standing: Standing) -> Deal:
        """A share dealt beforehand while there is a free one; after that, what others have left behind."""
        seats = base.shares(
            standing.samples, seats=settings.raters, each=settings.raters_per_sample, seed=standing.seed
        )
        vacant = [seat for seat in range(len(seats)) if seat not in standing.seats]
        if not settings.max_sittings or standing.shares < settings.max_sittings:
            for seat in vacant:
                if samples := [sample for sample in seats[seat] if sample not in standing.seen]:
                    return Deal(_order(samples, settings, standing), seat)
        if samples := _left_behind(settings, standing, [seats[seat] for seat in vacant]):
            return Deal(_order(samples, settings, standing))
        raise NothingLeft(gettext("Every sample has been given to a rater. There is nothing left to judge. Thank you!"))

    @classmethod
    def keeps(cls, settings: PreferenceSettings, load: int) -> bool:
        return load < settings.raters_per_sample

    @classmethod
    def cards(
        cls, settings: PreferenceSettings, material: Material, drawn: Drawn, seed: int
    ) -> tuple[list[Card], list[int]]:
        """The systems' first outputs; for an attention check one real comment among nonsense."""
        if drawn.purpose != "check":
            return base.build([*material.texts, *material.human], seed=seed)
        random = base.Random(seed)
        # The longest of a few: a real comment of one character would not stand out from nonsense.
        some = base.draws.shuffled([t for t in material.references if not base.is_null(t)], random)[:3]
        real = max(some, key=len)
        texts = [Text(0, real, "control")]
        for _place in range(2):
            fake = base.nonsense(material.letters(), random, avoid=[text.text for text in texts])
            texts.append(Text(0, fake, "check"))
        return base.build(texts, seed=seed)

    @classmethod
    def form(cls, data: Mapping[str, Any], item: Item) -> dict[str, Any]:
        chosen = base.values(data, "chosen")
        if len(chosen) != 1:
            raise base.InvalidAnswer(gettext("Choose one comment, or “none of them”."))
        if chosen[0] not in {NONE, *(card["id"] for card in item.cards)}:
            raise base.InvalidAnswer(
                gettext("This item has no comment %(card)s; load the page again.") % {"card": chosen[0][:32]}
            )
        return {"chosen": chosen[0]}

    @classmethod
    def judgments(cls, item: Item, answer: Mapping[str, Any]) -> list[Verdict]:
        chosen = answer["chosen"]
        if item.purpose == "check":
            return [Verdict(None, "check", float(_kind(item, chosen) == "control"))]
        rows = [
            Verdict(output, cls.criterion, float(card["id"] == chosen))
            for card in item.cards
            for output in card["outputs"]
        ]
        return [*rows, Verdict(None, "none", float(chosen == NONE))]

    @classmethod
    def practice(
        cls, scene: base.Scene, place: int, seed: int
    ) -> tuple[list[Card], list[str], dict[str, str | Promise]]:
        """One real comment among unfit ones; the last of three has none that fits."""
        real = [] if place % 3 == 2 else scene.real[:1]
        texts = [
            *(Text(0, text, "control") for text in real),
            *(Text(0, text, "decoy") for text in scene.elsewhere[:1]),
            *(Text(0, text, "check") for text in scene.nonsense[: 2 - len(real)]),
        ]
        cards, _nulls = base.build(texts, seed=seed)
        why = {card["id"]: _WHY[card["kind"]] for card in cards}
        return cards, [c["id"] for c in cards if c["kind"] == "control"] or [NONE], {**why, NONE: _WHY_NONE[not real]}

    @classmethod
    def problems(cls, settings: PreferenceSettings, *, samples: int, videos: int, real: int, human: bool) -> list[str]:
        if settings.checks_per_sitting and not real:
            return [gettext("Attention checks need samples with real comments (references); set checks_per_sitting=0.")]
        return []

    @classmethod
    def simulate(cls, item: Item, believed: Mapping[str, float], random: base.Random) -> dict[str, Any]:
        """Luce's choice with "none" as an option as good as a card believed at odds of one half."""
        ids = [card["id"] for card in item.cards]
        weights = [math.exp(believed[card]) for card in ids] + [0.5]
        mark = random.random() * sum(weights)
        for card, weight in zip([*ids, NONE], weights, strict=True):
            mark -= weight
            if mark < 0:
                return {"chosen": card}
        return {"chosen": NONE}


_WHY: dict[str, str | Promise] = {
    "control": _("This one fits the moment, and a viewer could have written it. Choose it."),
    "decoy": _("It could be a real comment, but it has nothing to do with this moment."),
    "check": _("These characters were shuffled; nobody would write them."),
}
_WHY_NONE: dict[bool, str | Promise] = {
    True: _("Right here: no comment fits this moment, so “none of them” is the answer."),
    False: _("One of the comments fits this moment well, so “none of them” is not the answer here."),
}


def _kind(item: Item, card_id: str) -> str | None:
    return next((card["kind"] for card in item.cards if card["id"] == card_id), None)


def _left_behind(settings: PreferenceSettings, standing: Standing, reserved: list[tuple[int, ...]]) -> list[int]:
    """Samples with too few live items, beyond those kept for vacant seats, that this rater has not met.

    A newcomer takes as many as a share holds; those at work take equal parts, so that the loads stay alike.
    """
    kept: dict[int, int] = {}
    for share in reserved:
        for sample in share:
            kept[sample] = kept.get(sample, 0) + 1
    missing = {
        sample: settings.raters_per_sample - standing.loads.get(sample, 0) - kept.get(sample, 0)
        for sample in standing.samples
    }
    total = sum(count for count in missing.values() if count > 0)
    open_ = [sample for sample, count in missing.items() if count > 0 and sample not in standing.seen]
    whole = math.ceil(len(standing.samples) * settings.raters_per_sample / settings.raters)
    size = whole if standing.sitting == 1 else math.ceil(total / standing.active)
    order = base.draws.shuffled(open_, standing.stream("left behind"))
    return sorted(order, key=lambda sample: -missing[sample])[:size]


def _order(samples: list[int], settings: PreferenceSettings, standing: Standing) -> list[Drawn]:
    """The samples in a random order, with checks put in between, never as the first."""
    items = [Drawn(sample) for sample in base.draws.shuffled(samples, standing.stream("order"))]
    random = standing.stream("checks")
    for sample in _check_samples(samples, settings.checks_per_sitting, standing):
        items.insert(1 + base.draws.below(len(items), random), Drawn(sample, "check"))
    return items


def _check_samples(share: list[int], count: int, standing: Standing) -> list[int]:
    """Moments for attention checks: best those that are never judged, then those of other raters.

    Only where this rater's share is all there is does a check return to one of its moments.
    """
    random = standing.stream("check samples")
    own = set(share)
    unused = [s for s in standing.spare if s not in standing.seen]
    others = [s for s in standing.samples if s in standing.real and s not in standing.seen and s not in own]
    again = [s for s in share if s in standing.real]
    order = [s for group in (unused, others, again) for s in base.draws.shuffled(group, random)]
    return order[:count]


protocol = Preference

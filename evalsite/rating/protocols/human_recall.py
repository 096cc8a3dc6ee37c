"""Human Recall: click the comments you think are fake; the share that escapes is the system's score.

Lv et al., PAKDD 2019 (E-GA), section 3.2: 40 raters, 20 frames a log-in. The
paper shows generated comments only (`controls=0`) and draws samples plainly (`coverage=uniform`, `anchor_items=0`).
"""

from __future__ import annotations

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


@dataclass(frozen=True, kw_only=True)
class HumanRecallSettings(base.Settings):
    """The paper leaves open how many comments a frame shows; the defaults are ours."""

    items_per_sitting: int = option(20, _("samples in one sitting"), low=1, high=500)
    coverage: str = option(
        "balanced",
        _("balanced: samples with the fewest sittings first; uniform: a plain draw"),
        choices=("balanced", "uniform"),
    )
    anchor_items: int = option(2, _("samples of the first sitting that are the same for every rater"), low=0)
    outputs_per_system: int = option(3, _("outputs of each system on one sample"), low=1, high=20)
    controls: int = option(3, _("real comments of the same moment; 0: none, as in the paper"), low=0, high=20)
    decoys: int = option(0, _("real comments of another video"), low=0, high=20)
    max_sittings: int = option(0, _("sittings a rater may do; 0: as many as there are samples for"), low=0)

    def problems(self) -> list[str]:
        problems = []
        if self.anchor_items > self.items_per_sitting:
            problems.append(
                gettext("anchor_items=%(part)d cannot exceed items_per_sitting=%(whole)d.")
                % {"part": self.anchor_items, "whole": self.items_per_sitting}
            )
        if self.checks_per_sitting > self.items_per_sitting:
            problems.append(
                gettext("checks_per_sitting=%(part)d cannot exceed items_per_sitting=%(whole)d.")
                % {"part": self.checks_per_sitting, "whole": self.items_per_sitting}
            )
        return problems


class HumanRecall(base.Protocol):
    """Sittings of 20 samples; mark the fakes; what is not marked has escaped."""

    slug = "human_recall"
    name = _("Human Recall")
    summary = _("Mark the comments you think a machine wrote. A system's score is the share that escapes.")
    instructions = {
        "en": (
            "You will see moments of videos with comments flying over them, as on a danmaku site. Some were written by "
            "viewers, some by machines; there may be many machine-made ones, or few.\n\n"
            "Mark every comment you think is fake. Leave the rest as they are. A comment need not be clever or polite "
            "to be real: ask yourself whether a viewer could have sent it at this moment.\n\n"
            "The paler comments are what viewers wrote a few seconds before and after. They are there to help you and "
            "are not to be judged. You can change your marks until you send the item, and go back one item after that. "
            "There is no hurry, and there are no trick questions about the video."
        ),
        "zh-hans": (
            "接下来你会看到一些视频瞬间，画面上飘着弹幕，就像在弹幕网站上看视频一样。其中有的是观众发的，有的是机器生成的；"
            "机器生成的可能很多，也可能很少。\n\n"
            "请把你认为是假的弹幕全部标出来，其余的不用动。真弹幕不一定有趣，也不一定有礼貌："
            "只需想一想，观众在这一刻有没有可能发出这样一条。\n\n"
            "颜色较浅的是前后几秒里观众发的弹幕，供你参考，不需要判断。提交之前可以随时更改，提交之后还可以退回一题。"
            "不必着急，也不会考你视频里的内容。"
        ),
    }
    Settings = HumanRecallSettings

    criterion = "fake"
    success = 0.0
    measure = _("Human Recall")

    @classmethod
    def draw(cls, settings: HumanRecallSettings, standing: Standing) -> Deal:
        """Samples not met before, the least judged first; the first sitting holds the anchors.

        Where fewer are left than a sitting holds, the sitting is as short as what is left.
        """
        if settings.max_sittings and standing.sitting > settings.max_sittings:
            raise NothingLeft(gettext("You have done all the sittings of this study. Thank you!"))
        unseen = [sample for sample in standing.samples if sample not in standing.seen]
        if not unseen:
            raise NothingLeft(gettext("You have seen every sample of this study. Thank you!"))
        anchors = _anchors(settings, standing)
        rest = base.draws.shuffled([s for s in unseen if s not in anchors], standing.stream("samples"))
        if settings.coverage == "balanced":
            rest.sort(key=lambda sample: standing.loads.get(sample, 0))  # stable: ties stay in random order
        drawn = [Drawn(sample, "anchor") for sample in anchors]
        drawn += [Drawn(sample) for sample in rest[: settings.items_per_sitting - len(anchors)]]
        order = base.draws.shuffled(drawn, standing.stream("order"))
        return Deal(_plant_checks(order, settings.checks_per_sitting, standing))

    @classmethod
    def shown(cls, settings: HumanRecallSettings, text: Text) -> bool:
        if text.kind == "control":
            return settings.controls > 0 or settings.decoys > 0
        return text.rank <= settings.outputs_per_system

    @classmethod
    def elsewhere(
        cls, settings: HumanRecallSettings, sample: int, videos: Mapping[int, str], stream: base.Random
    ) -> list[int]:
        """Three samples of other videos for each decoy: some of their comments may be of no use here."""
        if not settings.decoys:
            return []
        others = [other for other, video in videos.items() if video != videos[sample]]
        return base.draws.shuffled(others, stream)[: 3 * settings.decoys]

    @classmethod
    def cards(
        cls, settings: HumanRecallSettings, material: Material, drawn: Drawn, seed: int
    ) -> tuple[list[Card], list[int]]:
        """Outputs of the systems, real comments, decoys, and the nonsense of a check.

        Which real comments serve is settled by the sample alone, so that all raters of a sample judge the same.
        """
        random = base.draws.stream(material.campaign_seed, "controls", item=material.sample)
        texts = [*material.texts, *_distinct(material.human, settings.controls, random)]
        avoid = {base.key(text.text) for text in [*texts, *material.human]}
        fitting = [text for text in material.elsewhere if base.key(text.text) not in avoid]
        texts += _distinct(fitting, settings.decoys, random)
        if drawn.check:
            words = [*avoid, *(base.key(text.text) for text in fitting)]
            texts.append(Text(0, base.nonsense(material.letters(), base.Random(seed), avoid=words), "check"))
        return base.build(texts, seed=seed)

    @classmethod
    def form(cls, data: Mapping[str, Any], item: Item) -> dict[str, Any]:
        marked = set(base.values(data, "marked"))
        known = [card["id"] for card in item.cards]
        if unknown := marked.difference(known):
            raise base.InvalidAnswer(
                gettext("This item has no comment %(card)s; load the page again.") % {"card": min(unknown)[:32]}
            )
        return {"marked": [card for card in known if card in marked]}

    @classmethod
    def judgments(cls, item: Item, answer: Mapping[str, Any]) -> list[Verdict]:
        marked = set(answer["marked"])
        rows = [
            Verdict(output, cls.criterion, float(card["id"] in marked))
            for card in item.cards
            for output in card["outputs"]
        ]
        checks = [card["id"] in marked for card in item.cards if card["kind"] == "check"]
        return [*rows, Verdict(None, "check", float(all(checks)))] if checks else rows

    @classmethod
    def practice(
        cls, scene: base.Scene, place: int, seed: int
    ) -> tuple[list[Card], list[str], dict[str, str | Promise]]:
        texts = [
            *(Text(0, text, "control") for text in scene.real[:3]),
            *(Text(0, text, "decoy") for text in scene.elsewhere[:1]),
            *(Text(0, text, "check") for text in scene.nonsense[: 1 + place % 2]),
        ]
        cards, _nulls = base.build(texts, seed=seed)
        return cards, [c["id"] for c in cards if c["kind"] != "control"], {c["id"]: _WHY[c["kind"]] for c in cards}

    @classmethod
    def problems(cls, settings: HumanRecallSettings, *, samples: int, videos: int, real: int, human: bool) -> list[str]:
        problems = []
        if settings.controls and not human:
            problems.append(
                gettext(
                    "controls need people's own comments: run `manage.py import_outputs TESTSET human` and name the "
                    "system human, or set controls=0."
                )
            )
        if settings.decoys and not (human and videos > 1):
            problems.append(gettext("decoys need people's own comments of at least two videos; set decoys=0."))
        return problems

    @classmethod
    def simulate(cls, item: Item, believed: Mapping[str, float], random: base.Random) -> dict[str, Any]:
        return {"marked": [card["id"] for card in item.cards if random.random() >= base.logistic(believed[card["id"]])]}


_WHY: dict[str, str | Promise] = {
    "control": _("Real: a viewer could well have written this at this moment. Leave it unmarked."),
    "decoy": _("Out of place: it has nothing to do with this moment. Mark it."),
    "check": _("Fake: these characters were shuffled; nobody would write them. Mark it."),
}


def _anchors(settings: HumanRecallSettings, standing: Standing) -> list[int]:
    """The same for every rater, because neither rater nor sitting is part of the draw's name."""
    if standing.sitting > 1:
        return []
    order = base.draws.shuffled(standing.samples, base.draws.stream(standing.seed, "anchors"))
    return [sample for sample in order[: settings.anchor_items] if sample not in standing.seen]


def _plant_checks(order: list[Drawn], checks: int, standing: Standing) -> list[Drawn]:
    """Checks at random places, and not on an anchor while there is another: anchors look the same to everybody."""
    places = base.draws.shuffled(range(len(order)), standing.stream("checks"))
    places.sort(key=lambda place: order[place].purpose == "anchor")
    chosen = set(places[:checks])
    return [Drawn(d.sample, d.purpose, check=place in chosen) for place, d in enumerate(order)]


def _distinct(texts: Any, count: int, random: base.Random) -> list[Text]:
    """So many of the texts at random, no two of them alike and none of them empty."""
    first: dict[str, Text] = {}
    for text in texts:
        if not base.is_null(text.text):
            first.setdefault(base.key(text.text), text)
    return base.draws.shuffled(first.values(), random)[:count]


protocol = HumanRecall

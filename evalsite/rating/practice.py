"""The practice round: three moments with known answers, explained; nothing of it is stored.

Moments that the campaign never shows serve best, since they have pictures; where there are none, scenes written here
do. What will be judged later is never practised on.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from evalsite.rating import draws, manifest
from evalsite.rating.cards import is_null, nonsense
from evalsite.rating.models import Campaign
from evalsite.rating.protocols.base import PracticeItem, Scene
from evalsite.testsets.models import Sample


@dataclass(frozen=True)
class _Moment:
    sample: Sample
    real: list[str]
    elsewhere: list[str]


def items(campaign: Campaign) -> list[PracticeItem]:
    """The practice items, the same for every rater; empty where the campaign or its protocol has no practice."""
    if not campaign.options.practice:
        return []
    moments = (_unused(campaign) if campaign.manifest_digest else []) or _written()
    made = (_item(campaign, place, moment) for place, moment in enumerate(moments))
    return [item for item in made if item.cards]


def _item(campaign: Campaign, place: int, moment: _Moment) -> PracticeItem:
    seed = draws.seed(campaign.seed, "practice", item=str(place))
    random = Random(seed)
    letters = [*moment.real, *(comment["text"] for comment in moment.sample.context)]
    scene = Scene(moment.real, moment.elsewhere, [nonsense(letters, random) for _text in range(2)])
    cards, answers, explanations = campaign.rules.practice(scene, place, seed)
    return PracticeItem(moment.sample, cards, answers, explanations)


def _unused(campaign: Campaign) -> list[_Moment]:
    """Samples set aside when the campaign was frozen, each with a real comment of the next as one out of place."""
    plan = manifest.plan(campaign)
    found = Sample.objects.in_bulk(plan.practice)
    samples = [found[pk] for pk in plan.practice]
    real = [[text for text in sample.references if not is_null(text)] for sample in samples]
    return [_Moment(sample, real[n], real[(n + 1) % len(samples)][:1]) for n, sample in enumerate(samples)]


def _written() -> list[_Moment]:
    return [
        _Moment(_sample(place, **scene["sample"]), scene["real"], scene["elsewhere"])
        for place, scene in enumerate(_SCENES)
    ]


def _sample(place: int, *, title: str, time: float, context: list[tuple[float, str]]) -> Sample:
    """A moment without pictures that is never saved."""
    comments = [{"time": at, "text": text} for at, text in context]
    return Sample(
        key=f"practice {place + 1}", position=place, video="practice", title=title, time=time, context=comments
    )


_SCENES: list[dict[str, Any]] = [
    {
        "sample": {
            "title": "夏夜，河对岸放起烟花",
            "time": 42.0,
            "context": [
                (37.4, "要开始了要开始了"),
                (39.8, "前排占座"),
                (44.1, "手机根本拍不出来"),
                (45.9, "这朵是金色的"),
            ],
        },
        "real": ["这一声我在家都听见了", "许愿许愿", "哇——好大一朵"],
        "elsewhere": ["老师这道题为什么选C"],
    },
    {
        "sample": {
            "title": "猫往柜子上跳，没跳上去",
            "time": 15.0,
            "context": [(10.6, "它在瞄准"), (13.2, "屁股扭起来了"), (16.4, "当作无事发生"), (18.7, "猫：你没看见吧")],
        },
        "real": ["哈哈哈哈哈哈脸着地", "主子也有今天", "起跳姿势满分"],
        "elsewhere": ["片尾曲叫什么，求歌名"],
    },
    {
        "sample": {
            "title": "片尾，名单在黑底上往上走",
            "time": 596.0,
            "context": [(591.5, "结束了？？"), (593.0, "舍不得"), (598.2, "二刷的举手"), (600.1, "下个月见")],
        },
        "real": ["完结撒花", "看完了，去睡觉", "谢谢制作组"],
        "elsewhere": ["油温六成热就可以下锅了"],
    },
]

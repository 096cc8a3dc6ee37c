"""A small world: a test set of two videos, three systems, people's own comments, and campaigns on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import translation

from evalsite.rating import campaigns, invitations
from evalsite.rating.models import Campaign, Rater
from evalsite.testsets.models import Output, Run, Sample, System, TestSet

Texts = dict[str, list[list[str]]]


def make_testset(samples: int = 12, *, slug: str = "films", videos: int = 2, references: int = 3) -> TestSet:
    """A test set whose samples take turns between the videos."""
    testset = TestSet.objects.create(slug=slug, digest="d" * 64)
    Sample.objects.bulk_create(
        Sample(
            testset=testset,
            key=f"{slug}@{n}",
            position=n,
            video=f"film{n % videos}",
            time=float(10 * n),
            context=[{"time": 10 * n - 2, "text": f"前面{n}"}, {"time": 10 * n + 2, "text": f"后面{n}"}],
            references=[f"真的{n}之{r}啊" for r in range(references)],
        )
        for n in range(samples)
    )
    return testset


def make_run(testset: TestSet, system: str, text: Callable[[int, int], str], per_sample: int = 1, **fields: Any) -> Run:
    """A finished run; `text(n, rank)` is the output for the n-th sample."""
    made, _new = System.objects.get_or_create(slug=system, defaults={"name": system.upper()})
    run = Run.objects.create(
        testset=testset,
        system=made,
        source=Run.Source.IMPORTED,
        per_sample=per_sample,
        **{"state": Run.State.FINISHED, "digest": system[0] * 64, **fields},
    )
    Output.objects.bulk_create(
        Output(run=run, sample=sample, rank=rank, text=text(n, rank))
        for n, sample in enumerate(testset.samples.order_by("position"))
        for rank in range(1, per_sample + 1)
    )
    return run


def make_people(testset: TestSet) -> Run:
    """People's own comments as the outputs of `human`."""
    samples = list(testset.samples.order_by("position"))
    return make_run(testset, "human", lambda n, rank: samples[n].references[rank - 1], len(samples[0].references))


def make_campaign(testset: TestSet, protocol: str, runs: list[Run], slug: str = "study", **settings: Any) -> Campaign:
    """A running campaign with a fixed seed."""
    campaign = campaigns.create(slug=slug, protocol=protocol, testset=testset, runs=runs, settings=settings, seed=7)
    return campaigns.start(campaign=campaign)


def make_rater(campaign: Campaign, years: float = 5) -> Rater:
    """A rater who has consented."""
    rater = invitations.enrol(campaign=campaign)
    invitations.consent(rater=rater, language="en", screening={"years": years})
    return rater


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences for raters are checked as they are written, not as they are translated."""
    with translation.override("en"):
        yield


@pytest.fixture
def testset(db: None) -> TestSet:
    return make_testset()


@pytest.fixture
def runs(testset: TestSet) -> list[Run]:
    """UT and KLVCG; UT is silent on every fourth sample, and both say the same on every third."""
    return [
        make_run(testset, "ut", lambda n, r: "" if n % 4 == 3 else ("哈哈哈" if n % 3 == 0 else f"优{n}-{r}"), 3),
        make_run(testset, "klvcg", lambda n, r: "哈哈哈" if n % 3 == 0 else f"知{n}-{r}", 3),
    ]


@pytest.fixture
def recall(testset: TestSet, runs: list[Run]) -> Campaign:
    make_people(testset)
    return make_campaign(testset, "human_recall", runs, items_per_sitting=5)


@pytest.fixture
def preference(testset: TestSet, runs: list[Run]) -> Campaign:
    return make_campaign(testset, "preference", runs, raters=3)

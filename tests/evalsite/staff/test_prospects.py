"""What a draft can be expected to show, told on its page before it is started."""

import re
from typing import Any

import pytest
from django.test import Client

from evalsite.rating import campaigns
from evalsite.rating.models import Campaign
from evalsite.reports import planning
from evalsite.staff import prospects
from evalsite.testsets.models import Run, TestSet

ENGLISH, CHINESE = {"Accept-Language": "en"}, {"Accept-Language": "zh-hans"}
PAGE = "/staff/campaigns/of/first/"


def draft(testset: TestSet, runs: list[Run], protocol: str, **settings: Any) -> Campaign:
    return campaigns.create(slug="first", protocol=protocol, testset=testset, runs=runs, settings=settings, seed=1)


class TestOnTheDraftsPage:
    def test_it_works(self, alice_client: Client, harbour: TestSet, ut: Run, cvae: Run) -> None:
        draft(harbour, [ut, cvae], "human_recall", items_per_sitting=3, anchor_items=1)
        body = alice_client.get(PAGE, headers=ENGLISH).content.decode()
        assert 'name="difference" value="10"' in body
        assert "interval of each system" not in body  # nothing is simulated before it is asked for
        asked = f"{PAGE}?raters=40&level=50&difference=20"
        body = alice_client.get(asked, headers=ENGLISH).content.decode()
        told = re.search(r"With 40 raters × 3 items, .* about ±([\d.]+) percentage points.<br>(.*)</strong>", body)
        assert told
        found = re.fullmatch(
            r"A true difference of 20 points between two systems is found in (\d+)% of cases.", told[2]
        )
        assert found
        assert 2 < float(told[1]) < 25
        assert 5 < float(found[1]) <= 100
        assert "40 名评分者 × 3 题" in alice_client.get(asked, headers=CHINESE).content.decode()

    def test_preference_is_told_of_as_well(self, alice_client: Client, harbour: TestSet, ut: Run, cvae: Run) -> None:
        draft(harbour, [ut, cvae], "preference", raters=5)
        body = alice_client.get(f"{PAGE}?raters=4&level=40&difference=10", headers=ENGLISH).content.decode()
        assert "With 4 raters × 1 items (each of 4 samples judged by 1), the 95% interval" in body

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("raters=0&level=50&difference=10", "greater than or equal to 1"),
            ("raters=40&level=95&difference=10", "make it smaller"),
            ("raters=two&level=50&difference=10", "whole number"),
        ],
    )
    def test_what_cannot_be_is_said(
        self, alice_client: Client, harbour: TestSet, ut: Run, asked: str, said: str
    ) -> None:
        draft(harbour, [ut], "human_recall")
        body = alice_client.get(f"{PAGE}?{asked}", headers=ENGLISH).content.decode()
        assert said in body
        assert "interval of each system" not in body

    def test_two_raters_are_too_few(self, alice_client: Client, harbour: TestSet, ut: Run) -> None:
        draft(harbour, [ut], "human_recall")
        body = alice_client.get(f"{PAGE}?raters=2&level=50&difference=10", headers=ENGLISH).content.decode()
        assert "neither an interval nor a test" in body

    def test_a_started_campaign_is_told_nothing(self, alice_client: Client, harbour: TestSet, ut: Run) -> None:
        campaign = draft(harbour, [ut], "human_recall")
        campaigns.start(campaign=campaign)
        body = alice_client.get(f"{PAGE}?raters=40&level=50&difference=10", headers=ENGLISH).content.decode()
        assert 'id="prospect"' not in body


def test_the_numbers_are_those_of_the_planner(harbour: TestSet, ut: Run, cvae: Run) -> None:
    campaign = draft(harbour, [ut, cvae], "human_recall", items_per_sitting=3, anchor_items=1, outputs_per_system=2)
    found = prospects.prospect(campaign, {"raters": 12, "level": 40.0, "difference": 15.0})
    design = planning.RecallDesign(12, 3, harbour.samples.count(), 2, 1)
    (row,) = planning.plan_recall([design], recall=0.4, difference=0.15, simulations=prospects.SIMULATIONS)
    assert row.half_width is not None
    assert f"±{100 * row.half_width:.1f} percentage points" in found.interval
    assert f"in {100 * (row.power or 0):.0f}% of cases" in found.power


def test_what_takes_too_long_is_not_begun(harbour: TestSet, ut: Run) -> None:
    campaign = draft(harbour, [ut], "human_recall", items_per_sitting=3)
    campaign.settings |= {"items_per_sitting": 500, "outputs_per_system": 20, "samples": 500}
    with pytest.raises(planning.PlanError, match="too large"):
        prospects.prospect(campaign, {"raters": 10_000, "level": 50.0, "difference": 10.0})

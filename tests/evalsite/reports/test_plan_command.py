"""`plan`: a table before a campaign, from assumptions or from a pilot."""

import csv
import io
import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from evalsite.rating import simulation
from evalsite.reports.loading import load
from evalsite.reports.pilots import preference_pilot, recall_pilot
from evalsite.reports.planning import PlanError
from tests.evalsite.rating.conftest import make_campaign, make_people, make_run, make_testset
from tests.evalsite.reports.study import NOBODY, tables


def plan(*words):
    out = io.StringIO()
    call_command("plan", *words, "--simulations", "60", stdout=out)
    return out.getvalue()


def test_the_table_has_a_row_for_each_design_and_names_the_cheapest():
    text = plan("--protocol", "human_recall", "--raters", "10,60", "--items", "10,20", "--difference", "0.15")
    assert text.startswith("Assumed: recall 0.5, difference 0.15, rater_sd 0.7")
    assert sum(line.split()[0] in ("10", "60") for line in text.splitlines() if line.strip()) == 4
    assert "The fewest judgments with power 0.8:" in text


def test_a_wish_that_no_design_meets_is_said():
    text = plan("--protocol", "preference", "--raters", "5", "--samples", "50", "--half-width", "0.001")
    assert "None of these designs has power 0.8 and a half-width of 0.001" in text


def test_json_says_what_was_assumed_and_found():
    words = ("--shares", "0.44,0.15,0.11", "--raters", "15", "--raters-per-sample", "1,3", "--systems", "3")
    found = json.loads(plan("--protocol", "preference", *words, "--format", "json", "--rater-sd", "0.9"))
    assert found["assumed"] == {
        "shares": [0.44, 0.15, 0.11],
        "rater_sd": 0.9,
        "sample_sd": 1.0,
        "systems": 3,
        "seed": 0,
    }
    assert [row["judgments"] for row in found["designs"]] == [900, 2700]
    assert found["cheapest"] == found["designs"][0]


def test_csv_goes_to_a_file(tmp_path):
    words = ("--format", "csv", "--out", str(tmp_path / "plan.csv"), "--raters", "2,12")
    assert plan("--protocol", "human_recall", *words) == ""
    rows = list(csv.DictReader((tmp_path / "plan.csv").open(encoding="utf-8")))
    assert [row["raters"] for row in rows] == ["2", "12"]
    assert rows[0]["power"] == ""
    assert 0 <= float(rows[1]["power"]) <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["human_recall", "--items", "50", "--samples", "30"], "cannot judge 50 items of 30 samples"),
        (["human_recall", "--recall", "0.95"], "not between 0 and 1"),
        (["preference", "--comment-sd", "1"], "--comment-sd means nothing to preference"),
        (["human_recall", "--rater-sd", "-1"], "must not be negative"),
        (["preference", "--shares", "0.9,0.3"], "shares"),
        (["human_recall", "--systems", "1"], "--systems must be at least 2"),
        (["human_recall", "--out", "/nowhere/at/all.txt", "--raters", "3"], "Cannot write /nowhere/at/all.txt"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(words, message):
    with pytest.raises(CommandError, match=message):
        plan("--protocol", *words)


def written(seed, effects_of_raters=1.2):
    """A Human Recall study of 20 raters, 60 samples, two systems and people."""
    rng = np.random.default_rng(seed)
    texts = {system: {f"s{n:02}": [f"{system}{n}"] for n in range(60)} for system in ("human", "klvcg", "ut")}
    answers = []
    for rater in range(20):
        habit = effects_of_raters * rng.normal()
        for n in rng.permutation(60)[:30]:
            cards = [f"{system}{n}" for system in texts]
            escape = 1 / (1 + np.exp(-habit))
            answers.append((f"R-{rater:04}", f"s{n:02}", [card for card in cards if rng.random() > escape]))
    return tables("human_recall", texts, answers)


def test_a_recall_pilot_shows_how_much_its_raters_differ():
    pilots = [recall_pilot(written(seed)) for seed in range(4)]
    assert np.mean([pilot.effects.rater for pilot in pilots]) == pytest.approx(1.2, abs=0.25)
    assert all(pilot.effects.sample < 0.5 for pilot in pilots)
    assert np.mean([pilot.recall for pilot in pilots]) == pytest.approx(0.5, abs=0.12)


def test_a_preference_pilot_gives_shares_without_names():
    texts = {system: {f"s{n:02}": [f"{system}{n}"] for n in range(40)} for system in ("klvcg", "ut")}
    said = ["ut{}", "ut{}", "klvcg{}", NOBODY]
    answers = [(f"R-{n % 8:04}", f"s{n:02}", said[n % 4].format(n)) for n in range(40)]
    found = preference_pilot(tables("preference", texts, answers))
    assert found.shares == pytest.approx((0.5, 0.25))


def test_too_small_a_pilot_is_refused():
    small = tables("human_recall", {"ut": {"s1": ["a"]}}, [("R-0001", "s1", [])])
    with pytest.raises(PlanError, match="has 1 judgments; a pilot needs at least 30"):
        recall_pilot(small)


@pytest.mark.django_db
def test_a_pilot_in_the_database_gives_the_effects():
    testset = make_testset(20)
    make_people(testset)
    runs = [make_run(testset, name, lambda n, rank, name=name: f"{name}{n}", 1) for name in ("klvcg", "ut")]
    campaign = make_campaign(testset, "human_recall", runs, outputs_per_system=1)
    simulation.simulate(
        campaign=campaign, raters=6, world=simulation.World(recall={"klvcg": 0.6, "ut": 0.4, "human": 0.8})
    )
    with pytest.raises(CommandError, match=r"0 judgments.*--simulated"):
        plan("--protocol", "human_recall", "--pilot", campaign.slug)
    words = ("--pilot", campaign.slug, "--simulated", "--raters", "10", "--samples", "100", "--format", "json")
    found = json.loads(plan("--protocol", "human_recall", *words))
    pilot = recall_pilot(load(campaign, simulated=True))
    assert found["assumed"]["rater_sd"] == pytest.approx(pilot.effects.rater, abs=1e-4)
    assert found["assumed"]["recall"] == pytest.approx(pilot.recall)
    with pytest.raises(CommandError, match="uses human_recall; a pilot must use preference"):
        plan("--protocol", "preference", "--pilot", campaign.slug)
    with pytest.raises(CommandError, match="There is no campaign 'other'"):
        plan("--protocol", "preference", "--pilot", "other")

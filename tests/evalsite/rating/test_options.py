"""Settings: one clear error each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.rating import protocols
from evalsite.rating.options import Settings, SettingsError
from evalsite.rating.protocols.human_recall import HumanRecallSettings
from evalsite.rating.protocols.preference import PreferenceSettings

SLUGS = protocols.names()


def errors_of(kind: type[Settings], values: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        kind.read(values)
    return caught.value.errors


@pytest.mark.parametrize("slug", SLUGS)
def test_every_setting_says_what_it_is_and_its_default_is_allowed(slug: str) -> None:
    kind = protocols.load(slug).Settings
    assert kind.read(kind.defaults()) == kind()
    assert all(str(entry.metadata["help"]) for entry in kind.fields().values())
    json.dumps(kind().as_json(), allow_nan=False)


def test_the_defaults_are_those_of_the_protocols() -> None:
    recall, preference = HumanRecallSettings(), PreferenceSettings()
    assert (recall.items_per_sitting, recall.coverage, recall.anchor_items) == (20, "balanced", 2)
    assert (recall.outputs_per_system, recall.controls, recall.decoys, recall.checks_per_sitting) == (3, 3, 0, 1)
    assert (preference.raters, preference.raters_per_sample, preference.release_after) == (15, 1, 24)


def test_words_become_settings() -> None:
    words = ["items_per_sitting=5", "coverage=uniform", "practice=false", "exclusions.median_seconds_under=2.5"]
    assert HumanRecallSettings.parse(words) == {
        "items_per_sitting": 5,
        "coverage": "uniform",
        "practice": False,
        "exclusions": {"checks_failed_over": 1.0, "median_seconds_under": 2.5},
    }


def test_a_default_that_was_said_is_kept_by_parse_and_left_out_of_what_is_stored() -> None:
    said = HumanRecallSettings.parse(["controls=3", "decoys=1"])
    assert said == {"controls": 3, "decoys": 1}
    assert HumanRecallSettings.differing(said) == {"decoys": 1}


def test_a_rule_joins_those_the_campaign_has() -> None:
    parsed = PreferenceSettings.parse(["exclusions.items_under=3"], over={"exclusions": {"longest_run_over": 9}})
    assert parsed["exclusions"] == {"longest_run_over": 9.0, "items_under": 3.0}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"itemz_per_sitting": 5}, "There is no setting “itemz_per_sitting”. Did you mean items_per_sitting?"),
        ({"items_per_sitting": "many"}, "items_per_sitting must be a whole number, not 'many'."),
        ({"items_per_sitting": 2.5}, "items_per_sitting must be a whole number, not 2.5."),
        ({"items_per_sitting": True}, "items_per_sitting must be a whole number, not True."),
        ({"items_per_sitting": 0}, "items_per_sitting must be from 1 to 500, not 0."),
        ({"samples": -1}, "samples must be at least 0, not -1."),
        ({"release_after": float("nan")}, "release_after must be a number, not nan."),
        ({"release_after": None}, "release_after must be a number, not None."),
        ({"practice": "perhaps"}, "practice must be true or false, not 'perhaps'."),
        ({"coverage": "some"}, "coverage must be one of balanced, uniform, not 'some'."),
        ({"coverage": ["balanced"]}, "coverage must be one of balanced, uniform, not ['balanced']."),
        (
            {"exclusions": {"checks_over": 1}},
            "There is no setting “exclusions.checks_over”. Did you mean exclusions.checks_failed_over?",
        ),
        ({"exclusions": {"items_under": "x"}}, "exclusions.items_under must be a number, not 'x'."),
        ({"anchor_items": 30}, "anchor_items=30 cannot exceed items_per_sitting=20."),
        ({"checks_per_sitting": 3, "items_per_sitting": 2}, "checks_per_sitting=3 cannot exceed items_per_sitting=2."),
    ],
)
def test_a_bad_value_gets_one_clear_sentence(values: dict[str, Any], sentence: str) -> None:
    assert sentence in errors_of(HumanRecallSettings, values)


def test_all_errors_are_told_at_once() -> None:
    assert len(errors_of(PreferenceSettings, {"raters": 0, "samples": "x", "colour": 1})) == 3


def test_more_raters_a_sample_than_raters_is_an_error() -> None:
    assert errors_of(PreferenceSettings, {"raters_per_sample": 16}) == ["raters_per_sample=16 cannot exceed raters=15."]


def test_a_word_that_is_no_setting_says_how_to_write_one() -> None:
    with pytest.raises(SettingsError, match="“controls” is not a setting; write key=value"):
        HumanRecallSettings.parse(["controls"])


scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5)
names = st.sampled_from([*HumanRecallSettings.fields(), "", "contrls"])


@given(st.dictionaries(names, scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=5), scalars)))
def test_any_json_becomes_settings_or_sentences(values: dict[str, Any]) -> None:
    try:
        outcome: object = HumanRecallSettings.read(values)
    except SettingsError as error:
        outcome = error.errors
    assert outcome

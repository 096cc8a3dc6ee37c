"""What the demo compares can be trained, and a training that fails says why."""

import subprocess
import sys

import pytest

from demo import training
from demo.studies import DECODING, STUDIES, SYSTEMS
from generation.decoding import Options
from generation.systems import base


def test_every_system_of_the_generation_room_is_in_one_campaign_of_the_demo():
    assert sorted(SYSTEMS) == base.names()


@pytest.mark.parametrize("name", sorted(set(SYSTEMS) - {"tfidf"}))
def test_every_trained_system_has_a_demo_preset_with_a_backbone_whose_features_the_demo_makes(name):
    config = base.configure(name, "demo")
    assert config.backbone in training.BACKBONES


def test_decoding_is_named_for_systems_of_the_demo_and_understood():
    assert set(DECODING) <= set(SYSTEMS)
    for said in DECODING.values():
        named = dict(option.split("=") for option in said)
        assert set(named) <= set(Options.__dataclass_fields__)


def test_the_two_campaigns_are_judged_by_the_two_protocols():
    assert [study.protocol for study in STUDIES.values()] == ["human_recall", "preference"]


def test_a_training_that_fails_is_told_with_its_last_words(tmp_path):
    (tmp_path / "train-ut.log").write_text("step 1\rstep 2\nThere is no corpus in nowhere.\n", encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])
    process.wait()
    with pytest.raises(RuntimeError, match=r"Training ut failed: There is no corpus in nowhere\. \(all of it: .*log\)"):
        training.trained("ut", process, tmp_path)

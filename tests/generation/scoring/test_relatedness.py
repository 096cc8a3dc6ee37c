"""Whether outputs speak of their scene: worked by hand, and by texts that do and do not."""

import math
import random

import pytest
from scipy.stats import binom

from generation.scoring.relatedness import Scenes, related, shuffled

SCENES = Scenes({"sea": ["鲸鱼来了", "好美"], "roof": ["猫在屋顶", "好美"], "moon": ["好美"]})


def test_an_overlap_counts_length_and_rarity():
    # Of 鲸来: 鲸 is the sea's alone, 来 too, 鲸来 nobody's. 好 is everybody's and weighs nothing.
    assert SCENES.overlap(["鲸来好"], "sea") == pytest.approx(2 * math.log(3))
    assert SCENES.overlap(["鲸鱼"], "sea") == pytest.approx((1 + 1 + 2) * math.log(3))
    assert SCENES.overlap(["鲸鱼"], "roof") == 0


def test_the_scene_is_guessed_from_all_texts_or_not_at_all():
    assert SCENES.guess(["好美", "屋顶上"]) == "roof"
    assert SCENES.guess(["好美"]) is None
    assert SCENES.guess([""]) is None


def test_the_share_of_right_scenes_is_tested_against_chance():
    outputs = [["鲸"], ["猫"], ["猫在"], ["好美"]]
    found = related(outputs, ["sea", "roof", "sea", "moon"], SCENES)
    assert (found["hits"], found["moments"], found["scenes"], found["chance"]) == (2, 4, 3, pytest.approx(1 / 3))
    assert found["p"] == pytest.approx(binom.sf(1, 4, 1 / 3))
    assert related([], [], SCENES)["p"] is related([], [], SCENES)["p_scenes"] is None


def test_texts_dealt_to_the_wrong_scenes_lead_nowhere():
    words = ["鲸鱼", "屋顶", "火车", "霓虹", "极光", "温室", "流星", "水晶", "草原", "阳台"]
    scenes = Scenes({word: [f"看{word}", f"{word}好美"] for word in words})
    truths = [random.Random(i).choice(words) for i in range(80)]
    assert related([[f"这{t}"] for t in truths], truths, scenes)["p"] < 1e-9
    wrong = [words[(words.index(t) + 3) % 10] for t in truths]
    assert related([[f"这{w}"] for w in wrong], truths, scenes)["p"] > 0.5


def test_scenes_change_their_names_as_wholes():
    # Three scenes have six orders; only their own gives all hits, and one in three keeps the first scene.
    assert shuffled(["a"] * 9 + ["b", "c"], ["a"] * 9 + ["b", "c"]) == pytest.approx(1 / 6, abs=0.01)
    assert shuffled(["a"] * 9 + [None, "b"], ["a"] * 9 + ["b", "c"]) == pytest.approx(1 / 3, abs=0.01)
    assert shuffled([None, None], ["a", "b"]) == 1.0


def test_guessing_one_scene_always_is_no_sign_of_relatedness():
    assert shuffled(["a"] * 12, list("aaaaaaaabbcc")) == pytest.approx(1 / 3, abs=0.01)
    truths = [name for name in "abcdefgh" for _ in range(4)]
    assert shuffled(truths, truths, draws=9_999) == pytest.approx(1e-4, abs=2e-4)

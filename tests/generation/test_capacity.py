"""The capacity study: trained, measured, drawn; resumed where it was broken off."""

import json
import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest
import torch

from generation import capacity
from generation.__main__ import main
from generation.autoencoders import Gaussian
from generation.errors import UserError
from generation.systems import base
from generation.systems.e_ga import EGA, EGAConfig
from generation.train import TrainOptions

TINY = EGAConfig(
    min_count=1, character=6, width=8, text_vector=4, comment_length=8, batch=8, text_steps=4, adam=True, lr=1e-2,
)  # fmt: skip
FIELDS = ["--min-count=1", "--character=6", "--width=8", "--text-vector=4", "--comment-length=8", "--batch=8"]


def words(corpus, out, *more):
    return ["capacity", str(corpus.root), "--out", str(out), "--device", "cpu", "--steps", "4", *FIELDS, *more]


def test_the_command_leaves_figure_table_and_numbers(small_corpus, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("哈哈哈哈\n\n前方|高能\n", encoding="utf-8")
    out = tmp_path / "study"
    assert main(words(small_corpus, out, "--mu0", "4,0", "--texts", str(texts))) == 0
    results = json.loads((out / "capacity.json").read_text())
    assert [(r["mu0"], round(r["capacity"], 4)) for r in results] == [(0.0, 0.0), (4.0, 0.5063)]
    assert all(r["loss"] > 0 and 0 <= r["exact"] <= 1 for r in results)
    table = (out / "capacity.md").read_text()
    assert table.count("| 哈哈哈哈 |") == 2
    assert "前方\\|高能" in table
    assert all(line.count(" | ") in (3, 5) for line in table.splitlines() if line.startswith("| 0"))
    assert ElementTree.parse(out / "capacity.svg").getroot().tag.endswith("svg")
    assert (out / "capacity.png").read_bytes().startswith(b"\x89PNG")
    checkpoint = base.load_checkpoint(out / "mu0-4")
    assert (checkpoint.config.mu0, checkpoint.config.text_steps) == (4.0, 4)
    stamp = (out / "mu0-4" / "model.safetensors").stat().st_mtime_ns
    before = (out / "capacity.json").read_bytes()
    assert main(words(small_corpus, out, "--mu0", "4,0", "--texts", str(texts))) == 0
    assert (out / "mu0-4" / "model.safetensors").stat().st_mtime_ns == stamp  # what is there is not trained again
    assert (out / "capacity.json").read_bytes() == before


def test_losses_are_means_over_held_out_comments(small_corpus, monkeypatch):
    monkeypatch.setattr(Gaussian, "draw", lambda self: self.mean)
    config, blind = capacity.textual(TINY, [small_corpus])
    assert not any(video.frames for corpus in blind for video in corpus.videos)
    texts = capacity.held_out(blind, 1)
    assert len(texts) == len(set(texts)) == 10
    system = base.seeded(config, EGA, capacity.windows.samples(small_corpus, "train"), None).eval()
    result = capacity.measure(system, 2.0, texts, texts[:2])
    total, characters = 0.0, 0
    with torch.no_grad():
        for text in texts:
            ids = system.ids([text])
            total += float(system.text.reconstruction(ids, system.text.encode(ids).mean))
            characters += ids.shape[1] - 1
    assert result.loss == result.loss_of_mean == pytest.approx(total / 10, rel=1e-5)
    assert result.loss_by_character == pytest.approx(total / characters, rel=1e-5)
    assert [row[0] for row in result.rows] == texts[:2]
    assert all(row[1] == row[2] for row in result.rows)  # the draw is the mean here


def test_more_room_gives_more_back(small_corpus, tmp_path):
    config = replace(TINY, width=24, text_vector=8, character=12, text_steps=250)
    options = TrainOptions(out=tmp_path / "study", device="cpu")
    none, four = capacity.study([small_corpus], config, [0.0, 4.0], options, ["前方高能"])
    assert four.loss < none.loss - 1.0
    assert four.exact > none.exact
    assert math.isclose(four.capacity, 0.5063, abs_tol=1e-4)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--mu0", "2,x"], "--mu0=2,x: numbers with commas between them are expected"),
        (["--mu0", "-1"], "--mu0=-1: numbers from 0 up are expected"),
        (["--texts", "nowhere.txt"], "nowhere.txt cannot be read as texts"),
        (["--depth=3"], "EGAConfig has no field 'depth'"),
    ],
)
def test_faults_are_said_in_sentences(small_corpus, tmp_path, capsys, more, sentence):
    assert main(words(small_corpus, tmp_path / "study", *more)) == 1
    assert sentence in capsys.readouterr().err


def test_a_corpus_that_holds_nothing_out_is_refused(make_corpus):
    corpus = make_corpus([{"id": "a", "duration": 9, "split": "train", "comments": [(1, "x")]}])
    with pytest.raises(UserError, match="no test or dev comments in corpus"):
        capacity.held_out([corpus], 1)

"""What is learnt on comments a model has not seen: held-out truths are ranked above chance."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from generation.corpus import backbones, features, prepare, windows
from generation.corpus.readers import jsonl, own
from generation.corpus.records import Corpus
from generation.decoding import Options
from generation.evaluate import EvaluateOptions, candidate_sets, items, rank
from generation.scoring import metrics
from generation.systems import base
from generation.train import TrainOptions, train

SHORT = {
    "blocks": "1",
    "width": "96",
    "inner": "192",
    "vocabulary": "6000",
    "min_count": "1",
    "steps": "220",
    "dev_every": "110",
    "dropout": "0.1",
    "lr": "2e-3",
    "keep_best": "true",
}


def ranked(corpus: Corpus, config: base.Config, out: Path, limit: int) -> tuple[base.System, dict]:
    """Train, then rank at most ``limit`` held-out moments."""
    checkpoint = train("ut", config, [corpus], TrainOptions(out=out, device="cpu"))
    system = base.load_checkpoint(checkpoint, features=features.for_corpora([corpus], config.backbone))
    options = EvaluateOptions(limit=limit, min_references=2, candidates=out / "candidates.json")
    found = items(corpus, options)
    return system, rank(system, found, candidate_sets(corpus, found, options)[0])


def above_chance(result: dict) -> bool:
    return result["metrics"]["MRR"]["ci95"][0] > result["random"]["MRR"]


@pytest.mark.slow
def test_ut_learns_from_the_demo_films(demo_copy, tmp_path):
    corpus = own.read(demo_copy)
    features.extract(corpus, backbones.Backbone("efficientnet_lite0"))
    config = base.override(base.configure("ut", "demo"), {"steps": "250", "keep_best": "true"})
    system, result = ranked(corpus, config, tmp_path / "ut", limit=60)
    assert above_chance(result), result
    test = windows.with_references(windows.samples(corpus, "test"), 3)[:20]
    outputs = system.generate(test, Options(per_sample=3, decoding="sample", temperature=0.7, top_p=0.9, seed=1))
    assert all(len({output.text for output in row}) == 3 for row in outputs)
    known = metrics.all_ngrams(t for s in windows.samples(corpus, "train") for t in s.references)
    texts = [[output.text for output in row] for row in outputs]
    mixed = [["".join(random.Random(0).sample(text, len(text))) for text in row] for row in texts]
    found, shuffled = (metrics.automatic(rows, [s.references for s in test], known) for rows in (texts, mixed))
    assert found["fluency"] > max(0.4, shuffled["fluency"] + 0.1)  # words people use, in an order people use
    assert found["diversity"] > 0.5


@pytest.mark.slow
def test_ut_learns_from_real_danmaku(real_data, tmp_path):
    raw = prepare.split_by_video(jsonl.read(real_data / "danmaku_open"), seed=1)
    corpus = prepare.write(raw, tmp_path / "corpus")
    config = replace(base.override(base.configure("ut", "demo"), SHORT), backbone="none", frame_norm=False)
    _, result = ranked(corpus, config, tmp_path / "ut", limit=150)
    assert above_chance(result), result

"""Evaluation: what a perfect system must get, and what a random one must."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from generation.corpus import windows
from generation.decoding import Output
from generation.errors import UserError
from generation.evaluate import EvaluateOptions, candidate_sets, evaluate, information, items, rank, reduce_by, write
from generation.systems import base
from generation.systems.base import System
from generation.systems.tfidf import TfidfConfig
from generation.systems.ut import UTConfig
from generation.train import TrainOptions, train


class Oracle(System):
    """Puts probability one on what people wrote, and writes it."""

    def generate(self, samples, options):
        return [[Output(1, sample.references[0], 0.0)] * options.per_sample for sample in samples]

    def score(self, samples, candidates):
        pairs = zip(samples, candidates, strict=True)
        return [[0.0 if text in sample.references else 99.0 for text in texts] for sample, texts in pairs]

    def save_files(self, folder: Path) -> None: ...

    def load_files(self, folder: Path) -> None: ...


class Guesser(Oracle):
    """Scores at random."""

    def score(self, samples, candidates):
        return [
            [random.Random(f"{s.id}{text}").random() for text in texts]
            for s, texts in zip(samples, candidates, strict=True)
        ]


@pytest.fixture
def corpus(make_corpus):
    """Two films of two minutes, every comment another text."""
    films = {
        split: [(second + i / 3, f"{split}{second}第{i}句") for second in range(120) for i in range(3)]
        for split in ("train", "test")
    }
    return make_corpus(
        [{"id": split, "duration": 120, "split": split, "comments": comments} for split, comments in films.items()]
    )


def system(cls, corpus):
    return cls.build(base.Config(), windows.samples(corpus, "train"))


def test_probability_one_on_the_truth_is_recall_100_and_mean_rank_1(corpus):
    options = EvaluateOptions()
    found = items(corpus, options)
    sets, _ = candidate_sets(corpus, found, options)
    result = rank(system(Oracle, corpus), found, sets)
    estimates = {name: value["estimate"] for name, value in result["metrics"].items()}
    assert estimates == {"R@1": 100.0, "R@5": 100.0, "R@10": 100.0, "MR": 1.0, "MRR": 1.0}
    assert result["mean_truths"] == 3
    assert result["mean_candidates"] == 100


def test_guessing_gives_the_random_baseline_within_its_interval(corpus):
    options = EvaluateOptions()
    found = items(corpus, options)
    sets, _ = candidate_sets(corpus, found, options)
    result = rank(system(Guesser, corpus), found, sets)
    low, high = result["metrics"]["MRR"]["ci95"]
    assert low < result["random"]["MRR"] < high
    assert result["random"]["MR"] == pytest.approx(101 / 4)


def test_what_people_wrote_has_bleu_1(corpus):
    options = EvaluateOptions(limit=10)
    found = items(corpus, options)
    result = write(system(Oracle, corpus), corpus, found, options)
    assert result["best"]["bleu4"] == pytest.approx(1.0)
    assert result["sampled"]["diversity"] == 0.0
    assert result["best"]["fluency"] < 1  # nobody wrote the word "test" in the training film


def test_items_and_candidates_are_the_same_for_every_system(corpus):
    options = EvaluateOptions(limit=7, seed=3)
    found = items(corpus, options)
    assert [s.id for s in items(corpus, options)] == [s.id for s in found]
    first, path = candidate_sets(corpus, found, options)
    assert candidate_sets(corpus, found, options) == (first, path)
    assert Path(path).parent == corpus.root / "candidates"
    with pytest.raises(UserError, match="was made for other items"):
        candidate_sets(corpus, items(corpus, EvaluateOptions(limit=7, seed=4)), EvaluateOptions(candidates=Path(path)))


def test_scores_may_be_reduced_otherwise_and_candidates_drawn_easier_and_the_result_says_so(corpus, tmp_path):
    tiny = UTConfig(blocks=1, width=16, heads=2, inner=16, comment_length=6, backbone="none", steps=2, batch=8)
    checkpoint = train("ut", tiny, [corpus], TrainOptions(out=tmp_path / "ut", device="cpu"))
    plain = EvaluateOptions(limit=8, generate=0)
    ways = [plain, replace(plain, reduction="sum"), replace(plain, plausible=False)]
    results = [evaluate(checkpoint, corpus, options) for options in ways]
    assert [(r["reduction"], r["plausible"]) for r in results] == [("mean", True), ("sum", True), ("mean", False)]
    assert results[0]["candidates"] == results[1]["candidates"] != results[2]["candidates"]
    system, sample, texts = base.load_checkpoint(checkpoint), items(corpus, plain)[0], ["第", "train9第1句"]
    words = [len(system.vocabulary.encode(text)[:4]) + 1 for text in texts]
    mean = system.score([sample], [texts])[0]
    reduce_by(system, "sum")
    assert system.score([sample], [texts])[0] == pytest.approx([m * n for m, n in zip(mean, words, strict=True)])
    assert words[0] < words[1]


def test_by_mutual_information_a_comment_gains_nothing_from_being_likely_anywhere(corpus, tmp_path):
    checkpoint = train("tfidf", TfidfConfig(), [corpus], TrainOptions(out=tmp_path / "tfidf"))
    result = evaluate(checkpoint, corpus, EvaluateOptions(limit=8, generate=0, pmi=True))
    assert result["pmi"] is True

    class Prior(base.System):
        """Likes 哈哈 everywhere, and what was said nearby a little."""

        def __init__(self):
            pass

        def score(self, samples, texts):
            return [
                [5.0 * (t == "哈哈") + any(t == c.text for c in s.context) for t in row]
                for s, row in zip(samples, texts, strict=True)
            ]

        generate = save_files = load_files = None

    system, sample = Prior(), next(s for s in items(corpus, EvaluateOptions()) if s.context)
    said = sample.context[0].text
    assert system.score([sample], [["哈哈", said, "别处"]]) == [[5.0, 1, 0]]
    assert information(system, sample, ["哈哈", said, "别处"]) == [0, 1, 0]


def test_faults_are_said_in_sentences(corpus, tmp_path):
    checkpoint = train("tfidf", TfidfConfig(), [corpus], TrainOptions(out=tmp_path / "tfidf"))
    with pytest.raises(UserError, match="no moments of the split 'dev'"):
        evaluate(checkpoint, corpus, EvaluateOptions(split="dev"))
    with pytest.raises(UserError, match="tfidf does not score word by word"):
        evaluate(checkpoint, corpus, EvaluateOptions(reduction="sum"))
    with pytest.raises(UserError, match=r"The density is 0\.0"):
        evaluate(checkpoint, corpus, EvaluateOptions(density=0.0))

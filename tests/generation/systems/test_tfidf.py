"""TF-IDF retrieval: the floor the others have to beat."""

import pytest

from generation.corpus.records import Comment, Sample
from generation.decoding import Options
from generation.systems import base
from generation.systems.tfidf import Tfidf, TfidfConfig

COMMENTS = ["这只猫好可爱", "猫在屋顶上", "下雨了", "哈哈哈哈", "哈哈哈哈", "NB NB"]


@pytest.fixture
def system() -> Tfidf:
    samples = [Sample(id=f"a@{i}", video="a", time=i, references=(text,)) for i, text in enumerate(COMMENTS)]
    system = Tfidf.build(TfidfConfig(), samples)
    system.fit(samples)
    return system


def about(*texts: str) -> Sample:
    return Sample(id="b@5", video="b", time=5, context=tuple(Comment(4.0, text) for text in texts))


def test_the_nearest_training_comment_comes_first(system):
    (outputs,) = system.generate([about("好可爱的猫")], Options(per_sample=3))
    assert [o.text for o in outputs][:2] == ["这只猫好可爱", "猫在屋顶上"]
    assert [o.rank for o in outputs] == [1, 2, 3]
    assert outputs[0].score > outputs[1].score


def test_without_a_known_word_the_most_frequent_comment_is_the_answer(system):
    (outputs,) = system.generate([about()], Options())
    assert outputs[0].text == "哈哈哈哈"


def test_it_ranks_by_similarity(system):
    (scores,) = system.score([about("好大的雨")], [["下雨了", "哈哈哈哈", "从未见过"]])
    assert scores[1] == scores[2] == 1.0
    (scores,) = system.score([about("下雨了")], [["下雨了", "哈哈哈哈"]])
    assert scores[0] == pytest.approx(0.0, abs=1e-9)


def test_drawing_is_seeded_and_prefers_the_similar(system):
    def drawn(seed):
        options = Options(per_sample=2, decoding="sample", seed=seed)
        return [o.text for o in system.generate([about("好可爱的猫")], options)[0]]

    assert drawn(1) == drawn(1)
    assert len({tuple(drawn(seed)) for seed in range(20)}) > 1
    assert sum("猫" in "".join(drawn(seed)) for seed in range(20)) == 20


def test_a_checkpoint_gives_the_same_answers_back(system, tmp_path):
    system.save(tmp_path)
    again = base.load_checkpoint(tmp_path)
    sample = about("好可爱的猫", "nb")
    assert again.generate([sample], Options(per_sample=3)) == system.generate([sample], Options(per_sample=3))

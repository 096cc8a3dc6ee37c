"""The 100 candidates: drawn once, by rule, the same for every system."""

import pytest

from generation.corpus.records import Comment, Sample
from generation.errors import UserError
from generation.scoring import candidates
from generation.scoring.candidates import PLAUSIBLE, POPULAR, RANDOM, TRUTH, Pool

FREQUENT = [f"常见{i}" for i in range(25) for _ in range(60 - i)]
ABOUT_CATS = [f"猫，{chr(0x5000 + i)}" for i in range(30)]
OTHERS = [f"{chr(0x5000 + i)}{chr(0x6000 + i)}" for i in range(200)]


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool([*FREQUENT, *ABOUT_CATS, *OTHERS])


def sample(references=("真的", "这只猫"), context=("猫", "猫", "好看"), name="a@1") -> Sample:
    surrounding = tuple(Comment(float(i), text) for i, text in enumerate(context))
    return Sample(id=name, video="a", time=9, references=references, context=surrounding)


def of(item, label):
    return {text for text, found in zip(item.texts, item.labels, strict=True) if found == label}


def test_an_item_has_truths_popular_plausible_and_random_candidates(pool):
    item = pool.item(sample(), seed=1)
    assert len(item.texts) == len(set(item.texts)) == 100
    assert of(item, TRUTH) == {"真的", "这只猫"}
    assert of(item, POPULAR) == {f"常见{i}" for i in range(20)}
    assert len(of(item, PLAUSIBLE)) == 20
    assert of(item, PLAUSIBLE) <= set(ABOUT_CATS)
    assert len(of(item, RANDOM)) == 58


def test_plausible_candidates_may_be_left_out_for_random_ones(pool):
    whole, easier = (pool.item(sample(), seed=1, plausible=kind) for kind in (True, False))
    assert of(easier, PLAUSIBLE) == set()
    assert (of(easier, TRUTH), of(easier, POPULAR)) == (of(whole, TRUTH), of(whole, POPULAR))
    assert len(of(easier, RANDOM)) == 78


def test_at_most_five_truths_and_the_others_are_nobodys_negatives(pool):
    item = pool.item(sample(references=tuple(OTHERS[:8])), seed=1)
    assert of(item, TRUTH) == set(OTHERS[:5])
    assert not set(OTHERS[5:8]) & set(item.texts)


def test_a_truth_that_is_popular_stays_a_truth(pool):
    item = pool.item(sample(references=("常见0",)), seed=1)
    assert of(item, TRUTH) == {"常见0"}
    assert of(item, POPULAR) == {f"常见{i}" for i in range(1, 21)}


def test_a_context_without_known_words_gives_random_candidates_instead(pool):
    item = pool.item(sample(context=("㊙",)), seed=1)
    assert of(item, PLAUSIBLE) == set()
    assert len(item.texts) == 100
    assert len(pool.item(sample(context=()), seed=1).texts) == 100


def test_words_of_one_character_count(pool):
    nearest = pool.nearest(["猫"])
    assert {pool.texts[i] for i in nearest} == set(ABOUT_CATS)


def test_the_draw_depends_on_seed_and_sample_alone(pool):
    assert pool.item(sample(), seed=1) == pool.item(sample(), seed=1)
    assert of(pool.item(sample(), seed=1), RANDOM) != of(pool.item(sample(), seed=2), RANDOM)
    assert of(pool.item(sample(), seed=1), RANDOM) != of(pool.item(sample(name="a@2"), seed=1), RANDOM)


def test_the_order_tells_nothing(pool):
    item = pool.item(sample(), seed=1)
    assert list(item.texts) == sorted(item.texts)


def test_a_small_pool_gives_what_it_has():
    item = Pool(["一", "二", "三"]).item(sample(), seed=0)
    assert len(item.texts) == 5
    with pytest.raises(UserError, match="no training comments"):
        Pool([])


def test_sets_are_kept_in_a_file_and_read_back(pool, tmp_path):
    items = candidates.build([sample(), sample(name="a@2")], [*FREQUENT, *OTHERS], seed=4)
    digest = candidates.save(items, tmp_path / "sets.json", seed=4)
    assert candidates.load(tmp_path / "sets.json") == items
    assert candidates.save(items, tmp_path / "again.json", seed=4) == digest
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(UserError, match="no file of candidates"):
        candidates.load(tmp_path / "broken.json")

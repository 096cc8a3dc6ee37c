"""Table I: what is counted, and what stands beside it."""

import json

import pytest

from generation import stats
from generation.__main__ import main


@pytest.fixture
def corpus(make_corpus):
    return make_corpus(
        [
            {"id": "a", "duration": 3600, "split": "train", "comments": [(1, "猫 在屋顶上"), (2, "好")]},
            {"id": "b", "duration": 1800, "split": "test", "comments": [(1, "哈哈")]},
        ]
    )


def test_means_are_per_video_and_per_comment(corpus):
    size = stats.measure(corpus)
    assert (size.videos, size.comments, size.hours, size.seconds, size.per_video) == (2, 3, 1.5, 2700, 1.5)
    assert size.characters == pytest.approx((5 + 1 + 2) / 3)
    assert size.words == pytest.approx((4 + 1 + 1) / 3)  # 猫|在|屋顶|上
    assert stats.measure(corpus, tokenizer="characters").words == pytest.approx((6 + 1 + 2) / 3)


def test_a_corpus_without_comments_has_means_of_zero(make_corpus):
    size = stats.measure(make_corpus([{"id": "a", "duration": 9, "split": "test", "comments": []}]))
    assert (size.comments, size.characters, size.words) == (0, 0, 0)


def test_published_rows_agree_with_themselves():
    for size in stats.PUBLISHED:
        assert size.comments / size.videos == pytest.approx(size.per_video, abs=1)
        assert size.hours * 3600 / size.videos == pytest.approx(size.seconds, rel=0.01)


def test_the_table_is_aligned_and_holds_the_published_rows(corpus, capsys):
    assert main(["stats", str(corpus.root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert len({len(line) for line in lines}) == 1
    assert lines[1].split() == ["Livebot", "(published)", "2,361", "895,929", "114.0", "174", "380", "9.08", "5.42"]
    assert lines[-1].split()[:4] == ["corpus", "2", "3", "1.5"]


def test_what_is_no_corpus_is_refused_in_a_sentence(tmp_path, capsys):
    assert main(["stats", str(tmp_path / "nowhere")]) == 1
    found = capsys.readouterr()
    assert "nowhere is no corpus" in found.err
    assert (found.err.count("\n"), found.out) == (1, "")


def test_the_rows_come_as_json_too(corpus, capsys):
    assert main(["stats", str(corpus.root), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["per_video"]) == ("corpus", 1.5)

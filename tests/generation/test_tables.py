"""The tables of the paper: published rows, ours, and what a random order would give for the same truths."""

import json

import pytest

from generation import tables
from generation.__main__ import main
from generation.scoring import metrics


@pytest.fixture
def result(tmp_path):
    def make(name="r.json", *, system="klvcg", ranks=(1, 2, 7, 30), sizes=((100, 5), (100, 1)), **fields):
        ranking = {
            "metrics": {key: interval.as_json() for key, interval in metrics.ranking(ranks).items()},
            "random": metrics.random_baseline(sizes),
            "mean_truths": sum(truths for _, truths in sizes) / len(sizes),
        }
        data = {"system": system, "corpus": "mine", "items": len(ranks), "density": 1.0, "ranking": ranking} | fields
        path = tmp_path / name
        path.write_text(json.dumps(data))
        return path

    return make


def printed(capsys, *words):
    assert main(["table", *map(str, words)]) == 0
    return capsys.readouterr().out.splitlines()


def test_ours_stand_beside_the_published_and_the_random_row(result, capsys):
    lines = printed(capsys, result())
    assert len(lines) == 1 + 12 + 2
    assert lines[4].split() == ["Livebot", "KLVCG+", "(published)", "14.88", "44.81", "62.50", "11.91", "0.295"]
    assert "random, 3.00 truths" in lines[-2]
    by_hand = [3, 14, 25.8, 33.67, 0.107]  # means of the known values for five truths and for one of a hundred
    assert [float(cell) for cell in lines[-2].split()[-5:]] == pytest.approx(by_hand, abs=0.03)
    low, high = metrics.ranking([1, 2, 7, 30])["R@1"].low, metrics.ranking([1, 2, 7, 30])["R@1"].high
    assert f"klvcg                25.00 [{low:.2f}, {high:.2f}]" in lines[-1]


def test_one_random_row_for_systems_on_the_same_items(result, capsys):
    sparse = result("b.json", system="ut", density=0.2)
    lines = printed(capsys, "--no-published", f"KLVCG={result()}", sparse)
    assert [line.split("  ")[1].strip() for line in lines[1:]] == ["random, 3.00 truths", "KLVCG", "ut, 20% context"]


def test_one_item_has_no_interval_of_its_mean(result, capsys):
    assert printed(capsys, "--no-published", result(ranks=(4,)))[-1].split()[-2:] == ["4.00", "0.250"]


def test_latex_escapes_what_means_something_there(result, capsys):
    lines = printed(capsys, "--latex", "--table", "IV", f"a_b&c={result(corpus='50%')}")
    assert (lines[0], lines[-1]) == (r"\begin{tabular}{llrrrrr}", r"\end{tabular}")
    assert len(lines) == 4 + 10 + 2 + 2
    assert r"50\%, 4 items & a\_b\&c & 25.00" in lines[-3]
    assert all(line.count(" & ") == 6 for line in lines[4:-2])


@pytest.mark.parametrize("content", ["{}", "[", '{"ranking": {"metrics": {}}}', "[]"])
def test_what_is_no_result_is_refused_in_a_sentence(tmp_path, capsys, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    assert main(["table", str(path)]) == 1
    assert "x.json is no ranking result" in capsys.readouterr().err
    assert main(["table", str(tmp_path / "none.json")]) == 1
    assert main(["table", "name="]) == 1


def test_the_ladder_of_the_paper_ends_at_its_full_model():
    for corpus, ladder in tables.TABLE_IV.items():
        assert ladder["+Period"] == tables.TABLE_III[corpus]["KLVCG"]

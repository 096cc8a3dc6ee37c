"""Tables III and IV: the published figures beside ours, and what a random order would get for the same truths."""

import json

import pytest

from generation.__main__ import main
from generation.scoring import metrics
from generation.tables import ranking


@pytest.fixture
def result(tmp_path):
    def make(name="r.json", *, system="klvcg", ranks=(1, 2, 7, 30), sizes=((100, 5), (100, 1)), **fields):
        ranked = {
            "metrics": {key: interval.as_json() for key, interval in metrics.ranking(ranks).items()},
            "random": metrics.random_baseline(sizes),
            "mean_truths": sum(truths for _, truths in sizes) / len(sizes),
        }
        data = {"system": system, "corpus": "mine", "items": len(ranks), "density": 1.0, "ranking": ranked} | fields
        path = tmp_path / name
        path.write_text(json.dumps(data))
        return path

    return make


def printed(capsys, *words):
    assert main(["table", *map(str, words)]) == 0
    return capsys.readouterr().out.splitlines()


def test_our_figures_stand_in_the_row_of_the_published_ones(result, capsys):
    titles, heads, *lines = printed(capsys, result())
    data_sets = ["Livebot (published)", "MovieLC (published)", "VideoIC (published)", "mine, 4 items, 3.00 truths"]
    assert [title.strip() for title in titles.split("   ") if title.strip()] == data_sets
    assert heads.split() == ["system", *ranking.METRICS * 4]
    rows = {line[:12].strip(): line for line in lines}
    assert list(rows) == ["random order", "UT", "MML-CG", "KLVCG", "", "KLVCG+"]
    klvcg = [float(cell) for cell in rows["KLVCG"].split()[1:]]
    assert klvcg[:10] == [13.49, 41.43, 59.31, 13.09, 0.276, 7.36, 19.26, 29.92, 24.87, 0.154]
    assert klvcg[15:] == [25.0, 50.0, 75.0, 10.0, 0.419]
    assert rows["UT"].split()[1:6] == ["9.65", "35.48", "53.62", "14.98", "0.230"]
    assert len(rows["UT"].split()) == 16
    low, high = metrics.ranking([1, 2, 7, 30])["R@1"].low, metrics.ranking([1, 2, 7, 30])["R@1"].high
    assert rows[""].split("  ")[-1].startswith("[")
    assert f"[{low:.2f}, {high:.2f}]" in rows[""]


def test_a_column_begins_where_its_title_does(result, capsys):
    titles, heads, *lines = printed(capsys, result(corpus="x" * 90))
    place = titles.index("xxx")
    assert heads[:place].split()[-1] == "MRR"
    assert heads[place:].split() == list(ranking.METRICS)
    assert all(line[place - 2 : place].strip() == "" for line in lines)


def test_the_random_order_is_of_the_very_truths(result, capsys):
    line = printed(capsys, "--no-published", result())[2]
    by_hand = [3, 14, 25.8, 33.67, 0.107]  # means of the known values for five truths and for one of a hundred
    assert [float(cell) for cell in line.removeprefix("random order").split()] == pytest.approx(by_hand, abs=0.03)


def test_other_corpora_densities_and_names_are_blocks_and_rows(result, capsys):
    files = [
        f"KLVCG+={result()}",
        result("b.json", system="ut", density=0.2),
        result("c.json", system="tfidf", corpus="other"),
    ]
    titles, _, *lines = printed(capsys, "--no-published", *files)
    assert "mine, 4 items, 3.00 truths" in titles
    assert "other, 4 items, 3.00 truths" in titles
    assert [line[:15].strip() for line in lines if line[:15].strip()] == [
        "random order", "KLVCG+", "UT, 20% context", "TF-IDF",
    ]  # fmt: skip


def test_easier_candidates_are_another_block(result, capsys):
    titles = printed(capsys, "--no-published", result(), result("b.json", plausible=False))[0]
    assert "mine, 4 items, 3.00 truths, no plausible negatives" in titles


def test_a_line_for_each_data_set_is_the_narrow_layout(result, capsys):
    lines = printed(capsys, "--lines", result())
    assert len(lines) == 1 + 12 + 2
    assert lines[4].split() == ["Livebot", "KLVCG+", "(published)", "14.88", "44.81", "62.50", "11.91", "0.295"]
    assert "random order" in lines[-2]
    assert "25.00 [" in lines[-1]


def test_one_item_has_no_interval_of_its_mean(result, capsys):
    lines = printed(capsys, "--no-published", result(ranks=(4,)))
    assert lines[3].split()[-2:] == ["4.00", "0.250"]
    assert lines[4].count("[") == 3


def test_latex_has_the_groups_and_escapes_what_means_something_there(result, capsys):
    lines = printed(capsys, "--latex", "--table", "IV", f"a_b&c={result(corpus='50%')}")
    assert (lines[0], lines[-1]) == (r"\begin{tabular}{lrrrrrrrrrrrrrrr}", r"\end{tabular}")
    assert r"\multicolumn{5}{c}{50\%, 4 items, 3.00 truths}" in lines[2]
    assert lines[3] == r"\cmidrule(lr){2-6}\cmidrule(lr){7-11}\cmidrule(lr){12-16}"
    body = lines[lines.index(r"\midrule") + 1 : -2]
    assert all(line.count("&") == 15 + line.count(r"\&") for line in body)
    assert any(line.startswith(r"a\_b\&c & ") and "25.00" in line for line in body)
    assert [line.split(" &")[0] for line in body[1:6]] == ["Basic", "+MLM", "+KG", "+AC", "+Period"]


@pytest.mark.parametrize("content", ["{}", "[", '{"ranking": {"metrics": {}}}', "[]"])
def test_what_is_no_result_is_refused_in_a_sentence(tmp_path, capsys, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    assert main(["table", str(path)]) == 1
    assert "x.json is no ranking result" in capsys.readouterr().err
    assert main(["table", str(tmp_path / "none.json")]) == 1
    assert main(["table", "name="]) == 1


def test_results_that_would_hide_each_other_are_refused(result, capsys):
    assert main(["table", str(result()), str(result("b.json"))]) == 1
    assert "Two results are KLVCG on mine, 4 items, 3.00 truths; name one of them" in capsys.readouterr().err
    other = result("c.json", system="ut", sizes=((50, 5), (50, 1)))
    assert main(["table", str(result()), str(other)]) == 1
    assert "are of different items" in capsys.readouterr().err


def test_the_ladder_of_the_paper_ends_at_its_full_model():
    for corpus, ladder in ranking.TABLE_IV.items():
        assert ladder["+Period"] == ranking.TABLE_III[corpus]["KLVCG"]

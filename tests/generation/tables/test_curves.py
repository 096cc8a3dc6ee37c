"""The sparse-context figure: every system's curve with its intervals, and the random order; or one sentence."""

import json
import re
from xml.etree import ElementTree

import pytest

from generation.__main__ import main
from generation.scoring import metrics
from generation.tables import curves, ranking


@pytest.fixture
def result(tmp_path):
    def make(system="klvcg", density=1.0, corpus="mine", ranks=(1, 2, 7, 30)):
        ranked = {
            "metrics": {key: interval.as_json() for key, interval in metrics.ranking(ranks).items()},
            "random": metrics.random_baseline([(100, 5)]),
            "mean_truths": 5,
        }
        data = {"system": system, "corpus": corpus, "items": len(ranks), "density": density, "ranking": ranked}
        path = tmp_path / f"{system}-{density}-{corpus}.json"
        path.write_text(json.dumps(data))
        return path

    return make


def test_curves_rise_in_density_and_keep_the_order_given(result):
    files = [result("mml_cg", 1.0), result("klvcg", 0.5), result("mml_cg", 0.2), result("klvcg", 1.0)]
    found = curves.curves([ranking.read(path) for path in files])
    assert {name: [row.density for row in rows] for name, rows in found.items()} == {
        "MML-CG": [0.2, 1.0],
        "KLVCG": [0.5, 1.0],
    }
    assert list(found) == ["MML-CG", "KLVCG"]


def test_the_figure_shows_every_system_with_intervals_in_four_panels(result, tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda self, path, **_: (drawn.append(self), path.write_bytes(b"x")))
    files = [result(system, density) for system in ("klvcg", "mml_cg") for density in (0.2, 0.5, 1.0)]
    assert main(["plot", *map(str, files), "--out", str(tmp_path / "figure.pdf")]) == 0
    (figure,) = drawn
    assert [axes.get_title() for axes in figure.axes] == ["R@1 (%)", "R@5 (%)", "R@10 (%)", "MRR"]
    klvcg = figure.axes[3].containers[0]
    assert klvcg.lines[0].get_xydata().tolist() == [[d, pytest.approx(metrics.ranking([1, 2, 7, 30])["MRR"].estimate)] for d in (0.2, 0.5, 1.0)]  # fmt: skip  # noqa: E501
    (bars,) = klvcg.lines[2]
    (low, high) = bars.get_segments()[0][:, 1]
    assert (low, high) == (
        pytest.approx(metrics.ranking([1, 2, 7, 30])["MRR"].low),
        pytest.approx(metrics.ranking([1, 2, 7, 30])["MRR"].high),
    )
    chance = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_label() == "random order"]
    assert chance == [pytest.approx(5.0)]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["KLVCG", "MML-CG", "random order"]
    styles = {
        (c.lines[0].get_color(), c.lines[0].get_linestyle(), c.lines[0].get_marker()) for c in figure.axes[0].containers
    }
    assert len(styles) == 2


def test_the_same_results_give_the_same_bytes(result, tmp_path, capsys):
    files = [str(result(density=density)) for density in (0.2, 1.0)]
    for name in ("a.svg", "b.svg"):
        assert main(["plot", *files, "--out", str(tmp_path / name)]) == 0
    first = (tmp_path / "a.svg").read_bytes()
    assert first == (tmp_path / "b.svg").read_bytes()
    assert ElementTree.fromstring(first).tag.endswith("svg")
    assert not re.search(rb"dc:date", first)
    assert "b.svg" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "out", "sentence"),
    [
        ([("klvcg", 1.0)], "f.svg", "A curve needs a system at two densities"),
        ([("klvcg", 1.0), ("klvcg", 0.2)], "f.gif", "f.gif is no file for a figure"),
        ([("klvcg", 1.0), ("klvcg", 0.2, "other")], "f.svg", "A figure is of one set of items"),
        ([("klvcg", 1.0), ("klvcg", 1.0)], "f.svg", "Two results are KLVCG; name one of them"),
        ([(f"s{i}", d) for i in range(8) for d in (0.2, 1.0)], "f.svg", "8 systems cannot be told apart"),
    ],
)
def test_what_makes_no_figure_is_refused_in_a_sentence(result, tmp_path, capsys, files, out, sentence):
    assert main(["plot", *(str(result(*file)) for file in files), "--out", str(tmp_path / out)]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / out).exists()

"""Table 1: Human Recall from a campaign, the metrics of outputs, and the paper's row below ours."""

import json

import pytest

from generation.__main__ import main

AUTOMATIC = {"bleu4": 0.1776, "bleu4_sentence": 0.21, "fluency": 0.5, "diversity": 0.25, "non_null_rate": 1.0}


@pytest.fixture
def result(tmp_path):
    def make(name="r.json", system="e_ga", **changed):
        sampled = AUTOMATIC | changed
        data = {"system": system, "automatic": {"sampled": sampled, "best": AUTOMATIC | {"diversity": None}}}
        (tmp_path / name).write_text(json.dumps(data))
        return str(tmp_path / name)

    return make


@pytest.fixture
def report(tmp_path):
    def make(simulated=0, **fields):
        systems = [
            {"system": "e_ga", "human_recall": 0.61, "ci95": [0.551, 0.669]},
            {"system": "human", "human_recall": 0.8, "ci95": None},
            {"system": "cvae", "human_recall": None, "ci95": None},
        ]
        data = {"systems": systems, "counts": {"raters": 40, "simulated": simulated}} | fields
        (tmp_path / "report.json").write_text(json.dumps(data))
        return str(tmp_path / "report.json")

    return make


def test_the_published_row_stands_below_ours_in_the_order_of_the_paper(result, capsys):
    assert main(["table", "--table", "1", result(), result("u.json", "ut")]) == 0
    found = capsys.readouterr()
    rows = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in found.out.splitlines()]
    assert rows[0] == ["system", "Human Recall", "BLEU-4 corpus", "BLEU-4 sentence", "Fluency", "Diversity", "non-null"]
    assert [row[0] for row in rows[1:]] == [
        "Encoder-Decoder (published)",
        "Conditional VAE (published)",
        "Simple-GAN (published)",
        "E-GA",
        "E-GA (published)",
        "UT",
    ]
    assert rows[4][1:] == ["-", "0.1776", "0.2100", "0.5000", "0.2500", "1.0000"]
    assert rows[5][1:] == ["0.6274", "0.1776", "-", "0.8451", "0.9648", "-"]
    assert "give a campaign's report with --human" in found.err


def test_the_human_column_comes_from_a_campaign(result, report, capsys):
    words = ["table", "--table", "1", "--no-published", f"Ours={result()}", result("c.json", "cvae")]
    assert main([*words, "--human", report()]) == 0
    found = capsys.readouterr()
    lines = found.out.splitlines()
    assert lines[2].split()[:4] == ["Ours", "0.6100", "[0.551,", "0.669]"]
    assert lines[1].split()[:4] == ["Conditional", "VAE", "-", "0.1776"]
    assert lines[3].split() == ["people", "0.8000", "-", "-", "-", "-", "-"]
    assert "40 raters." in found.err


def test_the_report_of_a_real_campaign_is_understood(result, tmp_path, capsys):
    """The two buildings share this file and no import."""
    from evalsite.reports.summary import summarise
    from tests.evalsite.reports.study import tables

    def report(protocol, answers):
        texts = {"e_ga": {"s1": ["对抗"], "s2": ["生成"]}, "human": {"s1": ["真的"], "s2": ["也是"]}}
        path = tmp_path / "report.json"
        path.write_text(json.dumps(summarise(tables(protocol, texts, answers)), default=str))
        return ["--human", str(path)]

    answers = [("r1", "s1", ["对抗"]), ("r1", "s2", []), ("r2", "s1", []), ("r2", "s2", ["也是"])]
    assert main(["table", "--table", "1", "--no-published", result(), *report("human_recall", answers)]) == 0
    found = capsys.readouterr()
    assert [line.split()[:2] for line in found.out.splitlines()[1:]] == [["E-GA", "0.7500"], ["people", "0.7500"]]
    assert "2 raters." in found.err
    assert main(["table", "--table", "1", result(), *report("preference", [("r1", "s1", "对抗")])]) == 1
    assert "has no Human Recall" in capsys.readouterr().err


def test_simulated_raters_are_never_called_people(result, report, capsys):
    assert main(["table", "--table", "1", result(), "--human", report(simulated=40)]) == 0
    assert "40 SIMULATED raters, not people" in capsys.readouterr().err


def test_latex(result, report, capsys):
    assert main(["table", "--table", "1", "--latex", f"50%={result()}", "--human", report()]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [r"\begin{tabular}{lrrrrrr}", r"\toprule", lines[2]]
    assert r"50\% & 0.6100 [0.551, 0.669] & 0.1776 & 0.2100 & 0.5000 & 0.2500 & 1.0000 \\" in lines


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is not JSON"),
        ("[]", "has no Human Recall"),
        ('{"systems": [{"system": "klvcg", "share": 0.4}], "counts": {}}', "has no Human Recall"),
        ('{"blinded": true}', "is blinded, because its campaign was still running"),
    ],
)
def test_a_report_without_human_recall_is_refused_in_a_sentence(result, tmp_path, capsys, content, sentence):
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    assert main(["table", "--table", "1", result(), "--human", str(path)]) == 1
    found = capsys.readouterr()
    assert sentence in found.err
    assert found.err.count("\n") == 1
    assert found.out == ""


def test_results_without_outputs_and_other_tables_are_refused(result, report, tmp_path, capsys):
    (tmp_path / "ranked.json").write_text('{"system": "ut", "ranking": {}}')
    assert main(["table", "--table", "1", str(tmp_path / "ranked.json")]) == 1
    assert "ranked.json has no automatic metrics of outputs" in capsys.readouterr().err
    assert main(["table", result(), "--human", report()]) == 1
    assert "--human fills the column Human Recall of --table 1" in capsys.readouterr().err

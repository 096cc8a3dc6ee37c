"""The case sheet: a moment, what was recalled, what systems wrote and what people wrote, together in one file."""

import re

import pytest
from PIL import Image

from generation.__main__ import main
from generation.corpus.records import Comment, Sample
from generation.decoding import Output
from generation.sheets import cases, html
from generation.sheets.cases import Case
from generation.systems.tfidf import TfidfConfig
from generation.train import TrainOptions, train


def text_of(page):
    """What a reader reads."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


@pytest.fixture
def sample(tmp_path):
    """Eleven frames of which the first four are one, as at the border of a stretch."""
    frames = []
    for i in range(3, 11):
        Image.new("RGB", (64, 36), (20 * i, 90, 90)).save(tmp_path / f"{i}.png")
        frames.append(str(tmp_path / f"{i}.png"))
    return Sample(
        id="film@65",
        video="film",
        time=65,
        title="A <b> film",
        frames=(frames[0],) * 3 + tuple(frames),
        context=(Comment(64.5, "前方高能"), Comment(67.0, "</span><script>")),
        references=("猫", "猫", "好 & 美"),
    )


def test_a_case_holds_everything_in_reading_order(sample):
    outputs = {"KLVCG": [Output(1, "猫", -1.0), Output(2, "来了", -2.0)], "UT": [Output(1, "", None)]}
    case = Case(sample, outputs, ["灯塔 用途 导航"], {64: ["别的视频说的"]})
    page = cases.sheet([case], ["drawn by seed 0 & nothing else"])
    read = text_of(page)
    order = [
        "A &lt;b&gt; film 1:05",
        "1:03",
        "1:10",
        "Surrounding comments · 周围弹幕",
        "1:04 前方高能 别的视频说的",
        "1:07 &lt;/span&gt;&lt;script&gt;",
        "来自其他视频",
        "Recalled facts · 召回的知识 灯塔 用途 导航",
        "KLVCG 猫 = people · 与真实弹幕相同 来了",
        "UT null · 空",
        "People · 真实弹幕 猫 好 &amp; 美",
        "drawn by seed 0 &amp; nothing else",
    ]
    places = [read.find(part) for part in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_each_frame_stands_once_under_its_own_second(sample):
    page = cases.sheet([Case(sample, {})], [])
    # the frame of 1:03 stands in for 1:00 to 1:02 as well
    assert re.findall(r">(\d+:\d+)</figure>", page) == [html.clock(second) for second in range(63, 71)]
    assert page.count("class='now'") == 1
    assert re.search(r"class='now'>.{30,}?>1:05</figure>", page)


def test_it_is_one_file_without_script_or_foreign_address(sample):
    page = cases.sheet([Case(sample, {"UT": [Output(1, "<img src=x onerror=alert(1)>", None)]})], [])
    assert {match[:10] for match in re.findall(r"(?:src|href)=[\"']([^\"']+)", page)} == {"data:image"}
    assert not re.search(r"<script|https?://|<link|@import|url\(", page)
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_without_frames_comments_and_knowledge_it_says_so():
    page = text_of(cases.sheet([Case(Sample(id="a@1", video="a", time=1), {})], []))
    assert "No frames · 没有画面" in page
    assert "Nobody commented within 5 s · 前后 5 秒没有弹幕" in page
    assert "People · 真实弹幕 none · 无" in page
    assert "Recalled facts" not in page


def test_times_and_stretches_of_time():
    assert [html.clock(s) for s in (0, 7.9, 65, 3723)] == ["0:00", "0:07", "1:05", "1:02:03"]
    assert html.spans([2, 3, 4, 9]) == "0:02–0:04, 0:09"


@pytest.fixture
def checkpoint(small_corpus, tmp_path):
    return train("tfidf", TfidfConfig(), [small_corpus], TrainOptions(out=tmp_path / "tfidf"))


def run(capsys, *words, status=0):
    assert main(["cases", *map(str, words)]) == status
    return capsys.readouterr().err


def test_drawn_moments_are_the_seeds_and_named_ones_are_said_to_be_chosen(small_corpus, checkpoint, tmp_path, capsys):
    out = tmp_path / "cases.html"
    words = [small_corpus.root, "--checkpoint", checkpoint, "--out", out]
    assert "3 cases of 1 systems" in run(capsys, *words, "--number", 3, "--seed", 5)
    first = out.read_text(encoding="utf-8")
    assert "corpus: 3 of 20 test moments, drawn by seed 5." in text_of(first)
    assert len(re.findall("<article>", first)) == 3
    run(capsys, *words, "--number", 3, "--seed", 5)
    assert out.read_text(encoding="utf-8") == first
    run(capsys, *words, "--moments", "film-test@7", "film-train@2")
    page = text_of(out.read_text(encoding="utf-8"))
    assert "corpus: moments chosen by whoever made this sheet." in page
    assert page.index("film-test@7") < page.index("film-train@2")
    assert "TF-IDF" in page


def test_recalled_facts_and_comments_are_on_the_sheet(make_corpus, tmp_path, capsys):
    others = [(s, "灯塔旁边的船长看见鲸鱼了") for s in range(12)]
    here = [(s, text) for s in range(12) for text in ("灯塔好美啊", "船长来了")]
    corpus = make_corpus(
        [
            {"id": "a", "duration": 12, "split": "train", "comments": others},
            {"id": "b", "duration": 12, "split": "test", "comments": here},
        ]
    )
    (tmp_path / "facts.tsv").write_text("灯塔\t用途\t指引航船\n", encoding="utf-8")
    known = tmp_path / "known"
    assert main(["knowledge", str(corpus.root), "--triples", str(tmp_path / "facts.tsv"), "--out", str(known)]) == 0
    model = train("tfidf", TfidfConfig(), [corpus], TrainOptions(out=tmp_path / "tfidf"))
    out = tmp_path / "cases.html"
    run(capsys, corpus.root, "--checkpoint", f"floor={model}", "--moments", "b@6", "--knowledge", known, "--out", out)
    page = out.read_text(encoding="utf-8")
    assert "灯塔 用途 指引" in text_of(page)
    assert "<span class='said other'>灯塔旁边的船长看见鲸鱼了</span>" in page
    assert "floor" in text_of(page)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--moments", "film-test@99"], "no moment 'film-test@99' with comments; ids look like film-train@0"),
        (["--number", "0"], "--number 0: at least one moment is expected"),
        (["--min-references", "9"], "no test moments with 9 or more distinct comments"),
        (["--knowledge", "nowhere"], "nowhere holds no knowledge"),
        (["--checkpoint", "nowhere"], "There is no checkpoint in nowhere"),
        (["--checkpoint", "{c}", "{c}"], "Two checkpoints are TF-IDF; name one of them: NAME=DIR."),
        (["--checkpoint", "UT="], "'UT=' names no file"),
    ],
)
def test_mistakes_are_one_sentence_and_no_sheet(small_corpus, checkpoint, tmp_path, capsys, words, sentence):
    given = [str(word).replace("{c}", str(checkpoint)) for word in words]
    standard = [] if "--checkpoint" in words else ["--checkpoint", checkpoint]
    said = run(capsys, small_corpus.root, *standard, *given, "--out", tmp_path / "cases.html", status=1)
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "cases.html").exists()

"""Recall: the right facts and comments, and above all nothing of what a system has to guess."""

import pickle
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.__main__ import main
from generation.corpus import windows
from generation.corpus.readers import jsonl
from generation.corpus.records import Comment, Corpus, Segment, Video
from generation.corpus.vocabulary import SEP
from generation.errors import UserError
from generation.knowledge import recall
from generation.knowledge.recall import Knowledge
from generation.knowledge.words import tokens

LIFE = "新海诚是日本动画导演、编剧、作家，代表作品有秒速五厘米、言叶之庭、你的名字和天气之子等动画电影作品"
FACTS = [
    ("你的名字。（动画电影）", "导演", "新海诚"),
    ("你的名字。（动画电影）", "类型", "爱情动画"),
    ("新海诚", "Information", LIFE),
    ("猫[动物]", "类型", "动物"),
    ("船长", "工作地点", "港口的大船"),
]  # fmt: skip
TEXTS = [
    "你的名字真好看",
    "新海诚的动画电影",
    "船长和港口",
    "船长看着港口的星空",
    "动画电影的星空",
    "哈哈哈哈",
    "泪目",
    "",
]


def video(name, comments, split="train", **fields):
    ordered = sorted((Comment(float(t), text) for t, text in comments), key=lambda c: c.time)
    return Video(id=name, comments=tuple(ordered), duration=30, split=split, **fields)


@pytest.fixture(scope="module")
def facts_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("facts") / "film.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in FACTS), encoding="utf-8")
    return path


@pytest.fixture
def make(tmp_path_factory, facts_file):
    def knowledge(*videos, **options):
        out = tmp_path_factory.mktemp("made") / "knowledge"
        recall.build([Corpus("c", videos)], [facts_file], out, **options)
        return Knowledge.open(out)

    return knowledge


def moment(of, t, name=""):
    whole = windows.samples(Corpus("c", (replace(of, comments=(*of.comments, Comment(float(t), "?"))),)), of.split)
    return next(s for s in whole if s.time == t)


def sentences(words):
    return "".join(words).split(SEP)


FILM = video("film", [(10, "你的名字真好看"), (11, "新海诚的电影"), (12, "船长去港口"), (14, "猫"), (20, "星空")])


def test_facts_of_names_in_the_context_are_told_in_their_words(make):
    told = sentences(make(FILM).facts(moment(FILM, 13)))
    assert "你的名字导演新海诚" in told
    assert "船长工作地点港口的大船" in told
    assert not [fact for fact in told if fact.startswith("猫")]  # one character is no keyword


def test_names_far_from_the_moment_are_not_looked_up(make):
    assert make(FILM).facts(moment(FILM, 27)) == []


def test_facts_of_facts_are_told_last_where_they_are_long_enough(make):
    film = video("film", [(10, "你的名字真好看"), (25, "新海诚的动画电影")])
    told = sentences(make(film).facts(moment(film, 9), limit=80))
    assert told[-1].startswith("新海诚Information")
    assert sorted(told[:-1]) == ["你的名字导演新海诚", "你的名字类型爱情动画"]


@pytest.mark.parametrize("limit", [0, 1, 5, 10, 20, 30, 79])
def test_the_limit_holds_and_no_separator_stands_at_an_end(make, limit):
    words = make(FILM).facts(moment(FILM, 13), limit=limit)
    assert len(words) <= limit
    assert SEP not in {*words[:1], *words[-1:]}


def test_the_published_way_tells_each_word_once_and_seeds_its_shuffle(make):
    one, again, other = make(FILM, official=True), make(FILM, official=True), make(FILM, official=True, seed=1)
    sample = moment(FILM, 13)
    told = [fact.split() for fact in " ".join(one.facts(sample)).split(SEP)]
    assert all(len(set(words)) == len(words) and "的" not in words for words in told)
    assert one.facts(sample) == again.facts(sample)
    assert (one.digest, one.digest) == (again.digest, pickle.loads(pickle.dumps(one)).digest)
    assert one.digest != other.digest


def test_comments_of_other_training_videos_fill_the_seconds_that_share_two_keywords(make):
    others = [
        video("one", [(1, "船长站在港口"), (2, "港口真大"), (3, "船长去港口")]),
        video("two", [(1, "港口没有船长只有海"), (2, "船长站在港口")]),
        video("held", [(1, "港口的老船长")], split="test"),
    ]
    made, sample = make(FILM, *others), moment(FILM, 13)
    assert made.comments(sample) == {12: ["船长站在港口", "港口没有船长只有海"]}
    assert made.comments(sample, room=8) == {12: ["船长站在港口"]}
    assert made.comments(sample, room=4) == {}


def test_comments_may_be_kept_to_the_category(make):
    film = replace(FILM, category="film")
    others = [video(k, [(1, f"{k}船长在港口")], category=k) for k in ("film", "game")]
    others = [replace(v, id=v.id + "2") for v in others]
    assert make(film, *others, same_category=True).comments(moment(film, 13)) == {12: ["film船长在港口"]}
    assert len(make(film, *others).comments(moment(film, 13))[12]) == 2


spoken = st.lists(st.tuples(st.integers(0, 24), st.sampled_from(TEXTS[:-1])), max_size=12)


@settings(max_examples=25, deadline=None)
@given(around=spoken, mine=spoken, theirs=spoken, t=st.integers(0, 24))
def test_a_training_moment_recalls_the_same_whatever_was_written_at_it(
    tmp_path_factory, facts_file, around, mine, theirs, t
):
    base = [(s, text) for s, text in around if s != t]
    other, results = video("other", theirs), []
    for target in ([], [(t, text) for _, text in mine]):
        film, out = video("film", base + target), tmp_path_factory.mktemp("made") / "k"
        recall.build([Corpus("c", (film, other))], [facts_file], out)
        made, sample = Knowledge.open(out), replace(moment(film, t), references=())
        results.append((made.facts(sample), made.comments(sample), made.keywords(sample)))
    assert results[0] == results[1]


@settings(max_examples=25, deadline=None)
@given(around=spoken, held=spoken, theirs=spoken, t=st.integers(0, 24), split=st.sampled_from(["dev", "test"]))
def test_nothing_depends_on_held_out_comments_but_those_around_the_moment(
    tmp_path_factory, facts_file, around, held, theirs, t, split
):
    near = [(s, text) for s, text in around if abs(s - t) <= 5]
    far = [(s, text) for s, text in held if abs(s - t) > 5 or s == t]
    results = []
    for rest in ([], far):
        film, out = video("film", near + rest, split), tmp_path_factory.mktemp("made") / "k"
        also = video("also", [(1, text) for _, text in rest], split)
        recall.build([Corpus("c", (film, video("other", theirs), also))], [facts_file], out)
        made = Knowledge.open(out)
        sample = replace(moment(film, t), references=())
        results.append((made.facts(sample), made.comments(sample), made.keywords(sample)))
    assert results[0] == results[1]
    recalled = {text for texts in results[0][1].values() for text in texts}
    assert recalled <= {text for _, text in theirs}


def test_of_a_film_cut_into_splits_only_the_training_stretches_are_kept(make):
    cuts = (Segment(0, 10, "train"), Segment(10, 20, "test"))
    cut = replace(video("cut", [(5, "船长在港口"), (15, "港口的老船长")]), split=None, segments=cuts)
    assert make(cut, FILM).comments(moment(FILM, 13)) == {12: ["船长在港口"]}


def test_keywords_are_weighed_as_scikit_learn_does(make):
    from sklearn.feature_extraction.text import TfidfVectorizer

    other = video("other", [(1, "船长在港口"), (2, "电影")])
    found = make(FILM, other).keywords(moment(FILM, 13)).weights
    texts = [" ".join(w for c in v.comments for w in tokens(c.text)) for v in (FILM, other)]
    tool = TfidfVectorizer(token_pattern=r"\S+", norm=None)
    row = dict(zip(tool.fit(texts).get_feature_names_out(), tool.transform(texts[:1]).toarray()[0], strict=True))
    assert found == pytest.approx({word: row[word] for word in found})
    assert {"名字", "电影", "船长", "港口"} <= set(found)


def test_faults_are_said_in_one_sentence(make, tmp_path):
    with pytest.raises(UserError, match="holds no knowledge; build it"):
        Knowledge.open(tmp_path)
    (tmp_path / "knowledge.json").write_text('{"format": 2}')
    with pytest.raises(UserError, match="has the format 2"):
        Knowledge.open(tmp_path)
    with pytest.raises(UserError, match="is not empty"):
        recall.build([], [], tmp_path)
    with pytest.raises(UserError, match=r"none\.tsv does not exist"):
        recall.build([], [tmp_path / "none.tsv"], tmp_path / "new")


def test_the_command_builds_a_folder(small_corpus, facts_file, tmp_path, capsys):
    out = tmp_path / "knowledge"
    assert main(["knowledge", str(small_corpus.root), "--triples", str(facts_file), "--out", str(out)]) == 0
    assert "5 facts, 10 comments of 1 training videos" in capsys.readouterr().err
    told = [word for sample in windows.samples(small_corpus, "test") for word in Knowledge.open(out).facts(sample)]
    assert "船长" in told
    assert main(["knowledge", str(small_corpus.root), "--triples", str(facts_file), "--out", str(out)]) == 1


def test_a_fact_of_your_name_is_recalled_for_its_real_trailer(real_data, tmp_path):
    corpus = jsonl.read(real_data / "danmaku_open")
    trailer = next(v for v in corpus.videos if v.id.startswith("yourname"))
    videos = tuple(replace(v, split="test" if v is trailer else "train") for v in corpus.videos)
    corpus = replace(corpus, videos=videos)
    recall.build([corpus], [real_data / "kg" / "kdconv_film" / "film_triples.tsv"], tmp_path / "k")
    made = Knowledge.open(tmp_path / "k")
    found = Counter(fact for sample in windows.samples(corpus, "test") for fact in sentences(made.facts(sample)))
    assert found["你的名字导演新海诚"] > 5

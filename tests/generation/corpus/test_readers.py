"""Readers: what they keep of real files, and the sentence each fault gets."""

import json

import pytest

from generation.corpus import prepare, readers, windows
from generation.corpus.readers import bilibili_xml, jsonl, own
from generation.corpus.records import Comment, Corpus, Video
from generation.errors import UserError

XML = '<?xml version="1.0" encoding="UTF-8"?><i><chatid>1</chatid>{}</i>'


def d(text: str, p: str = "12.5,1,25,16777215,1300963502,0,00000000,0") -> str:
    return f'<d p="{p}">{text}</d>'


def write(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)
    return path


def test_the_folder_is_the_registry():
    assert {"own", "jsonl", "bilibili_xml"} <= set(readers.names())
    assert all(callable(readers.load(name)) for name in readers.names())
    with pytest.raises(UserError, match="no reader 'youku'"):
        readers.load("youku")


# -- Bilibili XML ----------------------------------------------------------------------------------------------


def test_typed_comments_are_kept_and_scripts_and_subtitles_are_not(tmp_path):
    rows = [
        d("第二&amp;句", "20.0,1,25,1,1,0,a,0"),
        d("第一句", "3.25,4,25,1,1,0,a,0"),
        d('[0,0,"1-1",4.5,"飞",0,0]', "5,7,25,1,1,0,a,0"),
        d('["80","218","1-0","0.3","寂"]', "5,1,25,1,1,0,a,0"),
        d("字幕", "6,4,25,1,1,1,a,0"),
        d("之前", "-3,1,25,1,1,0,a,0"),
        d("   ", "7,1,25,1,1,0,a,0"),
    ]
    path = write(tmp_path / "film 一.xml", XML.format("".join(rows)))
    (video,) = bilibili_xml.read(path).videos
    assert video.comments == (Comment(3.25, "第一句"), Comment(20.0, "第二&句"))
    assert video.id == "film_一"
    assert video.duration == 21.0


def test_characters_that_xml_forbids_are_dropped(tmp_path):
    text = XML.format(d("控\x08制&#x1;字&#11;符&#x4e2d;"))
    assert [c.text for c in bilibili_xml.read_comments(write(tmp_path / "a.xml", text))] == ["控制字符中"]


@pytest.mark.parametrize(
    ("declared", "actual"), [("UTF-8", "gb18030"), ("GBK", "gbk"), ("UTF-8", "utf-8-sig"), ("nonsense", "utf-8")]
)
def test_odd_encodings_are_understood(tmp_path, declared, actual):
    path = write(tmp_path / "a.xml", XML.replace("UTF-8", declared).format(d("前方高能")), actual)
    assert [c.text for c in bilibili_xml.read_comments(path)] == ["前方高能"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (XML.format(d("x"))[:-9], "a.xml is not well-formed XML: .*line 1"),
        (XML.format(d("x") + d("y", "nought,1")), r"a.xml, comment 2: p='nought,1' is not seconds"),
        (XML.format(d("x", "nan,1,25,1,1,0,a,0")), "comment 1: the time nan is not a number"),
        ('<!DOCTYPE i [<!ENTITY a "b">]>' + XML.format("")[38:], "declares a document type"),
    ],
)
def test_broken_xml_is_refused_in_a_sentence(tmp_path, content, sentence):
    with pytest.raises(UserError, match=sentence):
        bilibili_xml.read(write(tmp_path / "a.xml", content))


def test_real_files_of_seven_players_are_read(real_data):
    corpus = bilibili_xml.read(real_data / "raw_xml")
    counts = {video.id: len(video.comments) for video in corpus.videos}
    assert len(counts) == 7
    assert all(count > 500 for count in counts.values())
    assert not [c.text for v in corpus.videos for c in v.comments if "\n" in c.text or c.text.startswith('["')]


# -- JSON Lines ------------------------------------------------------------------------------------------------


def test_json_lines_with_an_index_and_frames(tmp_path):
    write(tmp_path / "x.jsonl", '{"t": 2, "text": "晚"}\n\n{"t": 1.5, "text": "早 "}\n')
    write(tmp_path / "videos.json", json.dumps({"videos": [{"id": "X", "title": "标题", "file": "x.jsonl"}]}))
    write(tmp_path / "frames" / "silent" / "0003.jpg", "")
    silent, x = sorted(jsonl.read(tmp_path).videos, key=lambda video: video.id.lower())
    assert (x.id, x.title, x.comments) == ("X", "标题", (Comment(1.5, "早"), Comment(2.0, "晚")))
    assert (list(silent.frames), silent.comments, silent.duration) == ([3], (), 4.0)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "line 2: not valid JSON"),
        ('{"t": "1", "text": "a"}', "line 2: \"t\" is '1'"),
        ('{"t": -1, "text": "a"}', 'line 2: "t" is -1'),
        ('{"t": NaN, "text": "a"}', 'line 2: "t" is nan'),
        ('{"t": 1}', 'line 2: "text" is None'),
        ("[1]", 'line 2: "t" is None'),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(tmp_path, line, sentence):
    write(tmp_path / "x.jsonl", '{"t": 0, "text": "a"}\n' + line + "\n")
    with pytest.raises(UserError, match=f"x.jsonl, {sentence}"):
        jsonl.read(tmp_path)


def test_an_index_that_names_an_absent_file_is_refused(tmp_path):
    write(tmp_path / "x.jsonl", "")
    write(tmp_path / "videos.json", '{"videos": [{"id": "y"}]}')
    with pytest.raises(UserError, match=r"names y\.jsonl, which is not in the folder"):
        jsonl.read(tmp_path)
    with pytest.raises(UserError, match=r"neither \.jsonl files nor a folder of frames"):
        jsonl.read(write(tmp_path / "empty" / "readme", "").parent)


# -- the own format --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("video", "sentence"),
    [
        ({"id": "../up"}, 'needs an "id"'),
        ({"id": "a", "duration": "long"}, "duration of a is 'long'"),
        ({"id": "a", "duration": 9}, "a needs either a split"),
        ({"id": "a", "duration": 9, "split": "trian"}, "a needs either a split"),
        ({"id": "a", "duration": 9, "segments": [{"start": 0, "end": 5}]}, "lacks start, end or split"),
        ({"id": "a", "segments": [{"start": 5, "end": 5, "split": "test"}]}, "whole seconds start < end"),
        (
            {
                "id": "a",
                "segments": [{"start": 0, "end": 5, "split": "test"}, {"start": 4, "end": 9, "split": "train"}],
            },
            "overlap or are out of order at second 4",
        ),
        ({"id": "a", "duration": 9, "split": "test"}, "a.jsonl cannot be read"),
    ],
)
def test_faults_of_the_own_format_are_named(tmp_path, video, sentence):
    write(tmp_path / "corpus.json", json.dumps({"format": 1, "name": "c", "videos": [video]}))
    with pytest.raises(UserError, match=sentence):
        own.read(tmp_path)


def test_a_folder_without_a_corpus_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"has no corpus\.json"):
        own.read(tmp_path)
    write(tmp_path / "corpus.json", "{}")
    with pytest.raises(UserError, match='"format": 1'):
        own.read(tmp_path)


# -- prepare ---------------------------------------------------------------------------------------------------


def corpus_of(count: int) -> Corpus:
    videos = [
        Video(id=f"v{i}", comments=tuple(Comment(t + i / 100, f"{i} {t}") for t in range(20)), duration=20)
        for i in range(count)
    ]
    return Corpus(name="made", videos=tuple(videos))


def test_writing_and_reading_gives_the_same_corpus(tmp_path):
    corpus = prepare.split_by_video(corpus_of(10), seed=1)
    again = prepare.write(corpus, tmp_path / "out")
    assert [(v.id, v.comments, v.split) for v in again.videos] == [(v.id, v.comments, v.split) for v in corpus.videos]
    with pytest.raises(UserError, match="is not empty"):
        prepare.write(corpus, tmp_path / "out")


def test_the_split_by_video_is_seeded_and_complete():
    splits = [v.split for v in prepare.split_by_video(corpus_of(20), seed=1).videos]
    assert (splits.count("train"), splits.count("dev"), splits.count("test")) == (16, 2, 2)
    assert splits == [v.split for v in prepare.split_by_video(corpus_of(20), seed=1).videos]
    assert splits != [v.split for v in prepare.split_by_video(corpus_of(20), seed=2).videos]
    with pytest.raises(UserError, match="--split-by segment"):
        prepare.split_by_video(corpus_of(2), seed=1)


def test_one_long_film_is_split_by_segments_without_a_gap():
    (video,) = prepare.split_by_segment(corpus_of(1), seed=0, length=6).videos
    assert [(s.start, s.end) for s in video.segments] == [(0, 6), (6, 12), (12, 18), (18, 20)]
    parts = [windows.samples(Corpus(name="c", videos=(video,)), split) for split in ("train", "dev", "test")]
    assert sum(map(len, parts)) == 20


def test_the_same_video_under_two_ids_is_refused_or_dropped():
    corpus = corpus_of(4)
    copy = Video(id="copy", comments=corpus.videos[1].comments[:12], duration=20)
    doubled = Corpus(name="c", videos=(*corpus.videos, copy))
    with pytest.raises(UserError, match="v1 and copy are the same: 100% of their comments"):
        prepare.without_duplicates(doubled, drop=False)
    assert prepare.without_duplicates(doubled, drop=True).videos == corpus.videos
    assert prepare.without_duplicates(corpus, drop=False) is not None


def test_no_text_of_a_test_second_is_shared_across_splits_of_real_danmaku(real_data):
    corpus = prepare.split_by_video(jsonl.read(real_data / "danmaku_open"), seed=0)
    corpus = prepare.without_duplicates(corpus, drop=False)
    parts = {name: {s.video for s in windows.samples(corpus, name)} for name in ("train", "dev", "test")}
    assert not parts["train"] & parts["test"]
    assert not parts["dev"] & (parts["train"] | parts["test"])

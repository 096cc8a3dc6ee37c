"""The store of facts: what is read of each published shape, and how names are found."""

import json
import pickle
import sqlite3

import pytest

from generation.errors import UserError
from generation.knowledge import triples
from generation.knowledge.triples import Fact, Triples
from generation.knowledge.words import can_be_keyword, key, without_brackets


def store(tmp_path, rows):
    path = tmp_path / "triples.sqlite"
    triples.build(rows, path)
    return Triples(path)


def test_ownthink_csv_is_read_with_its_quotes_and_without_its_nul_bytes(tmp_path):
    path = tmp_path / "ownthink_v2.csv"
    path.write_text(
        '实体,属性,值\n苹果[果品],描述,"红的, 圆的\n""甜""的"\n苹果[公司],总\0部,库比蒂诺\n缺,字段\n', encoding="utf-8"
    )
    assert list(triples.read(path)) == [
        ("苹果[果品]", "描述", '红的, 圆的\n"甜"的'),
        ("苹果[公司]", "总部", "库比蒂诺"),
    ]
    found = store(tmp_path, triples.read(path))
    assert found.facts("苹果") == [Fact("苹果", "描述", '红的, 圆的\n"甜"的'), Fact("苹果", "总部", "库比蒂诺")]


def test_tab_separated_text_keeps_its_quotes(tmp_path):
    path = tmp_path / "film.tsv"
    path.write_text('head\trelation\ttail\n"A"\tr\tx, "y\n', encoding="utf-8")
    assert list(triples.read(path)) == [('"A"', "r", 'x, "y')]


def test_both_json_shapes_of_kdconv_are_read(tmp_path):
    base, talk = tmp_path / "kb_film.json", tmp_path / "dev.json"
    base.write_text(json.dumps({"新海诚": [["新海诚", "职业", "导演"]]}))
    attrs = [{"name": "新海诚", "attrname": "国籍", "attrvalue": "日本"}]
    talk.write_text(json.dumps([{"messages": [{"message": "你好"}, {"message": "他", "attrs": attrs}]}]))
    assert list(triples.read(base)) == [("新海诚", "职业", "导演")]
    assert list(triples.read(talk)) == [("新海诚", "国籍", "日本")]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "a,b\nc,d\n", "a.csv, line 2: most lines do not have the three comma-separated fields"),
        ("a.tsv", "a b c\n", "a.tsv, line 1: most lines do not have the three tab-separated fields"),
        ("a.json", '{"a": [["a", "b"]]}', "a.json is neither"),
        ("a.json", "{", "a.json is neither"),
        ("a.csv", b"\xff\xfe\x00", "a.csv cannot be read"),
    ],
)
def test_a_corrupt_file_gets_one_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=sentence):
        list(triples.read(path))


def test_what_says_nothing_is_left_out(tmp_path):
    rows = [
        ("", "r", "x"),
        ("甲", "r", "甲"),
        ("2012", "r", "x"),
        ("甲", "身高", "170"),
        ("甲", "r", " "),
        ("甲", "r", "乙"),
    ]
    assert triples.build(rows, tmp_path / "t.sqlite") == 1
    assert Triples(tmp_path / "t.sqlite").facts("甲") == [Fact("甲", "r", "乙")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("苹果[果品]", "苹果"),
        ("你的名字。（日本2016年新海诚执导动画电影）", "你的名字"),
        ("《你的名字。》", "你的名字"),
        ("Harry Potter (film)", "harrypotter"),
        ("（）", ""),
        ("A<b>c{d}【e】", "ac"),
    ],
)
def test_brackets_and_outer_punctuation_do_not_part_a_name_from_its_facts(name, expected):
    assert key(name) == expected
    assert key(without_brackets(name)) == expected


def test_a_name_is_found_by_its_other_names_and_its_facts_are_told_once(tmp_path):
    rows = [("君の名は。", "其它译名", "你的名字"), ("君の名は。", "导演", "新海诚"), ("君の名は。", "导演", "新海诚")]
    found = store(tmp_path, rows)
    assert found.known("你的名字")
    assert not found.known("新海诚")
    assert found.facts("《你的名字》")[1:] == [Fact("君の名は。", "导演", "新海诚")]


def test_a_name_with_very_many_facts_gives_some(tmp_path):
    found = store(tmp_path, (("中国", "城市", f"城{i}") for i in range(500)))
    assert len(found.facts("中国")) == triples.PER_NAME


def test_facts_of_one_name_are_found_wherever_they_stand(tmp_path):
    many = [("中国", "城市", f"城{i}") for i in range(triples.PER_NAME + 50)]
    rows = [("甲[人]", "r", '"乙", [丙]'), *many, ("甲[书]", "r", "丁"), ("甲[书]", "s", "丁"), ("乙", "又名", "甲乙")]
    path = tmp_path / "triples.sqlite"
    assert triples.build(rows, path) == len(rows)
    found = Triples(path)
    assert found.facts("甲") == [Fact("甲", "r", '"乙", [丙]'), Fact("甲", "r", "丁"), Fact("甲", "s", "丁")]
    assert found.facts("中国") == [Fact(*row) for row in many[: triples.PER_NAME]]
    assert found.facts("甲乙") == [Fact("乙", "又名", "甲乙")]
    assert found.facts("丙") == []


def test_a_store_of_another_version_is_refused(tmp_path):
    found = store(tmp_path, [("甲", "r", "乙")])
    with sqlite3.connect(found.path) as db:
        db.execute("PRAGMA user_version = 1")
    with pytest.raises(UserError, match=r"triples\.sqlite is of another version; build it anew"):
        found.facts("甲")


def test_the_store_travels_to_workers_and_an_absent_one_is_refused(tmp_path):
    found = store(tmp_path, [("甲", "r", "乙")])
    assert pickle.loads(pickle.dumps(found)).known("甲")
    with pytest.raises(UserError, match="does not exist; build it"):
        Triples(tmp_path / "none.sqlite")


def test_nouns_places_and_idioms_can_be_keywords():
    assert [w for w in ("电影", "日本", "前功尽弃", "北京") if not can_be_keyword(w)] == []
    assert [w for w in ("好", "漂亮", "弹幕", "哈哈哈", "2016", "！！", "跑步着", "名1") if can_be_keyword(w)] == []

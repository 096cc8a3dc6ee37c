"""Facts (head, relation, tail) in one SQLite file: built in one stream, looked up by name without being loaded.

Facts of one name that follow each other, as they do in all large collections, share a row: head (or nothing), number
of the relation, tail, head, ... with a control character between. So a look-up reads one row and not one a fact.

Read are OwnThink's CSV (140 million rows, with a header, real quoting and stray NUL bytes), tab-separated text, and
KdConv's JSON, both ``{head: [[head, relation, tail], ...]}`` and its dialogues with ``attrs``.
"""

import csv
import functools
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from generation.errors import UserError
from generation.knowledge.words import key, listed, without_brackets

SHAPE = 2  # of the store; another one is refused
BATCH = 10_000
BETWEEN = "\x1f"  # the unit separator of ASCII; taken out of names and tails
PER_NAME = 200  # facts looked at for one name, and most in a row; names of countries, say, have tens of thousands
HEADERS = {("实体", "属性", "值"), ("head", "relation", "tail"), ("entity", "attribute", "value")}
ALIASES = listed("别名 别称 中文名 中文名称 外文名 外文名称 其它译名 其他译名 又名 英文名 简称 全称 原名 昵称")
# Relations nobody talks about when watching: bodies, dates of lives, signs, dictionaries, trade registers.
IGNORED = listed(
    "身高 体重 血型 星座 生肖 三围 胸围 腰围 臀围 鞋码 出生日期 出生时间 逝世日期 去世时间 官网 官方网站 网址 语言 "
    "时区 对白语言 笔画 总笔画 部首 部外笔画 拼音 注音 五笔 五笔86 五笔98 仓颉 郑码 四角号码 统一码 笔顺 笔顺编号 "
    "字形结构 汉字结构 造字法 邮政编码 邮编 电话区号 区号 车牌代码 票房 制片成本 片长 "
    "评分 豆瓣评分 imdb编码 年营业额 注册资本 员工数 成立时间 公司口号 页数 isbn 定价 开本 装帧"
)


class Fact(NamedTuple):
    """One triple as it is shown: the head without its sense brackets."""

    head: str
    relation: str
    tail: str


def read(path: Path) -> Iterator[tuple[str, str, str]]:
    """The triples of one file by its ending: .csv, .json, anything else tab-separated."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix.lower() == ".json":
                yield from _json(file, path)
            else:
                yield from _rows(file, path)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error


def _rows(file: TextIO, path: Path) -> Iterator[tuple[str, str, str]]:
    """Rows of three fields; OwnThink's few rows of another shape are left out, a file full of them is refused."""
    csv.field_size_limit(2**24)
    lines = (line.replace("\0", "") for line in file)
    separated = path.suffix.lower() != ".csv"
    rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if separated else csv.reader(lines)
    good = bad = 0
    try:
        for row in rows:
            if len(row) == 3:
                good += 1
                if good > 1 or tuple(field.strip().lower() for field in row) not in HEADERS:
                    yield row[0], row[1], row[2]
            elif row:
                bad += 1
                if bad > 100 and bad > good:
                    break
    except csv.Error as error:
        raise UserError(f"{path}, line {rows.line_num}: {error}.") from error
    if bad > good:
        kind = "tab-separated" if separated else "comma-separated"
        raise UserError(f"{path}, line {rows.line_num}: most lines do not have the three {kind} fields of a triple.")


def _json(file: TextIO, path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        data: Any = json.load(file)
        if isinstance(data, dict):
            for rows in data.values():
                yield from (_three(row) for row in rows)
        else:
            for dialogue in data:
                for message in dialogue["messages"]:
                    for a in message.get("attrs", ()):
                        yield _three((a["name"], a["attrname"], a["attrvalue"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is neither {{head: [[head, relation, tail]]}} nor dialogues with attrs.") from error


def _three(row: Sequence[Any]) -> tuple[str, str, str]:
    head, relation, tail = row
    return str(head), str(relation), str(tail)


def wanted(head: str, relation: str, tail: str) -> bool:
    """Whether a triple says anything: something in each field, not of itself, about no number, nothing ignored."""
    return bool(head and relation and tail) and head != tail and not head.isdigit() and relation not in IGNORED


def build(triples: Iterable[tuple[str, str, str]], path: Path) -> int:
    """Write the store in one pass with bounded memory; the number of facts kept. ``path`` must not exist."""
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = OFF")  # a build that is broken off is begun anew
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -65536")  # KiB
        db.execute(f"PRAGMA user_version = {SHAPE}")
        db.execute("CREATE TABLE facts (key TEXT NOT NULL, said TEXT NOT NULL)")
        db.execute("CREATE TABLE relations (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        db.execute("CREATE TABLE aliases (key TEXT NOT NULL, of TEXT NOT NULL)")
        relations: dict[str, int] = {}
        db.execute("BEGIN")
        count = _fill(db, triples, relations)
        db.executemany("INSERT INTO relations VALUES (?, ?)", ((i, name) for name, i in relations.items()))
        db.execute("COMMIT")
        db.execute("CREATE INDEX facts_key ON facts (key)")
        db.execute("CREATE INDEX aliases_key ON aliases (key)")
    db.close()
    return count


def _fill(db: sqlite3.Connection, triples: Iterable[tuple[str, str, str]], relations: dict[str, int]) -> int:
    """Write facts and other names; how many facts were kept."""
    rows: list[tuple[str, str]] = []
    name, said, count = "", list[str](), 0
    for triple in triples:
        head, relation, tail = (field.replace(BETWEEN, " ").strip() for field in triple)
        found = key(head)
        if not found or not wanted(head, relation, tail):
            continue
        if found != name or len(said) == 3 * PER_NAME:
            rows.append((name, BETWEEN.join(said)))
            name, said = found, []
        shown = without_brackets(head)
        said += ("" if shown == found else shown, str(relations.setdefault(relation, len(relations))), tail)
        count += 1
        if relation in ALIASES and len(key(tail)) > 1 and key(tail) != found:
            db.execute("INSERT INTO aliases VALUES (?, ?)", (key(tail), found))
        if len(rows) == BATCH:
            _write(db, rows)
    _write(db, [*rows, (name, BETWEEN.join(said))])
    return count


def _write(db: sqlite3.Connection, rows: list[tuple[str, str]]) -> None:
    """Write rows, and empty the list. The first row of all is of no name, and is left out."""
    db.executemany("INSERT INTO facts VALUES (?, ?)", (row for row in rows if row[0]))
    rows.clear()


class Triples:
    """The store, read only. Every process has its own connection, so it may be used by data-loading workers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise UserError(f"{path} does not exist; build it with: python -m generation knowledge.")
        self._connections: dict[int, sqlite3.Connection] = {}
        self.known = functools.lru_cache(maxsize=200_000)(self._known)

    def __reduce__(self) -> tuple[type["Triples"], tuple[Path]]:
        return Triples, (self.path,)

    def _db(self) -> sqlite3.Connection:
        process = os.getpid()
        if process not in self._connections:
            uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
            db = self._connections[process] = sqlite3.connect(uri, uri=True, check_same_thread=False)
            db.execute("PRAGMA cache_size = -65536")  # KiB: holds the upper pages of the index of the largest store
            if db.execute("PRAGMA user_version").fetchone()[0] != SHAPE:
                raise UserError(f"{self.path} is of another version; build it anew: python -m generation knowledge.")
        return self._connections[process]

    @functools.cached_property
    def _relations(self) -> dict[str, str]:
        return {str(number): name for number, name in self._db().execute("SELECT id, name FROM relations")}

    def facts(self, name: str) -> list[Fact]:
        """Distinct facts of a name or of what it is another name of, as they were read."""
        rows = self._db().execute(
            "SELECT key, said FROM facts WHERE key = ?1 UNION ALL "
            "SELECT key, said FROM facts WHERE key IN (SELECT of FROM aliases WHERE key = ?1)",
            (key(name),),
        )
        names, told = self._relations, list[Fact]()
        for found, said in rows:
            part = said.split(BETWEEN)
            told += map(Fact, [head or found for head in part[::3]], map(names.__getitem__, part[1::3]), part[2::3])
            if len(told) >= PER_NAME:
                break
        return list(dict.fromkeys(told))[:PER_NAME]

    def _known(self, name: str) -> bool:
        """Whether there is a fact under this name."""
        query = "SELECT 1 FROM facts WHERE key = ?1 UNION ALL SELECT 1 FROM aliases WHERE key = ?1 LIMIT 1"
        return self._db().execute(query, (key(name),)).fetchone() is not None

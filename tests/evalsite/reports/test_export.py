"""Tidy data: the same rows in every format, safe to open in a spreadsheet, and never all in memory."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from evalsite.rating.models import Campaign, Event, Item, Judgment
from evalsite.reports import export
from evalsite.reports.rendering.csv import lines, safe
from evalsite.reports.rows import TABLES, Column, Table

pytestmark = pytest.mark.django_db


def exported(campaign: Campaign, what: str, form: str) -> bytes:
    return b"".join(export.stream(campaign, what, form))


@pytest.mark.parametrize("what", TABLES)
def test_every_format_tells_the_same(closed: Campaign, what: str) -> None:
    from_lines = [json.loads(line) for line in exported(closed, what, "jsonl").splitlines()]
    from_csv = list(csv.DictReader(io.StringIO(exported(closed, what, "csv").decode())))
    from_parquet = pq.read_table(io.BytesIO(exported(closed, what, "parquet"))).to_pylist()
    assert len(from_lines) == len(from_csv) == len(from_parquet) > 0
    kinds = {column.name: column.kind for column in TABLES[what].columns}
    for plain, text, packed in zip(from_lines, from_csv, from_parquet, strict=True):
        for name, value in plain.items():
            if kinds[name] == "json":
                assert json.loads(packed[name]) == json.loads(text[name]) == value
            else:
                assert packed[name] == value
                assert text[name] == _as_text(value)


def _as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(safe(value))


def test_every_judgment_is_there_once(closed: Campaign) -> None:
    rows = [json.loads(line) for line in exported(closed, "judgments", "jsonl").splitlines()]
    assert len(rows) == Judgment.objects.count()
    keys = {tuple(row[k] for k in ("rater", "sitting", "position", "revision", "criterion", "system", "rank", "source"))
            for row in rows}  # fmt: skip
    assert len(keys) == len(rows)
    assert {row["kind"] for row in rows if row["system"] == "human"} == {"control"}


def test_items_tell_what_was_marked_and_where_it_stood(closed: Campaign) -> None:
    rows = [json.loads(line) for line in exported(closed, "items", "jsonl").splitlines()]
    for row in rows:
        item = Item.objects.get(
            assignment__rater__pseudonym=row["rater"], assignment__number=row["sitting"], position=row["position"]
        )
        assert [card["text"] for card in row["cards"]] == [card["text"] for card in item.cards]
        if item.revision:
            marked = item.submissions.get(revision=item.revision).answer["marked"]
            assert [item.cards[place - 1]["id"] for place in row["picked"]] == sorted(
                marked, key=[card["id"] for card in item.cards].index
            )
    assert sum(row["revision"] == 0 for row in rows) == 3


def test_a_spreadsheet_runs_no_formula(closed: Campaign) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(closed, "outputs", "csv").decode())))
    formulas = [row["text"] for row in rows if row["system"] == "e_ga" and row["rank"] == "1"]
    assert formulas
    assert all(text.startswith("'=1+") for text in formulas)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\t=1", "\r=1", "  =1", "\n@x"])
def test_text_that_would_run_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("value", ["哈哈哈", "1-0", 5, -0.5, ""])
def test_other_values_stay_as_they_are(value: Any) -> None:
    assert safe(value) == value


def test_numbers_below_zero_stay_numbers_in_the_csv_of_a_report() -> None:
    assert lines(["a"], [[-0.5]]) == "a\n-0.5\n"


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_long_export_takes_no_more_memory_than_a_short_one(form: str) -> None:
    def peak(count: int) -> int:
        columns = (Column("rater", "text", ""), Column("value", "number", ""))
        table = Table("t", "", columns, lambda _campaign, _chosen: iter(()))
        tracemalloc.start()
        for _piece in export.WRITERS[form](table, ((f"R-{n:07d}", n / 7) for n in range(count))):
            pass
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(300_000) < 1.5 * peak(60_000) + 2_000_000


def test_the_command_writes_a_file_and_refuses_while_it_runs(judged: Campaign, tmp_path: Path) -> None:
    target = tmp_path / "judgments.csv"
    with pytest.raises(CommandError, match="tell which system leads"):
        call_command("export", "judged", "--what", "judgments", "--format", "csv", "--out", str(target))
    assert list(tmp_path.iterdir()) == []
    call_command("export", "judged", "--what", "outputs", "--format", "jsonl", "--out", str(tmp_path / "o.jsonl"))
    call_command("export", "judged", "--out", str(target), "--unblind", "backup")
    assert target.read_text().startswith("rater,sitting,position")
    assert Event.objects.filter(campaign=judged, action="unblinded", reason="backup").count() == 1


def test_a_folder_that_is_not_there_is_one_sentence(closed: Campaign, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export", "judged", "--out", str(tmp_path / "no" / "where.csv"))


def test_a_pipe_is_written_to_and_not_replaced_by_a_file(closed: Campaign, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        call_command("export", "judged", "--what", "raters", "--out", str(pipe))
        assert read.result(timeout=30) == exported(closed, "raters", "csv")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_package_for_a_folder_is_refused_and_leaves_it_alone(closed: Campaign, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    with pytest.raises(CommandError, match="kept cannot be written: Is a directory"):
        call_command("report", "judged", "--package", str(folder))
    assert list(tmp_path.iterdir()) == [folder]

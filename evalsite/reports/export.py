"""Tidy data out: CSV safe against formula injection, JSON Lines, Parquet; streamed at constant memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from evalsite.rating.models import Campaign
from evalsite.reports.rendering.csv import safe_text
from evalsite.reports.rows import TABLES, Chosen, Row, Table

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
TELLING = ("judgments", "items")
"""Exports from which one could tell which system leads; closed to all while the campaign runs."""
CHUNK = 2_000
GROUP = 20_000
"""Rows of a Parquet row group."""

ARROW = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "truth": pa.bool_(), "json": pa.string()}


def stream(campaign: Campaign, what: str, form: str, chosen: Chosen | None = None) -> Iterator[bytes]:
    """The export in pieces, ready for a file or a streamed response. Raises LookupError for an unknown name."""
    if what not in TABLES:
        raise LookupError(f"There is no table {what!r}; there are: {', '.join(sorted(TABLES))}.")
    if form not in FORMATS:
        raise LookupError(f"There is no format {form!r}; there are: {', '.join(sorted(FORMATS))}.")
    table = TABLES[what]
    return WRITERS[form](table, table.rows(campaign, chosen or Chosen()))


def write(target: IO[bytes], campaign: Campaign, what: str, form: str, chosen: Chosen | None = None) -> None:
    """The export into an open file."""
    for piece in stream(campaign, what, form, chosen):
        target.write(piece)


def to_csv(table: Table, rows: Iterator[Row]) -> Iterator[bytes]:
    """Comma-separated, UTF-8; JSON cells as JSON text, truth as 1 and 0, nothing as empty."""
    kinds = [column.kind for column in table.columns]
    yield _csv_lines([table.names])
    while batch := list(islice(rows, CHUNK)):
        columns = [_csv_column(kind, cells) for kind, cells in zip(kinds, zip(*batch, strict=True), strict=True)]
        yield _csv_lines(zip(*columns, strict=True))


def _csv_column(kind: str, cells: Sequence[Any]) -> Sequence[Any]:
    """A column's cells as CSV writes them; column by column, because that is several times faster."""
    if kind == "text":
        return [cell if cell is None else safe_text(cell) for cell in cells]
    if kind == "json":
        return [safe_text(_json(cell)) for cell in cells]
    return [int(cell) for cell in cells] if kind == "truth" else cells


def _csv_lines(lines: Iterable[Sequence[Any]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue().encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def to_jsonl(table: Table, rows: Iterator[Row]) -> Iterator[bytes]:
    """One JSON object a line; written column by column, and most cells repeat, so their JSON is kept."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "), allow_nan=False).encode
    repeated = lru_cache(maxsize=8192, typed=True)(encode)
    writers = [encode if column.kind == "json" else repeated for column in table.columns]
    line = "{" + ", ".join(f"{encode(name)}: %s" for name in table.names) + "}\n"
    while batch := list(islice(rows, CHUNK)):
        columns = [map(writer, cells) for writer, cells in zip(writers, zip(*batch, strict=True), strict=True)]
        yield "".join(map(line.__mod__, zip(*columns, strict=True))).encode()


def to_parquet(table: Table, rows: Iterator[Row]) -> Iterator[bytes]:
    """Parquet by row groups; JSON cells are JSON text."""
    schema = pa.schema([(column.name, ARROW[column.kind]) for column in table.columns])
    structured = [k for k, column in enumerate(table.columns) if column.kind == "json"]
    sink = _Pipe()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        while batch := list(islice(rows, GROUP)):
            columns: list[Sequence[Any]] = list(zip(*batch, strict=True))
            for k in structured:
                columns[k] = [_json(value) for value in columns[k]]
            writer.write_table(
                pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
            )
            yield sink.taken()
    yield sink.taken()


class _Pipe(io.RawIOBase):
    """Collects what Parquet's writer puts out until it is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[bytes] = []
        self.position = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self.parts.append(piece)
        self.position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self.position

    def taken(self) -> bytes:
        """What came since the last time."""
        piece = b"".join(self.parts)
        self.parts.clear()
        return piece


WRITERS: dict[str, Callable[[Table, Iterator[Row]], Iterator[bytes]]] = {
    "csv": to_csv,
    "jsonl": to_jsonl,
    "parquet": to_parquet,
}

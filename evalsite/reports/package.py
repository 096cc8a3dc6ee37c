"""The replication package: all that is needed to recompute a report.

A zip of text files: what was frozen (manifest), what was shown and said, the report, and documents that explain them.
No name, token, remark or recruiting id is in it.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.utils.translation import override

from evalsite.rating.models import Campaign
from evalsite.reports import documents, loading, summary
from evalsite.reports.rows import TABLES, Chosen, Table
from evalsite.testsets.models import Sample

FORMAT = 1
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same package for the same data: no clock is in it
SUMS = "SHA256SUMS"
LINES = ("samples.jsonl", "outputs.jsonl", "raters.jsonl", "items.jsonl", "judgments.jsonl")
FILES = ("study.json", "manifest.json", *LINES, "report.json")


def write(target: Path | IO[bytes], campaign: Campaign, *, simulated: bool = False, seed: int | None = None) -> None:
    """The package of a campaign's people, or of its simulated raters."""
    tables = loading.load(campaign, simulated=simulated)
    report = summary.summarise(tables, seed=seed)
    chosen = Chosen(simulated=simulated, remarks=False)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        sums: dict[str, str] = {}

        def put(name: str, pieces: Iterable[bytes]) -> None:
            sums[name] = _put(archive, name, pieces)

        put("study.json", [_text({"package": FORMAT, **documents.facts(tables.study)})])
        put("manifest.json", [campaign.manifest.encode()])
        put("samples.jsonl", _samples(campaign))
        for name in ("outputs", "raters", "items", "judgments"):
            put(f"{name}.jsonl", _lines(TABLES[name], campaign, chosen))
        put("report.json", [_text(report)])
        with override("en"):
            for name, text in documents.all_of(report, tables.study).items():
                put(name, [text.encode()])
        _put(archive, SUMS, ["".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()])


def _put(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> str:
    """One file of the package, streamed; returns its SHA-256."""
    digest = hashlib.sha256()
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def _text(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _lines(table: Table, campaign: Campaign, chosen: Chosen) -> Iterator[bytes]:
    for row in table.rows(campaign, chosen):
        yield (
            json.dumps(dict(zip(table.names, row, strict=True)), ensure_ascii=False, allow_nan=False) + "\n"
        ).encode()


def _samples(campaign: Campaign) -> Iterator[bytes]:
    moment = ("key", "video", "title", "time", "duration", "frames", "clip", "clip_start")
    names = (*moment, "context", "references", "split")
    query = Sample.objects.filter(testset=campaign.testset_id).order_by("position").values_list(*names)
    for row in query.iterator(chunk_size=500):
        line = dict(zip(("id", *names[1:]), row, strict=True))
        yield (json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n").encode()

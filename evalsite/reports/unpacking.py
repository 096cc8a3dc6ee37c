"""Reads a replication package back into tables, and says where it no longer agrees with itself."""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from evalsite.rating import manifest as manifests
from evalsite.reports import summary
from evalsite.reports.judged import KNOWN_CRITERIA
from evalsite.reports.package import FILES, FORMAT, SUMS
from evalsite.reports.tables import (
    NO_OUTPUT,
    PURPOSES,
    Items,
    Judgments,
    Nulls,
    Outputs,
    Samples,
    Study,
    Tables,
    card_step,
    in_order,
    shown,
)

CLOSE = 1e-9
"""Relative difference below which two numbers are the same: sums of other orders on other machines."""
UNCOMPARED = ("findings", "software", "format", "title")
NAMES = ("system", "rater", "metric", "sample", "day", "text")


class NotAPackage(Exception):
    """The file cannot be read as a replication package; the text says why."""


class Package:
    """An open package."""

    def __init__(self, path: Path) -> None:
        try:
            self.archive = zipfile.ZipFile(path)
            names = set(self.archive.namelist())
        except (OSError, zipfile.BadZipFile) as error:
            raise NotAPackage(f"{path} cannot be read as a zip file: {error}.") from None
        if missing := [name for name in (*FILES, SUMS) if name not in names]:
            raise NotAPackage(f"{path} is no replication package: it has no {missing[0]}.")
        if self.json("study.json").get("package") != FORMAT:
            raise NotAPackage(f"{path} was made by another version; this one reads packages of format {FORMAT}.")

    def text(self, name: str) -> str:
        """One file, whole."""
        return self.archive.read(name).decode()

    def json(self, name: str) -> Any:
        """One JSON file. Raises NotAPackage that names it where it is broken."""
        try:
            return json.loads(self.text(name))
        except ValueError as error:
            raise NotAPackage(f"{name} is not JSON: {error}.") from None

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Objects of a JSON Lines file."""
        with self.archive.open(name) as file:
            for number, line in enumerate(file, 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise NotAPackage(f"{name}, line {number}, is not JSON: {error}.") from None

    def digest(self, name: str) -> str:
        """SHA-256 of one file."""
        digest = hashlib.sha256()
        with self.archive.open(name) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()


def verify(path: Path) -> list[str]:
    """Everything that does not agree, one sentence each; empty: every number is equal. Raises NotAPackage."""
    package = Package(path)
    found = [*_files(package), *_manifest(package), *_frozen(package)]
    report = package.json("report.json")
    try:
        again = summary.summarise(tables(package), seed=report.get("seed"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return [
            *found,
            f"The report cannot be recomputed: the files do not fit together ({type(error).__name__}: {error}).",
        ]
    return [*found, *differences(report, json.loads(json.dumps(again)))]


def _files(package: Package) -> Iterator[str]:
    """Files that are not what the list of digests says."""
    listed = dict(line.split("  ", 1)[::-1] for line in package.text(SUMS).splitlines())
    for name in package.archive.namelist():
        if name == SUMS:
            continue
        if name not in listed:
            yield f"{name} is not listed in {SUMS}."
        elif package.digest(name) != listed[name]:
            yield f"{name} was changed: its SHA-256 is not the one in {SUMS}."
    for name in listed.keys() - set(package.archive.namelist()):
        yield f"{name} is missing."


def _manifest(package: Package) -> Iterator[str]:
    """Whether the manifest is the one whose digest the report prints."""
    digest = package.digest("manifest.json")
    told = package.json("report.json").get("manifest")
    if package.text("manifest.json") and digest != told:
        yield f"manifest.json was changed: its SHA-256 is {digest}, the report was made from {told}."


def _frozen(package: Package) -> Iterator[str]:
    """Outputs, samples and settings that differ from what was frozen."""
    if not package.text("manifest.json"):
        return
    frozen = package.json("manifest.json")
    written: dict[tuple[str, str, int], str] = {
        (row["sample"], row["system"], row["rank"]): row["text"] for row in package.lines("outputs.jsonl")
    }
    for key, sample in frozen["samples"].items():
        for system, ranked in sample["outputs"].items():
            for rank, text in ranked:
                if written.get((key, system, rank)) != text:
                    yield f"outputs.jsonl: {system}#{rank} of sample {key} is not the text that was frozen."
    seen = ("video", "title", "time", "duration", "context", "references")
    for row in package.lines("samples.jsonl"):
        moment = frozen["samples"].get(row["id"], {}).get("moment")
        if moment and manifests.sha256(manifests.canonical([row[name] for name in seen])) != moment:
            yield f"samples.jsonl: sample {row['id']} is not the moment that was frozen."
    study = package.json("study.json")
    for name in ("seed", "protocol"):
        if study[name] != frozen[name]:
            yield f"study.json: {name} is {study[name]!r}, frozen was {frozen[name]!r}."


def differences(told: Any, again: Any, path: str = "report.json:") -> list[str]:
    """Numbers of the report that the recomputation does not give."""
    if isinstance(told, dict) and isinstance(again, dict):
        keys = [key for key in {**told, **again} if path != "report.json:" or key not in UNCOMPARED]
        return [line for key in keys for line in differences(told.get(key), again.get(key), _below(path, key))]
    if isinstance(told, list) and isinstance(again, list) and len(told) == len(again):
        pairs = enumerate(zip(told, again, strict=True))
        return [line for place, (a, b) in pairs for line in differences(a, b, f"{path}[{_name(a, place)}]")]
    if isinstance(told, int | float) and isinstance(again, int | float):
        same = math.isclose(told, again, rel_tol=CLOSE, abs_tol=CLOSE)
        return [] if same else [f"{path} is {told}, recomputed {again}."]
    return [] if told == again else [f"{path} is {_short(told)}, recomputed {_short(again)}."]


def _below(path: str, key: str) -> str:
    return f"{path} {key}" if path == "report.json:" else f"{path}.{key}"


def _name(entry: Any, place: int) -> str:
    """What an entry of a list is called: its system, rater, pair, or its place."""
    if isinstance(entry, dict):
        if "a" in entry and "b" in entry:
            return f"{entry['a']} - {entry['b']}"
        return next((str(entry[name]) for name in NAMES if name in entry), str(place))
    return str(place)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


def tables(package: Package) -> Tables:
    """The tables of a package: the same arrays as from the database."""
    study = _study(package)
    samples = _samples(package, study)
    place = {key: code for code, key in enumerate(samples.key)}
    systems, outputs, output_code = _outputs(package, place)
    raters = tuple(sorted(row["rater"] for row in package.lines("raters.jsonl")))
    items, nulls, item_code = _items(package, raters, place, output_code)
    criteria, judgments = _judgments(package, item_code, output_code, items)
    return Tables(study, systems, criteria, raters, samples, outputs, items, judgments, nulls)


def _study(package: Package) -> Study:
    facts = package.json("study.json")
    facts.pop("package")
    text = package.text("manifest.json")
    manifest = json.loads(text) if text else {}
    facts["settings"] = manifest.get("settings") or facts["settings"]
    return Study(manifest=manifest, **facts)


def _samples(package: Package, study: Study) -> Samples:
    rows = list(package.lines("samples.jsonl"))
    keys = [row["id"] for row in rows]
    time = np.array([row["time"] for row in rows], dtype=np.float64)
    return Samples(keys, [row["video"] for row in rows], time, [row["references"] for row in rows], shown(study, keys))


Key = tuple[str, str, int]


def _outputs(package: Package, place: dict[str, int]) -> tuple[tuple[str, ...], Outputs, dict[Key, int]]:
    rows = list(package.lines("outputs.jsonl"))
    systems = tuple(sorted({row["system"] for row in rows}))
    rows.sort(key=lambda row: (row["system"], place[row["sample"]], row["rank"]))
    columns = [(systems.index(row["system"]), place[row["sample"]], row["rank"]) for row in rows]
    system, sample, rank = np.array(columns, dtype=np.int64).reshape(-1, 3).T
    code = {(row["sample"], row["system"], row["rank"]): n for n, row in enumerate(rows)}
    return systems, Outputs(system, sample, rank, [row["text"] for row in rows]), code


def _named(name: str, sample: str, codes: dict[Key, int]) -> int:
    """The code of an output by its name beside a sample: system#rank."""
    system, _hash, rank = name.partition("#")
    return codes[sample, system, int(rank)]


def _items(
    package: Package, raters: tuple[str, ...], place: dict[str, int], codes: dict[Key, int]
) -> tuple[Items, Nulls, dict[tuple[str, int, int], int]]:
    rater = {name: code for code, name in enumerate(raters)}
    rows = sorted(package.lines("items.jsonl"), key=lambda row: (rater[row["rater"]], row["sitting"], row["position"]))
    step = card_step(len(rows))
    numbers, received, spans, empty = [], [], [], []
    for number, row in enumerate(rows):
        looked_at = (row["sitting"] + row["position"]) % step == 0
        numbers.append(
            (
                rater[row["rater"]],
                place[row["sample"]],
                row["sitting"],
                row["position"],
                PURPOSES.index(row["purpose"]),
                len(row["cards"]) if looked_at else 0,
            )
        )
        received.append((row["received_at"] or "NaT").removesuffix("Z"))
        spans.append((row["visible_ms"], row["elapsed_ms"]))
        empty += [(number, _named(name, row["sample"], codes)) for name in row["nulls"]]
    table = np.array(numbers, dtype=np.int64).reshape(-1, 6)
    spent = np.array(spans, dtype=np.float64).reshape(-1, 2)
    nulls = np.array(empty, dtype=np.int64).reshape(-1, 2)
    columns = [*table.T, np.array(received, dtype="datetime64[s]"), *spent.T]
    items = Items(**dict(zip(Items.__dataclass_fields__, columns, strict=True)))
    code = {(row["rater"], row["sitting"], row["position"]): n for n, row in enumerate(rows)}
    return items, in_order(Nulls(*nulls.T)), code


def _judgments(
    package: Package, item_code: dict[tuple[str, int, int], int], codes: dict[Key, int], items: Items
) -> tuple[tuple[str, ...], Judgments]:
    """The judgments that count. A judgment said twice, or of no item, is a KeyError or ValueError."""
    criteria = list(KNOWN_CRITERIA)
    rows: list[tuple[int, int, int, float, int]] = []
    for row in package.lines("judgments.jsonl"):
        if not row["counts"]:
            continue
        if row["criterion"] not in criteria:
            criteria.append(row["criterion"])
        item = item_code[row["rater"], row["sitting"], row["position"]]
        output = codes[row["source"] or row["sample"], row["system"], row["rank"]] if row["system"] else NO_OUTPUT
        card = (row["card"] or 0) if items.cards[item] else 0
        rows.append((item, output, criteria.index(row["criterion"]), row["value"], card))
    twice = [key for key, n in Counter(row[:3] for row in rows).items() if n > 1]
    if twice:
        raise ValueError(f"item {twice[0][0]} has a judgment twice")
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    whole = table.astype(np.int64)
    return tuple(criteria), in_order(Judgments(whole[:, 0], whole[:, 1], whole[:, 2], table[:, 3], whole[:, 4]))

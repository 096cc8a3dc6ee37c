"""A million judgments: how long the whole report takes, how long an export, and how much memory.

Two closed campaigns, one of each protocol, are written straight into a database: the rows are what the rating pages
would have stored, only the way in is shorter. Each figure is taken in a process of its own; that of the report holds
everything from the database to the text, or to the one-file page with its figures, and its children's work and memory
too. `BENCH_POSTGRES=1` takes a PostgreSQL server instead of the embedded database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from evalsite.rating.models import Campaign
    from evalsite.testsets.models import Run, TestSet

SYSTEMS = ("e_ga", "klvcg", "mml_cg", "ut")
START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


def campaign(slug: str, protocol: str, *, raters: int, samples: int, per_rater: int, per_sample: int) -> Campaign:
    """A closed campaign in which each of `raters` answered `per_rater` of `samples` samples."""
    from django.db import connection, transaction

    from evalsite.rating.models import Campaign, Rater
    from evalsite.testsets.models import Sample, TestSet

    testset = TestSet.objects.create(slug=f"{slug}-set", digest="0" * 64)
    Sample.objects.bulk_create(
        Sample(testset=testset, key=f"v{n % 50}@{n}", position=n, video=f"v{n % 50}", time=n, references=[f"弹幕{n}"])
        for n in range(samples)
    )
    names = SYSTEMS if protocol == "preference" else (*SYSTEMS, "human")
    runs = [_run(testset, name, per_sample) for name in names]
    made = Campaign.objects.create(slug=slug, protocol=protocol, testset=testset, seed=7, consent={"en": "-"})
    made.runs.set(runs)
    Campaign.objects.filter(pk=made.pk).update(state=Campaign.State.CLOSED, manifest_digest="0" * 64)
    Rater.objects.bulk_create(
        Rater(campaign=made, pseudonym=f"R-{n:04d}", token_digest=f"{slug}-{n}", consented_at=START)
        for n in range(raters)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        _answers(cursor, made, per_rater)
    return made


def _run(testset: TestSet, name: str, per_sample: int) -> Run:
    from django.db import connection

    from evalsite.testsets.models import Run, System

    system, _ = System.objects.get_or_create(slug=name, defaults={"name": name.upper()})
    run = Run.objects.create(testset=testset, system=system, source="imported", state="finished", per_sample=per_sample)
    keys = list(testset.samples.values_list("pk", "position"))
    rows = [
        (run.pk, pk, rank, "" if (n + rank + run.pk) % 7 == 0 else f"{name[:2]}弹幕{n % 97}-{rank}", None)
        for pk, n in keys
        for rank in range(1, per_sample + 1)
    ]
    sql = "INSERT INTO testsets_output (run_id, sample_id, rank, text, score) VALUES (%s, %s, %s, %s, %s)"
    with connection.cursor() as cursor:
        cursor.executemany(sql, rows)
    return run


def _answers(cursor: Any, made: Campaign, per_rater: int) -> None:
    """Assignments, items, submissions and judgments, a rater at a time."""
    rng = np.random.default_rng(1)
    samples = list(made.testset.samples.values_list("pk", flat=True))
    cursor.execute(
        "SELECT o.id, o.sample_id, o.text, s.slug FROM testsets_output o JOIN testsets_run r ON r.id = o.run_id"
        " JOIN testsets_system s ON s.id = r.system_id WHERE r.testset_id = %s",
        [made.testset_id],
    )
    outputs: dict[int, list[tuple[int, str, str]]] = {}
    for pk, sample, text, system in cursor.fetchall():
        outputs.setdefault(sample, []).append((pk, text, system))
    cursor.execute("SELECT COALESCE(MAX(id), 0) FROM rating_item")
    number = cursor.fetchone()[0]
    for order, rater in enumerate(made.raters.values_list("pk", flat=True)):
        assignment = _assignment(cursor, made, rater)
        chosen = rng.choice(samples, size=min(per_rater, len(samples)), replace=False)
        items, submissions, judgments = [], [], []
        for position, sample in enumerate(chosen.tolist(), 1):
            number += 1
            cards = _cards(rng, number, outputs[sample])
            nulls = [pk for pk, text, _system in outputs[sample] if not text]
            shown = (json.dumps(cards), json.dumps(nulls))
            items.append((number, assignment, sample, position, "regular", 1, *shown, 1, START))
            at = START + timedelta(minutes=int(order * 7 + position))
            submissions.append((number, 1, f"k{number}", at, "{}", int(rng.integers(2000, 20000)), 900, 9000, ""))
            judgments.extend(_judge(rng, made.protocol, number, cards))
        cursor.executemany(_insert("item", ITEM), items)
        cursor.executemany(_insert("submission", SUBMISSION), submissions)
        cursor.executemany(_insert("judgment", "item_id output_id revision criterion value"), judgments)


ITEM = "id assignment_id sample_id position purpose seed cards nulls revision served_at"
SUBMISSION = "item_id revision key received_at answer visible_ms first_action_ms elapsed_ms comment"


def _assignment(cursor: Any, made: Campaign, rater: int) -> int:
    cursor.execute(
        "INSERT INTO rating_assignment (campaign_id, rater_id, public_id, number, practice, created_at)"
        " VALUES (%s, %s, %s, 1, %s, %s) RETURNING id",
        [made.pk, rater, f"{made.slug}-{rater}", False, START],
    )
    return int(cursor.fetchone()[0])


def _cards(rng: np.random.Generator, item: int, outputs: list[tuple[int, str, str]]) -> list[dict[str, Any]]:
    shown = [entry for entry in outputs if entry[1]]
    return [
        {
            "id": f"{item}-{n}",
            "text": shown[k][1],
            "kind": "control" if shown[k][2] == "human" else "output",
            "outputs": [shown[k][0]],
        }
        for n, k in enumerate(rng.permutation(len(shown)).tolist())
    ]


def _insert(table: str, columns: str) -> str:
    names = columns.split()
    return f"INSERT INTO rating_{table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"


def _judge(rng: np.random.Generator, protocol: str, item: int, cards: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    if protocol == "human_recall":
        marks = rng.random(len(cards)) < 0.4
        return [(item, card["outputs"][0], 1, "fake", float(mark)) for card, mark in zip(cards, marks, strict=True)]
    pick = int(rng.integers(len(cards) + 1))
    rows = [(item, card["outputs"][0], 1, "best", float(n == pick)) for n, card in enumerate(cards)]
    return [*rows, (item, None, 1, "none", float(pick == len(cards)))]


CHILD = """
import os, sys, time
import django
django.setup()
from evalsite.rating.models import Campaign
campaign = Campaign.objects.get(slug=sys.argv[1])
wall, cpu = time.perf_counter(), os.times()
{work}
wall, cpu = time.perf_counter() - wall, sum(os.times()[:4]) - sum(cpu[:4])
print(f"{{wall:6.1f}} s wall  {{cpu:6.1f}} s CPU")
"""
REPORT = """
from functools import partial
from evalsite.reports import reading
from evalsite.reports.rendering import FORMATS, ready
FORMATS[sys.argv[2]](reading.made(campaign, meanwhile=partial(ready, sys.argv[2])))
"""
EXPORT = "from evalsite.reports import export; export.write(open(os.devnull, 'wb'), campaign, 'judgments', sys.argv[2])"


@contextmanager
def site() -> Iterator[None]:
    """An empty site in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, _database() as url:
        os.environ.update(DATA_DIR=folder, SECRET_KEY="benchmark", DJANGO_SETTINGS_MODULE="evalsite.settings")
        os.environ.pop("DATABASE_URL", None)
        if url:
            os.environ["DATABASE_URL"] = url
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield


def _database() -> AbstractContextManager[str | None]:
    """The address of a PostgreSQL server of our own where one is asked for."""
    if not os.environ.get("BENCH_POSTGRES"):
        return nullcontext()
    from tests.parts import postgres

    return postgres()


def measured(work: str, *arguments: str) -> str:
    """The figures of one piece of work in a fresh process."""
    command = [sys.executable, "-c", CHILD.format(work=work), *arguments]
    most = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        while child.poll() is None:
            most = max(most, _held(child.pid))
            time.sleep(0.1)
        told = child.stdout.read().strip() if child.stdout else ""
    if child.returncode:
        raise SystemExit(f"The work failed: {work}")
    return f"{told}  {most:6.0f} MiB at most"


def _held(pid: int) -> float:
    """MiB of a process and its children, of what several share each its part. 0 where Linux is not there to say."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    own = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return own + sum(_held(int(child)) for child in children)


def command(slug: str, form: str) -> str:
    """How long the command takes, Python's own start and end included."""
    started = time.perf_counter()
    words = ["manage.py", "report", slug, "--format", form, "--out", os.devnull]
    subprocess.run([sys.executable, *words], check=True, cwd=Path(__file__).resolve().parents[1])
    return f"{time.perf_counter() - started:6.1f} s as a command"


def main() -> None:
    """Print the table."""
    share = float(os.environ.get("BENCH_SHARE", "1"))
    with site():
        from evalsite.rating.models import Judgment

        raters = max(3, round(1000 * share))
        plans = {"human_recall": (78, 3), "preference": (226, 1)}
        for protocol, (per_rater, per_sample) in plans.items():
            slug = protocol.replace("_", "-")
            campaign(slug, protocol, raters=raters, samples=5000, per_rater=per_rater, per_sample=per_sample)
            rows = Judgment.objects.filter(item__assignment__campaign__slug=slug).count()
            print(f"{protocol}: {rows:,} judgments by {raters:,} raters")
            for form in ("text", "html"):
                print(f"  report {form:8s}  {measured(REPORT, slug, form)}  {command(slug, form)}", flush=True)
            if protocol == "human_recall":
                for form in ("csv", "jsonl", "parquet"):
                    print(f"  export {form:8s}  {measured(EXPORT, slug, form)}", flush=True)

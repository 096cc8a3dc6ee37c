"""The hatch with real worker processes over the embedded broker: one of the site, one that generates."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from PIL import Image

from tests.evalsite.testsets.conftest import sample

pytestmark = [pytest.mark.workers, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

STANDIN = "tests.evalsite.testsets.standin"


class Site:
    """A site of its own: database, store and broker in one folder; commands and workers are processes."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.folder = folder
        self.repository = repository
        self.workers: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATA_DIR": str(folder),
            "BROKER_DIR": str(folder / "broker"),
            "MEDIA_ROOT": str(folder / "media"),
            "DATABASE_URL": self._database(),
            "GENERATION_BATCH": "2",
            "OMP_NUM_THREADS": "1",
        }

    def _database(self) -> str:
        """The tests' own PostgreSQL database, or a file that processes can share."""
        if connection.vendor == "sqlite":
            return f"sqlite:///{self.folder / 'db.sqlite3'}"
        return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=self.repository, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )

    def done(self, *arguments: str) -> str:
        """One command that must succeed; what it printed."""
        ran = self.manage(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def worker(self, app: str, queue: str) -> subprocess.Popen[bytes]:
        """A worker, ready to take messages."""
        log = self.folder / f"{queue}-{len(self.workers)}.log"
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-Q", queue, "-n", f"{queue}@%h"]
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*command, "--pool", "solo", "--loglevel", "INFO"],
                cwd=self.repository,
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        self.workers.append(process)
        _until(lambda: b" ready." in log.read_bytes() or process.poll() is not None, 60, log)
        assert process.poll() is None, log.read_text()
        return process

    def runs(self) -> list[dict[str, Any]]:
        """Every run with its outputs, as the database has them."""
        code = (
            "import json\n"
            "from evalsite.testsets.models import Run\n"
            "print(json.dumps([{'state': r.state, 'error': r.error, 'digest': r.digest,"
            " 'outputs': [[o.sample.key, o.rank, o.text] for o in r.outputs.select_related('sample')]}"
            " for r in Run.objects.order_by('pk')]))"
        )
        found: list[dict[str, Any]] = json.loads(self.done("shell", "-v0", "-c", code))
        return found

    def stop(self) -> None:
        """End the workers that this site started."""
        for process in self.workers:
            process.terminate()
        for process in self.workers:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(15)


def _until(happened: Any, seconds: float, log: Path) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


@pytest.fixture
def site(tmp_path: Path, repository: Path) -> Iterator[Site]:
    """A site with a test set of five samples, three of them with a frame."""
    made = Site(tmp_path / "site", repository)
    made.folder.mkdir()
    if connection.vendor == "sqlite":
        made.done("migrate", "-v0")
    Image.new("RGB", (64, 36), "navy").save(tmp_path / "0.jpg")
    rows = [sample(number, frames=["0.jpg"] if number < 3 else []) for number in range(5)]
    path = tmp_path / "samples.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    made.done("import_testset", "films", str(path), "--frames", str(tmp_path))
    try:
        yield made
    finally:
        made.stop()


def pregenerate(site: Site, system: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The command, waiting for at most a minute."""
    arguments = ["films", system, "--checkpoint", str(site.folder), "--per-sample", "2", "--seed", "7"]
    return site.manage("pregenerate", *arguments, "--wait", "--timeout", "60", *more)


def number(started: subprocess.CompletedProcess[str]) -> str:
    """The run that the command started."""
    found = re.match(r"Started run (\d+): ", started.stdout)
    assert found, started.stdout + started.stderr
    return found[1]


def test_outputs_travel_through_both_workers_and_failures_tell_why(site: Site, tmp_path: Path) -> None:
    """One pair of workers, started once, serves all these runs."""
    site.worker("evalsite", "web")
    site.worker(STANDIN, "gpu")

    good = pregenerate(site, "echo")
    assert good.returncode == 0, good.stderr
    assert "5/5" in good.stderr
    size = (tmp_path / "0.jpg").stat().st_size
    (run,) = site.runs()
    assert (run["state"], run["error"], run["digest"]) == ("finished", "", "a" * 64)
    frames = [[size]] * 3 + [[]] * 2
    wanted = [[f"film@{10 + 20 * n}", rank, f"film@{10 + 20 * n} {frames[n]} 7"] for n in range(5) for rank in (1, 2)]
    assert run["outputs"] == wanted

    refused = pregenerate(site, "refuse")
    assert refused.returncode == 1
    said = r"CommandError: Run \d+ failed: There is no system 'refuse'; there are: echo\."
    assert re.search(said, refused.stderr), refused.stderr
    assert "Traceback" not in refused.stderr

    silent = pregenerate(site, "silent")
    assert silent.returncode == 1
    assert "A batch failed and no worker said why" in silent.stderr

    other = pregenerate(site, "other")
    assert other.returncode == 1
    assert "The checkpoint changed while the run was under way" in other.stderr

    states = [(run["state"], len(run["outputs"])) for run in site.runs()]
    assert states[0] == ("finished", 10)
    assert states[1] == states[2] == ("failed", 0)
    assert states[3] == ("failed", 4)  # what the first checkpoint wrote


def test_a_worker_that_dies_loses_a_batch_and_resuming_brings_it_back(site: Site) -> None:
    site.worker("evalsite", "web")
    doomed = site.worker(STANDIN, "gpu")
    stalled = pregenerate(site, "vanish", "--timeout", "12", "--patience", "3")
    assert doomed.wait(30) < 0
    assert stalled.returncode == 1
    assert "No generation worker answers" in stalled.stderr
    assert "is not finished after 12 s" in stalled.stderr
    site.worker(STANDIN, "gpu")
    resumed = site.manage("pregenerate", "--resume", number(stalled), "--wait", "--timeout", "60")
    assert resumed.returncode == 0, resumed.stderr
    (run,) = site.runs()
    assert (run["state"], len(run["outputs"])) == ("finished", 10)


def test_without_workers_the_command_says_which_to_start(site: Site) -> None:
    nobody = pregenerate(site, "echo", "--timeout", "4", "--patience", "1")
    assert nobody.returncode == 1
    assert "No generation worker is running: start one with `make gpu-worker`." in nobody.stderr
    site.worker(STANDIN, "gpu")
    halfway = site.manage("pregenerate", "--watch", number(nobody), "--timeout", "20", "--patience", "2")
    assert halfway.returncode == 1
    assert "no web worker answers: start one with `make worker`" in halfway.stderr
    site.worker("evalsite", "web")
    watched = site.manage("pregenerate", "--watch", number(nobody), "--timeout", "60")
    assert watched.returncode == 0, watched.stderr

"""How many items a second twenty raters at once are served and send, through real web processes on this machine.

`python -m benchmarks.rating [--raters 20] [--seconds 20] [--workers 2]` uses a database and a port of its own; with
DATABASE_URL set it uses that database instead of SQLite, and leaves its rows there.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = 900
HIDDEN = re.compile(r'name="(key|revision|csrfmiddlewaretoken)" value="([^"]*)"')
CARD = re.compile(r'name="chosen" value="([^"]*)"')


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raters", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder:
        raters, assigning = _study(Path(folder), options.raters)
        with _server(options.workers) as port, ThreadPoolExecutor(options.raters) as pool:
            list(pool.map(lambda rater: rater.work(port, options.seconds), raters))
        _report(raters, assigning, options)


@dataclass
class Rater:
    """One browser: it opens its link, and then looks and sends until the time is up or nothing is left."""

    link: str
    first: str
    served: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0

    def work(self, port: int, seconds: float) -> None:
        """Answer items one by one over one connection."""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.ask("GET", self.link)
        address, self.began = self.first, time.perf_counter()
        while time.perf_counter() < self.began + seconds and not address.endswith("/done/"):
            address = self.answer(address)
        self.ended = time.perf_counter()
        self.connection.close()

    def answer(self, address: str) -> str:
        """Look at one item and choose its first card; returns where to go next."""
        started = time.perf_counter()
        status, page, where = self.ask("GET", address)
        if status in {301, 302}:
            return where
        if status != 200 or not CARD.search(page):
            raise RuntimeError(f"{address} answered {status}: {page[:2000]}")
        seen = time.perf_counter()
        fields = dict(HIDDEN.findall(page)) | {"chosen": CARD.findall(page)[0], "visible_ms": "5000"}
        status, body, where = self.ask("POST", address, fields)
        if status not in {200, 302}:
            raise RuntimeError(f"{address} answered {status}: {body[:200]}")
        self.served.append(seen - started)
        self.sent.append(time.perf_counter() - seen)
        return where

    def ask(self, method: str, address: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, text, and where a redirect leads; cookies are kept."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, address, urlencode(fields) if fields else None, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _equals, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, text, response.headers.get("Location", "")


def _study(folder: Path, count: int) -> tuple[list[Rater], list[float]]:
    """A preference campaign of the paper's size, its raters, and how long each share took to be dealt."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "evalsite.settings",
        "SECRET_KEY": "benchmark",
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    from evalsite.rating import invitations, sessions

    campaign = _campaign(count)
    raters, seconds = [], []
    for invitation in invitations.invite(campaign=campaign, count=count):
        invitations.consent(rater=invitation.rater, language="en", screening={"years": 3})
        invitations.practised(rater=invitation.rater)
        began = time.perf_counter()
        assignment = sessions.assign(rater=invitation.rater)
        seconds.append(time.perf_counter() - began)
        raters.append(Rater(f"/r/{invitation.token}/", f"/rate/{assignment.public_id}/1/"))
    return raters, seconds


def _campaign(raters: int) -> object:
    from evalsite.rating import campaigns
    from evalsite.testsets.models import Output, Run, Sample, System, TestSet

    slug = f"bench-{time.time_ns()}"
    testset = TestSet.objects.create(slug=slug, digest="0" * 64)
    moments = (
        Sample(
            testset=testset,
            key=f"film@{n}",
            position=n,
            video=f"film{n % 20}",
            time=n,
            context=[{"time": max(0, n + step), "text": f"前方高能{step}"} for step in (-4, -3, -2, -1, 1, 2, 3, 4)],
            references=["哈哈哈哈", "泪目", f"来了来了{n}"],
        )
        for n in range(SAMPLES)
    )
    samples = Sample.objects.bulk_create(moments)
    runs = []
    for name in ("ut", "mml_cg", "klvcg"):
        system, _new = System.objects.get_or_create(slug=name, defaults={"name": name})
        run = Run.objects.create(testset=testset, system=system, source="imported", state="finished")
        Output.objects.bulk_create(Output(run=run, sample=s, rank=1, text=f"{name}{s.position}") for s in samples)
        runs.append(run)
    campaign = campaigns.create(
        slug=slug,
        protocol="preference",
        testset=testset,
        runs=runs,
        settings={"raters": raters, "raters_per_sample": min(raters, 10)},
    )
    return campaigns.start(campaign=campaign)


@contextmanager
def _server(workers: int) -> Iterator[int]:
    """Web processes as in production, on a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "evalsite.wsgi", "--workers", str(workers), "--threads", "4"]
    process = subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}", "--log-level", "error"])
    try:
        for _attempt in range(120):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _report(raters: list[Rater], assigning: list[float], options: argparse.Namespace) -> None:
    served, sent = [t for rater in raters for t in rater.served], [t for rater in raters for t in rater.sent]
    seconds = max(rater.ended for rater in raters) - min(rater.began for rater in raters)
    how = f"{options.raters} raters at once, {options.workers} web processes, {SAMPLES} samples, this machine"
    print(f"items served and answered: {len(sent) / seconds:.1f} a second ({len(sent):,} in {seconds:.0f} s; {how})")
    for what, times in (("an item served", served), ("an answer taken", sent), ("a share dealt", assigning)):
        ninety = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        print(f"{what}: {1000 * median(times):.0f} ms (median; 95 % within {1000 * ninety:.0f} ms; {how})")


if __name__ == "__main__":
    main()

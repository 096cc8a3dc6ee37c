"""A real site for a real browser: gunicorn as a process of its own, with its own port, folder and database."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """Starts, kills and restarts the web process; asks its database what arrived."""

    shared: Path | None = None  # a folder in which what all sites begin with is made once

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.links: dict[str, Any] = {}
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.environment = {
            **inherited,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "evalsite.settings",
            "SECRET_KEY": "for browser tests only",
            "DEBUG": "0",
            "DATA_DIR": str(folder),
            "SITE_URL": self.url,
            "LOG_LEVEL": "WARNING",
        }

    def run(self, *command: str) -> str:
        """A command of the project in this site's environment."""
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, f"{command} failed:\n{done.stderr[-3000:]}"
        return done.stdout

    def prepare(self) -> None:
        """An empty database and the static files under their hashed names."""
        if self.shared is None:
            self._make()
            return
        made = self.shared / "made"
        self.shared.mkdir(parents=True, exist_ok=True)
        with (self.shared / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # processes that test side by side share it, too
            if not made.exists():
                template = Site.__new__(Site)
                template.environment = {**self.environment, "DATA_DIR": str(self.shared)}
                template._make()
                made.touch()
        shutil.copyfile(self.shared / "db.sqlite3", self.folder / "db.sqlite3")
        self.environment["STATIC_ROOT"] = str(self.shared / "static")

    def _make(self) -> None:
        self.run("manage.py", "migrate", "--verbosity", "0")
        self.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")

    def start(self) -> None:
        """Serve, and wait until it answers."""
        server = [
            "-m",
            "gunicorn",
            "evalsite.wsgi",
            "--bind",
            f"127.0.0.1:{self.port}",
            "--workers",
            "1",
            "--threads",
            "4",
        ]
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *server],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            except urllib.error.HTTPError:
                return  # it answers
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"The web process did not start:\n{(self.folder / 'web.log').read_text()[-3000:]}")

    def kill(self) -> None:
        """As a crash would: no farewell, no clean-up."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds."""
        with sqlite3.connect(f"file:{self.folder / 'db.sqlite3'}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute(query, values).fetchall()

    def submissions(self, public_id: str) -> list[tuple[int, int, Any]]:
        """Of one sitting: (position, revision, answer), in order."""
        query = """SELECT item.position, sent.revision, sent.answer FROM rating_submission sent
            JOIN rating_item item ON item.id = sent.item_id
            JOIN rating_assignment sitting ON sitting.id = item.assignment_id
            WHERE sitting.public_id = ? ORDER BY 1, 2"""
        return [(position, revision, json.loads(answer)) for position, revision, answer in self.rows(query, public_id)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""Processes of the demo: started, watched, and stopped with everything they started."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def running(name: str, command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours on one thread, its words in a log, stopped with everything it started."""
    log = (folder / f"{name}.log").open("ab")
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}  # several run side by side: more threads would wait for each other
    process = subprocess.Popen(command, cwd=ROOT, env=alone, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        stop(process)
        log.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end; insist after ten seconds."""
    for wish in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wish)
            process.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def celery(app: str, queue: str) -> list[str]:
    """The command of one worker."""
    name = f"{queue}@%h"  # two workers of one name would answer for each other
    worker = [sys.executable, "-m", "celery", "-A", app, "worker", "-Q", queue, "-n", name]
    return [*worker, "--pool", "solo"]


def front_page(url: str, web: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Wait until the site answers; raises RuntimeError where it does not."""
    ends = time.monotonic() + seconds
    while web.poll() is None and time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"The site does not answer at {url}; its log is in var/demo/web.log.")


def free(port: int) -> bool:
    """Whether nobody listens at the port yet."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0

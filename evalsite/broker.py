"""The embedded broker: Celery's file system transport, hardened against half-written files.

The transport of kombu 5.7 creates a message's file first and fills it a moment later. A worker that looks in between
reads an empty message and dies of it. Here a message appears under its name only when it is whole, and a reader who
meets one that another program is still writing waits for it. Messages and tables are those of kombu's transport,
so a worker that uses kombu's own (as the generation side may) shares the same folders.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds for another program to finish a file


class Channel(filesystem.Channel):
    """Whole messages only. A leading dot keeps unfinished files out of every queue."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # their stubs disagree
        """Write beside, then rename: the file appears whole."""
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message of the queue; Empty where there is none."""
        folder = Path(self.data_folder_in)
        waiting = (name for name in os.listdir(folder) if name.partition(".")[2] == f"{queue}.msg")
        for name in sorted(waiting, key=_age):
            claimed = folder / f".{name}.taken"
            try:
                (folder / name).rename(claimed)
            except FileNotFoundError:  # another worker was first
                continue
            try:
                return _read_whole(claimed)
            except ValueError:
                log.error("A message of the queue %s was never finished by its writer and is dropped.", queue)
            finally:
                claimed.unlink(missing_ok=True)
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        """Make an exchange's table whole before kombu fills it in under its lock."""
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # the stubs know an older kombu
        if not file.exists():
            _write_whole(file, "[]", replace=False)
        super()._queue_bind(exchange, routing_key or "", pattern or "", queue)

    def get_table(self, exchange: str) -> list[Any]:
        """Who listens to an exchange; waits for a table that another program is making."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return list(super().get_table(exchange))
            except ValueError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)


class Transport(filesystem.Transport):
    """Named by the setting CELERY_BROKER_TRANSPORT."""

    Channel = Channel
    polling_interval = 0.2  # seconds an idle worker waits before it looks again; kombu's second is felt in every batch


def _age(name: str) -> tuple[int, str]:
    """Oldest first, by the milliseconds a name begins with: as numbers, for as text 10 comes before 9."""
    when = name.partition("_")[0]
    return (int(when) if when.isdecimal() else 0, name)


def _write_whole(path: Path, text: str, *, replace: bool = True) -> None:
    """Make the file in one step; without `replace`, one that is there already stays."""
    part = path.with_name(f".{uuid.uuid4()}.part")
    part.write_text(text, encoding="utf-8")
    try:
        if replace:
            part.rename(path)
        else:
            path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)


def _read_whole(path: Path) -> Any:
    """The message, once its writer has let go of the file; ValueError where it stays unfinished."""
    end = time.monotonic() + PATIENCE
    with path.open("rb") as file:
        while True:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH)  # kombu's writers hold the exclusive lock while they write
            file.seek(0)
            content = file.read()
            fcntl.flock(file.fileno(), fcntl.LOCK_UN)
            try:
                return loads(bytes_to_str(content))
            except ValueError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.01)

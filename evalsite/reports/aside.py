"""Work done aside, by a child process, while this one goes on: on two cores a long report takes half the time.

A process and not a thread: threads would wait for each other, for Python's lock and for that of SQLite's memory.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from django.db import connection, connections

Found = TypeVar("Found")


def start(work: Callable[[], Found]) -> Callable[[], Found]:
    """The work under way; call what comes back to have what it found.

    Where no child can be made, and where one died or failed, it is done here when it is asked for.
    """
    if not possible():
        return work
    connections.close_all()  # neither SQLite nor PostgreSQL bears a connection in two processes
    here, there = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_tell, args=(there, work), daemon=True)
    child.start()
    there.close()

    def found() -> Found:
        try:
            told: Found = here.recv()
        except EOFError:
            return work()
        finally:
            here.close()
            child.join()
        return told

    return found


def possible() -> bool:
    """Whether a fork harms nobody: in a process of one thread that is no child itself, outside transactions."""
    alone = threading.active_count() == 1 and not multiprocessing.current_process().daemon
    in_memory = getattr(connection, "is_in_memory_db", bool)()
    return sys.platform == "linux" and alone and not connection.in_atomic_block and not in_memory


def _tell(there: Connection, work: Callable[[], object]) -> None:
    """What the child does. Nothing is told where it fails: who asks will do the work, and meet the fault, himself."""
    gc.disable()  # to look for garbage is to touch, and so to copy, all that is shared with the parent
    try:
        there.send(work())
    except BaseException:
        os._exit(1)

"""Is the process alive, and are the parts it needs there: for load balancers, service managers and people.

`/healthz` asks nothing of anybody. `/readyz` asks each part once and answers 503 where one is missing. Both are open
to all, so the answer names the part and not the address or path behind it; that goes to the log.
"""

import logging
import os
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from evalsite.celery import app
from evalsite.testsets.models import Run

log = logging.getLogger(__name__)

BROKER_TIMEOUT = 2  # seconds; a probe that hangs tells nothing


class NotReadyError(Exception):
    """A part is there but not fit for use; the sentence may be shown to anybody."""


def check_database() -> None:
    """The database answers a query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def check_migrations() -> None:
    """The tables are those this software was written for."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise NotReadyError(f"{len(waiting)} migrations are not applied: run `python manage.py migrate`.")


def check_broker() -> None:
    """A message could be handed over: the broker accepts a channel."""
    with app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_TIMEOUT)
        broker.default_channel  # noqa: B018  # opened on first use
        folders = {value for key, value in (broker.transport_options or {}).items() if key.endswith(("_in", "_out"))}
    if not all(os.access(folder, os.R_OK | os.W_OK | os.X_OK) for folder in folders):
        raise NotReadyError("The folder of messages cannot be written by the web process.")


def check_storage() -> None:
    """The store of frames takes a file, gives it back and lets it go."""
    name = default_storage.save(f"probe-{uuid.uuid4().hex}", ContentFile(b"ready"))
    try:
        with default_storage.open(name) as file:
            if file.read() != b"ready":
                raise NotReadyError("The store gave back other bytes than it was given.")
    finally:
        default_storage.delete(name)


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
    "storage": check_storage,
}


def examine(name: str, check: Callable[[], None]) -> dict[str, Any]:
    """One part's answer: whether it is ready, in how many milliseconds, and what is wrong otherwise."""
    began = time.perf_counter()
    error = ""
    try:
        check()
    except NotReadyError as problem:
        error = str(problem)
    except Exception:
        log.exception("The %s is not ready", name)
        error = f"The {name} cannot be used; the log of the web process says why."
    answer: dict[str, Any] = {"ready": not error, "ms": round((time.perf_counter() - began) * 1000, 1)}
    return answer | ({"error": error} if error else {})


def last_output() -> str | None:
    """When a worker last brought outputs, as ISO 8601: a hint, and no part of being ready."""
    try:
        moment = Run.objects.filter(source=Run.Source.GENERATED).aggregate(last=Max("progressed_at"))["last"]
    except DatabaseError:
        return None
    return moment.isoformat() if moment else None


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers: nothing else is asked."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Every part this process needs; 503 where one is missing."""
    parts = {name: examine(name, check) for name, check in CHECKS.items()}
    ready = all(part["ready"] for part in parts.values())
    answer = {"ready": ready, "parts": parts, "last_output": last_output()}
    return JsonResponse(answer, status=200 if ready else 503)

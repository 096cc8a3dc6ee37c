"""What workers call by name: each fetches nothing, thinks nothing, and calls one function."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError

from evalsite.celery import app
from evalsite.testsets import pregeneration
from evalsite.testsets.models import Run

# A database that is busy or restarting is asked again for some minutes; the batch is never lost for it.
_PATIENT: dict[str, Any] = {
    "autoretry_for": (OperationalError,),
    "max_retries": 8,
    "retry_backoff": True,
    "retry_backoff_max": 120,
}


@app.task(name="testsets.store", **_PATIENT)
def store(result: Any, run_id: int, sample_ids: list[int]) -> None:
    """The second link of a batch's chain; `result` is what `generation.generate` returned."""
    pregeneration.store(run_id=run_id, sample_ids=sample_ids, result=result)


@app.task(name="testsets.fail", **_PATIENT)
def fail(run_id: int, reason: str = "") -> None:
    """Sent by the generation side with its reason, or by Celery without one where a batch was lost."""
    pregeneration.fail(run_id=run_id, reason=reason)


@app.task(name="testsets.resume", **_PATIENT)
def resume(run_id: int) -> None:
    """Send again what is missing."""
    pregeneration.resume(run=Run.objects.get(pk=run_id))

"""The hatch: the one task through which others ask for comments, by name and in JSON.

``generation.generate(system, checkpoint, contexts, options)`` on the queue ``gpu`` gives
``{"checkpoint": digest, "outputs": [[{"rank", "text", "score"}, ...], ...]}``: for each context exactly ``per_sample``
outputs of rank 1, 2, ...; where a system has fewer distinct texts the rest are nulls (text ""). A context is a line of
``samples.jsonl`` without references, its frames as paths, ``file://`` or ``http(s)://`` addresses. Start with::

    celery -A generation.tasks worker -Q gpu
"""

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.signals import celeryd_init

from generation.corpus import testset
from generation.corpus.backbones import Unreachable
from generation.corpus.records import Sample
from generation.decoding import Options, Output
from generation.errors import UserError
from generation.systems import base

CACHED = 4  # checkpoints kept in memory by one process


def _broker_folders() -> tuple[Path, Path]:
    """(messages, control) of the embedded broker, which the web side names alike."""
    folder = Path(os.environ.get("BROKER_DIR") or Path(os.environ.get("DATA_DIR") or "var") / "broker").absolute()
    return folder / "messages", folder / "control"


def _settings() -> dict[str, Any]:
    """Celery's settings from the environment; read when the app is first used, not when it is imported."""
    url = os.environ.get("CELERY_BROKER_URL") or "filesystem://localhost"
    settings: dict[str, Any] = {
        "broker_url": url,
        "broker_connection_retry_on_startup": True,
        "task_default_queue": "gpu",
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,  # results travel on in the chain's next message
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
    }
    if url.startswith("filesystem://"):
        messages, control = _broker_folders()
        settings["broker_transport_options"] = {
            "data_folder_in": str(messages),
            "data_folder_out": str(messages),
            "control_folder": str(control),
            "store_processed": False,
            "polling_interval": 0.2,  # seconds; kombu's second is felt in every batch
        }
    return settings


app = Celery("generation", fixups=[])  # none for Django, even where its settings are named
app.add_defaults(_settings)


@celeryd_init.connect
def make_folders(**_: Any) -> None:
    """A worker of the embedded broker may start before the web side has made its folders."""
    if app.conf.broker_url.startswith("filesystem://"):
        for folder in _broker_folders():
            folder.mkdir(parents=True, exist_ok=True)


class Generate(Task):  # type: ignore[type-arg]
    """Tells the Run that asked why it failed."""

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Send ``testsets.fail(run_id, reason)`` to the queue ``web`` where the options name a run."""
        options = kwargs.get("options") or (args[3] if len(args) > 3 else {})
        run = options.get("run") if isinstance(options, Mapping) else None
        if run is not None:
            reason = str(exc) if isinstance(exc, UserError) else f"{type(exc).__name__}: {exc}"
            app.send_task("testsets.fail", kwargs={"run_id": run, "reason": reason}, queue="web", ignore_result=True)


@app.task(
    name="generation.generate",
    base=Generate,
    autoretry_for=(Unreachable,),  # frames on a server that does not answer
    max_retries=3,
    retry_backoff=True,
    throws=(UserError,),  # a user's mistake is logged as a sentence, without a traceback
)
def generate(
    system: str, checkpoint: str, contexts: list[dict[str, Any]], options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Write comments for contexts; see the module's docstring for the shapes."""
    chosen = Options.parse(_mapping(options or {}))
    samples = _samples(contexts)
    digest, writer = _load(Path(_text(checkpoint, "checkpoint")), _text(system, "system"))
    outputs = writer.generate(samples, chosen)
    return {"checkpoint": digest, "outputs": [_rows(row, chosen.per_sample) for row in outputs]}


def _samples(contexts: Any) -> list[Sample]:
    if not isinstance(contexts, list):
        raise UserError(f"The contexts are {type(contexts).__name__}; a list of objects is expected.")
    return [testset.parse(context, f"context {i}") for i, context in enumerate(contexts, start=1)]


def _mapping(options: Any) -> Mapping[str, Any]:
    if not isinstance(options, Mapping):
        raise UserError(f"The options are {type(options).__name__}; an object is expected.")
    return options


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise UserError(f"The {name} is {value!r}; a non-empty string is expected.")
    return value


def _rows(outputs: Sequence[Output], count: int) -> list[dict[str, Any]]:
    """``count`` outputs as JSON, nulls where the system gave fewer."""
    nulls = [Output(rank, "", None) for rank in range(len(outputs) + 1, count + 1)]
    return [output._asdict() for output in [*outputs, *nulls]]


def _load(checkpoint: Path, system: str) -> tuple[str, base.System]:
    """(digest, system), kept in this process until the checkpoint's files change."""
    base.load(system)  # an unknown system is said before a missing checkpoint
    cls, _, _ = base.read_config(checkpoint)
    if cls.slug() != system:
        raise UserError(f"The checkpoint {checkpoint} is one of {cls.slug()}, not of {system}.")
    return _cached(checkpoint, _stamp(checkpoint))


def _stamp(checkpoint: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the files: another value means another checkpoint."""
    files = sorted(path for path in checkpoint.iterdir() if path.is_file())
    return tuple((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files)


@functools.lru_cache(maxsize=CACHED)
def _cached(checkpoint: Path, stamp: tuple[tuple[str, int, int], ...]) -> tuple[str, base.System]:
    from generation.train import choose_device

    device = choose_device(os.environ.get("GENERATION_DEVICE", "auto"))
    return base.digest(checkpoint), base.load_checkpoint(checkpoint, device=device)

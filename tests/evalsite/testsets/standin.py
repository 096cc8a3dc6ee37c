"""A generation worker without models, for tests of the web side's half of the hatch. It knows nothing of Django.

    celery -A tests.evalsite.testsets.standin worker -Q gpu

What it does is steered by the name of the system: `echo` writes the sample's id, `refuse` fails with a reason as
the real one does, `vanish` dies in the middle of its first batch, `other` changes its checkpoint with every batch.
"""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import Celery, Task

BROKER = Path(os.environ["BROKER_DIR"])

app = Celery("standin", broker=os.environ.get("CELERY_BROKER_URL") or "filesystem://")
app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)
if app.conf.broker_url.startswith("filesystem://"):
    app.conf.broker_transport_options = {
        "data_folder_in": str(BROKER / "messages"),
        "data_folder_out": str(BROKER / "messages"),
        "control_folder": str(BROKER / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }


class Telling(Task):  # type: ignore[type-arg]
    """Tells the run why it failed, unless it is to leave that to Celery's errback."""

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """As agreed: `testsets.fail` with run and reason on the queue `web`."""
        if args[0] != "silent":
            reason = {"run_id": args[3]["run"], "reason": str(exc)}
            app.send_task("testsets.fail", kwargs=reason, queue="web")


@app.task(name="generation.generate", base=Telling)
def generate(
    system: str, checkpoint: str, contexts: list[Mapping[str, Any]], options: Mapping[str, Any]
) -> dict[str, Any]:
    """`{"checkpoint": digest, "outputs": [[{"rank", "text", "score"}, ...], ...]}`"""
    if system in {"refuse", "silent"}:
        raise ValueError(f"There is no system {system!r}; there are: echo.")
    digest = "a" * 64
    if system == "other":
        digest = contexts[0]["id"].encode().hex()[:64]
    if system == "vanish" and not (gone := Path(checkpoint) / "gone").exists():
        gone.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    assert not any("references" in context for context in contexts)
    sizes = [[len(Path(urlsplit(uri).path).read_bytes()) for uri in context["frames"]] for context in contexts]
    return {
        "checkpoint": digest,
        "outputs": [
            [
                {"rank": rank, "text": f"{context['id']} {size} {options['seed']}", "score": -float(rank)}
                for rank in range(1, options["per_sample"] + 1)
            ]
            for context, size in zip(contexts, sizes, strict=True)
        ],
    }

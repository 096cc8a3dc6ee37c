"""Runs: one system over one test set, in batches through the hatch.

The database is the ledger and the queue only wakes workers. A Run is written first; on commit one chain per batch is
sent: `generation.generate` on the queue `gpu`, then `testsets.store` on the queue `web`. Whatever a dead worker or a
lost message leaves missing, `resume` finds by looking for samples without outputs, and sends again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from celery import Signature, chain
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from evalsite.celery import app
from evalsite.testsets import frames, systems, workers
from evalsite.testsets.errors import UserError
from evalsite.testsets.jsonl import unfit
from evalsite.testsets.models import HUMAN, Output, Run, Sample, TestSet
from evalsite.testsets.results import read_result

log = logging.getLogger(__name__)

PER_SAMPLE_LIMIT = 100
RESERVED_OPTIONS = frozenset({"seed", "per_sample", "run"})
# What is known where a worker died without a word; a reason that comes later replaces it.
NO_REASON = "A batch failed and no worker said why; look at the worker's log, then resume the run."

HESITATION = 10  # seconds that Celery's bare news of a failure waits, so that a worker's own words come first


def start(
    *,
    testset: TestSet,
    system: str,
    checkpoint: str = "",
    per_sample: int = 1,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> Run:
    """A new Run; its batches are sent when the transaction is committed."""
    _check(system, checkpoint, per_sample, seed, options or {})
    with transaction.atomic():
        run = Run.objects.create(
            testset=testset,
            system=systems.named(system),
            source=Run.Source.GENERATED,
            checkpoint=checkpoint,
            per_sample=per_sample,
            seed=seed,
            options=dict(options or {}),
            started_at=timezone.now(),
        )
        transaction.on_commit(partial(_send_missing, run.pk))
    return run


def _check(system: str, checkpoint: str, per_sample: int, seed: int, options: Mapping[str, Any]) -> None:
    systems.checked_slug(system, "system")
    if system == HUMAN:
        people = _("%(human)s is people, who are not generated: import the references as its outputs.")
        raise UserError(people % {"human": repr(HUMAN)})
    if len(checkpoint) > 500 or any(unfit(checkpoint)):
        raise UserError(_("The checkpoint's folder must have a name of at most 500 ordinary characters."))
    if not 1 <= per_sample <= PER_SAMPLE_LIMIT:
        told = {"limit": PER_SAMPLE_LIMIT, "count": per_sample}
        raise UserError(_("A run writes 1 to %(limit)s outputs for each sample, not %(count)s.") % told)
    if not 0 <= seed < 2**63:
        raise UserError(_("A seed is a whole number from 0 to 2^63 - 1, not %(seed)s.") % {"seed": seed})
    if taken := sorted(RESERVED_OPTIONS & options.keys()):
        own = _("%(option)s is not a decoding option; the run has a field of its own for it.")
        raise UserError(own % {"option": repr(taken[0])})
    if fault := next(unfit(dict(options)), None):
        unkept = _("The option %(option)s cannot be kept: %(fault)s")
        raise UserError(unkept % {"option": fault[0], "fault": fault[1]})


def resume(*, run: Run) -> int:
    """Send again the samples that lack outputs; returns how many. A run that lacks none is finished."""
    if run.source != Run.Source.GENERATED:
        imported = _("Run %(run)s was imported; only a run that is generated here can be resumed.")
        raise UserError(imported % {"run": run.pk})
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=run.pk)
        missing = Sample.objects.lacking(run).count()
        if missing:
            Run.objects.filter(pk=run.pk).update(
                state=Run.State.PENDING, error="", started_at=timezone.now(), finished_at=None
            )
            transaction.on_commit(partial(_send_missing, run.pk))
        else:
            _finish(run.pk)
    run.refresh_from_db()
    return missing


def _send_missing(run_id: int) -> None:
    """One chain per batch of samples that lack outputs. A broker that does not answer fails the run."""
    run = Run.objects.select_related("system", "testset").get(pk=run_id)
    samples = Sample.objects.lacking(run).order_by("position").iterator(chunk_size=2000)
    try:
        while batch := list(islice(samples, settings.GENERATION_BATCH)):
            batch_chain(run, batch).apply_async()
    except workers.BROKER_FAULTS as error:
        fail(run_id=run_id, reason=workers.unreachable(error) + " Then resume the run.")
    except UserError as error:
        fail(run_id=run_id, reason=str(error))


def batch_chain(run: Run, batch: Sequence[Sample]) -> Signature[None]:
    """generate on the queue `gpu`, then store on the queue `web`; whatever fails between tells `testsets.fail`."""
    options = {**run.options, "seed": run.seed, "per_sample": run.per_sample, "run": run.pk}
    generate = app.signature(
        "generation.generate", (run.system.slug, run.checkpoint, contexts(batch), options), queue=workers.GPU
    )
    ids = [sample.pk for sample in batch]
    store_them = app.signature("testsets.store", kwargs={"run_id": run.pk, "sample_ids": ids}, queue=workers.WEB)
    say_so = app.signature(
        "testsets.fail", kwargs={"run_id": run.pk}, queue=workers.WEB, immutable=True, countdown=HESITATION
    )
    batch_of_two: Signature[None] = chain(generate, store_them)
    return batch_of_two.on_error(say_so)


def contexts(batch: Sequence[Sample]) -> list[dict[str, Any]]:
    """What a system may see of each sample: a line of samples.jsonl without its references."""
    addresses = frames.uris(digest for sample in batch for digest in sample.frames)
    return [
        {
            **{name: value for name, value in sample.extra.items() if name != "references"},
            "id": sample.key,
            "video": sample.video,
            "title": sample.title,
            "time": int(sample.time) if sample.time.is_integer() else sample.time,
            "duration": sample.duration,
            "frames": [addresses[digest] for digest in sample.frames],
            "context": sample.context,
            "split": sample.split,
        }
        for sample in batch
    ]


def store(*, run_id: int, sample_ids: Sequence[int], result: Any) -> None:
    """Keep a batch that came back. Delivered twice it changes nothing; the last one finishes the run."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id, source=Run.Source.GENERATED).first()
        if run is None or run.state == Run.State.FINISHED:
            log.info("A batch of run %s came when the run was finished or gone; it is left aside.", run_id)
            return
        try:
            digest, rows = _read(run, sample_ids, result)
        except UserError as error:
            fail(run_id=run_id, reason=str(error))
            return
        Output.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
        state = Run.State.RUNNING if run.state == Run.State.PENDING else run.state
        Run.objects.filter(pk=run_id).update(digest=digest, progressed_at=timezone.now(), state=state)
        if _complete(run):
            _finish(run_id)


def _read(run: Run, sample_ids: Sequence[int], result: Any) -> tuple[str, list[Output]]:
    """The checkpoint's digest and the batch's rows; UserError where they are not what the run asked for."""
    batch = read_result(result, samples=len(sample_ids), per_sample=run.per_sample)
    if run.digest and batch.digest != run.digest:
        raise UserError(
            f"The checkpoint changed while the run was under way: earlier outputs came from {run.digest[:12]}, this "
            f"batch from {batch.digest[:12]}. All outputs of a run come from the same weights: start a new run, or put "
            "the earlier checkpoint back and resume."
        )
    if Sample.objects.filter(testset=run.testset_id, pk__in=sample_ids).count() != len(sample_ids):
        raise UserError("A batch came back for samples that are not in the run's test set; start a new run.")
    rows = [
        Output(run=run, sample_id=sample_id, rank=output.rank, text=output.text, score=output.score)
        for sample_id, outputs in zip(sample_ids, batch.outputs, strict=True)
        for output in outputs
    ]
    return batch.digest, rows


def _complete(run: Run) -> bool:
    """Whether every output is there. Places are unique, so counting them is enough, and quicker than looking."""
    there = Output.objects.filter(run=run, rank__lte=run.per_sample).count()
    return there == run.per_sample * Sample.objects.filter(testset=run.testset_id).count()


def _finish(run_id: int) -> None:
    Run.objects.filter(pk=run_id).exclude(state=Run.State.FINISHED).update(
        state=Run.State.FINISHED, error="", finished_at=timezone.now()
    )


def fail(*, run_id: int, reason: str = "") -> None:
    """Mark the run failed and keep the first reason given. A finished run stays finished."""
    reason = "".join(char for char in reason if char.isprintable() or char == "\n").strip()[:2000]
    open_runs = Run.objects.filter(pk=run_id, source=Run.Source.GENERATED).exclude(state=Run.State.FINISHED)
    if reason:
        open_runs = open_runs.filter(~Q(state=Run.State.FAILED) | Q(error__in=["", NO_REASON]))
    else:
        open_runs = open_runs.exclude(state=Run.State.FAILED)
    open_runs.update(state=Run.State.FAILED, error=reason or NO_REASON)


class Progress(NamedTuple):
    """How far a run is: samples with all their outputs, all samples, and when something last happened."""

    done: int
    total: int
    state: str
    error: str
    moved_at: datetime

    @property
    def quiet(self) -> float:
        """Seconds since something last happened."""
        return (timezone.now() - self.moved_at).total_seconds()


def progress(run: Run) -> Progress:
    """Reads the ledger."""
    row = Run.objects.with_progress().get(pk=run.pk)
    moments = [moment for moment in (row.created_at, row.started_at, row.progressed_at) if moment]
    return Progress(row.samples_done, row.samples_total, row.state, row.error, max(moments))


class Stall(NamedTuple):
    """A run in which nothing has come in for a while, and why, as far as can be seen."""

    seconds: float
    why: str


def stalled(run: Run, *, patience: float = 30, timeout: float = 1.0) -> Stall | None:
    """None while outputs come in; else what the workers say about it. Asks them only after `patience` seconds."""
    now = progress(run)
    if now.state not in (Run.State.PENDING, Run.State.RUNNING) or now.quiet < patience:
        return None
    batches = math.ceil((now.total - now.done) / settings.GENERATION_BATCH)
    try:
        return Stall(now.quiet, _why(workers.look(timeout), batches, timeout))
    except UserError as error:
        return Stall(now.quiet, str(error))


def _why(watch: workers.Watch, batches: int, timeout: float) -> str:
    """One sentence on what keeps the run, and what to do; `batches` are still to come."""
    if watch.waiting[workers.WEB] and not watch.answering[workers.WEB]:
        return _("Outputs wait to be stored, but no web worker answers: start one with `make worker`.")
    if not watch.answering[workers.GPU]:
        if watch.waiting[workers.GPU] >= batches:
            return _("No generation worker is running: start one with `make gpu-worker`.")
        return _(
            "No generation worker answers: it is busy with a long batch, or it is gone. "
            "If nothing comes in, start one with `make gpu-worker` and resume the run."
        )
    if watch.waiting[workers.GPU] or watch.waiting[workers.WEB] or workers.at_work(timeout):
        return _("Workers are at work; this batch takes long.")
    return _("Workers are running, but no batch is waiting for them: messages were lost. Resume the run.")

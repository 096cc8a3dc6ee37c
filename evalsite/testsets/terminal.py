"""What this room's commands share: test sets by name, progress bars, waiting for a run."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from django.core.management.base import CommandError, OutputWrapper
from tqdm import tqdm

from evalsite.testsets import pregeneration
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import Run, TestSet

POLL = 0.5  # seconds between two looks at the ledger


def testset_named(slug: str) -> TestSet:
    """The test set, or a UserError that lists those there are."""
    found = TestSet.objects.filter(slug=slug).first()
    if found is None:
        slugs = ", ".join(TestSet.objects.values_list("slug", flat=True)) or "none yet"
        raise UserError(f"There is no test set {slug!r}; there are: {slugs}.")
    return found


testset_named.__test__ = False  # type: ignore[attr-defined]  # the name begins like a test's


class Plain:
    """A command's stream as a file that adds neither colour nor line breaks: bars redraw their line."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream

    def write(self, text: str) -> None:
        """Write the text as it is."""
        self.stream.write(text, style_func=str, ending="")

    def flush(self) -> None:
        """Pass it on."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Whether somebody watches a terminal."""
        return self.stream.isatty()


class Bars:
    """One progress bar for each stage of an import; none where nobody watches a terminal."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = Plain(stream)
        self.stage = ""
        self.bar: tqdm[Any] | None = None

    def show(self, stage: str, done: int, total: int) -> None:
        """Move the stage's bar; a new stage closes the bar of the one before."""
        if stage != self.stage:
            self.close()
            self.stage = stage
            self.bar = tqdm(desc=stage, total=total, file=self.stream, unit_scale=True, disable=None, leave=False)
        if self.bar is not None:
            self.bar.update(done - self.bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def wait(run: Run, stream: OutputWrapper, *, patience: float, timeout: float | None) -> None:
    """Show a bar until the run is finished. CommandError where it fails or the time is up."""
    end = None if timeout is None else time.monotonic() + timeout
    asked_at = time.monotonic()
    with tqdm(desc=str(run.system), unit=" samples", file=Plain(stream)) as bar:
        while True:
            now = pregeneration.progress(run)
            bar.total = now.total
            if now.done != bar.n:
                asked_at = time.monotonic()
            bar.update(now.done - bar.n)
            if now.state == Run.State.FINISHED:
                return
            if now.state == Run.State.FAILED:
                raise CommandError(f"Run {run.pk} failed: {now.error}")
            if time.monotonic() - asked_at >= patience:
                _say_why(run, bar, patience)
                asked_at = time.monotonic()
            if end is not None and time.monotonic() >= end:
                raise CommandError(
                    f"Run {run.pk} is not finished after {timeout:g} s ({now.done:,} of {now.total:,} samples). Its "
                    f"workers go on; to wait again: python manage.py pregenerate --watch {run.pk}"
                )
            time.sleep(POLL)


def _say_why(run: Run, bar: tqdm[Any], patience: float) -> None:
    stall = pregeneration.stalled(run, patience=patience)
    if stall is not None:
        bar.write(f"Nothing has come in for {stall.seconds:.0f} s. {stall.why}", file=bar.fp)

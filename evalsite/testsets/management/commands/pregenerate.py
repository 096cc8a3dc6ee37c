"""`pregenerate TESTSET SYSTEM [--checkpoint DIR] [--per-sample K] [--seed S] [--wait]`, `pregenerate --resume RUN`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from evalsite.testsets import pregeneration
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import Run
from evalsite.testsets.terminal import testset_named, wait


class Command(BaseCommand):
    help = "Let a system write for every sample of a test set, through the generation workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("testset", nargs="?", help="slug of the test set")
        parser.add_argument("system", nargs="?", help="slug of a system that the generation workers know")
        parser.add_argument("--checkpoint", help="its folder as the worker sees it (default: checkpoints/SYSTEM)")
        parser.add_argument("--per-sample", type=int, default=1, metavar="K", help="outputs for each sample")
        parser.add_argument("--seed", type=int, default=0, help="the outputs can be repeated from it")
        parser.add_argument(
            "--option", action="append", default=[], metavar="KEY=VALUE", help="a decoding option; may be repeated"
        )
        parser.add_argument("--resume", type=int, metavar="RUN", help="send again what this run lacks")
        parser.add_argument("--watch", type=int, metavar="RUN", help="only wait for this run; sends nothing")
        parser.add_argument("--wait", action="store_true", help="show a progress bar and return when it is done")
        parser.add_argument("--timeout", type=float, metavar="SECONDS", help="with --wait: give up after so long")
        parser.add_argument(
            "--patience", type=float, default=20, metavar="SECONDS", help="with --wait: ask the workers after so long"
        )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._run(options)
            run.refresh_from_db()
            if run.state == Run.State.FAILED:
                raise CommandError(f"Run {run.pk} failed: {run.error}")
            if options["wait"] or options["watch"] is not None:
                wait(run, self.stderr, patience=options["patience"], timeout=options["timeout"])
                self.stdout.write(f"Run {run.pk} is finished.")
        except UserError as error:
            raise CommandError(str(error)) from None

    def _run(self, options: dict[str, Any]) -> Run:
        given = [name for name in ("resume", "watch") if options[name] is not None]
        if not given:
            return self._started(options)
        if options["testset"] or len(given) > 1:
            raise CommandError(f"--{given[0]} RUN goes on with that run as it was started: name nothing else.")
        return self._resumed(options["resume"]) if given[0] == "resume" else _existing(options["watch"])

    def _started(self, options: dict[str, Any]) -> Run:
        if not options["testset"] or not options["system"]:
            raise CommandError("Name a test set and a system, or --resume RUN.")
        testset = testset_named(options["testset"])
        run = pregeneration.start(
            testset=testset,
            system=options["system"],
            checkpoint=_checkpoint(options["checkpoint"], options["system"]),
            per_sample=options["per_sample"],
            seed=options["seed"],
            options=dict(_option(pair) for pair in options["option"]),
        )
        self.stdout.write(f"Started run {run.pk}: {run.system} over {testset.slug}.")
        return run

    def _resumed(self, number: int) -> Run:
        run = _existing(number)
        missing = pregeneration.resume(run=run)
        self.stdout.write(
            f"Resumed run {run.pk}: {missing:,} samples were sent again."
            if missing
            else f"Run {run.pk} lacks nothing; it is finished."
        )
        return run


def _existing(number: int) -> Run:
    run = Run.objects.with_names().filter(pk=number).first()
    if run is None:
        raise CommandError(f"There is no run {number}.")
    return run


def _checkpoint(given: str | None, system: str) -> str:
    """An absolute folder. It must exist where workers share this machine, as they do with the embedded broker."""
    if given and "://" in given:
        return given
    folder = Path(given) if given else settings.BASE_DIR / "checkpoints" / system
    folder = folder.expanduser().absolute()
    if settings.CELERY_BROKER_URL.startswith("filesystem://") and not folder.is_dir():
        raise CommandError(f"There is no checkpoint folder {folder}: train the system first, or name another folder.")
    return str(folder)


def _option(pair: str) -> tuple[str, Any]:
    """key=value with the value as JSON where it is JSON, else as text."""
    key, equals, value = pair.partition("=")
    if not equals or not key.strip():
        raise CommandError(f"--option {pair!r} must look like key=value.")
    try:
        return key.strip(), json.loads(value)
    except ValueError:
        return key.strip(), value

"""`import_outputs TESTSET SYSTEM [outputs.jsonl]`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from evalsite.testsets.errors import UserError
from evalsite.testsets.importing import import_outputs
from evalsite.testsets.terminal import Bars, testset_named


class Command(BaseCommand):
    help = "Import what any system wrote for a test set; `human` without a file takes the references."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("testset", help="slug of the test set")
        parser.add_argument("system", help="slug of the system; it is made on first use")
        parser.add_argument("outputs", type=Path, nargs="?", help='outputs.jsonl: {"sample", "rank", "text", "score"}')

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        with Bars(self.stderr) as bars:
            try:
                made = import_outputs(
                    testset=testset_named(options["testset"]),
                    system=options["system"],
                    path=options["outputs"],
                    progress=bars.show,
                )
            except UserError as error:
                raise CommandError(str(error)) from None
        what = f"{made.outputs:,} outputs of {made.run.system} ({made.nulls:,} of them null)"
        self.stdout.write(f"Imported {what} as run {made.run.pk}.")
        if made.missing:
            self.stdout.write(f"{made.missing:,} samples of the test set have no output by this system.")

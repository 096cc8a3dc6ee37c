"""`import_testset SLUG samples.jsonl [--frames DIR] [--clips DIR] [--title T]`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from evalsite.testsets.errors import UserError
from evalsite.testsets.importing import import_testset
from evalsite.testsets.terminal import Bars


class Command(BaseCommand):
    help = "Import a test set: all of it, or every fault with its line and nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the test set's name: lower-case letters, digits, - and _")
        parser.add_argument("samples", type=Path, help="samples.jsonl: one sample a line")
        parser.add_argument("--frames", type=Path, help="folder that the frames of samples.jsonl are relative to")
        parser.add_argument("--clips", type=Path, help="folder that its clips are relative to; default: that of frames")
        parser.add_argument("--title", default="", help="what pages call the test set")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        with Bars(self.stderr) as bars:
            try:
                made = import_testset(
                    slug=options["slug"],
                    path=options["samples"],
                    frames=options["frames"],
                    clips=options["clips"],
                    title=options["title"],
                    progress=bars.show,
                )
            except UserError as error:
                raise CommandError(str(error)) from None
        files = f"{made.pictures:,} pictures" + (f" and {made.clips:,} clips" if made.clips else "")
        self.stdout.write(
            f"Imported {made.samples:,} samples as test set {made.testset.slug}, "
            f"with {files} ({made.stored:,} new to the store)."
        )

"""`verify_package out.zip`: exit 0 where every number is equal, 1 where any differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalsite.reports import unpacking

MOST = 30


class Command(BaseCommand):
    help = "Recompute the report of a replication package from its judgments and compare every number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("package", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = unpacking.verify(options["package"])
        except unpacking.NotAPackage as error:
            raise CommandError(str(error)) from None
        if found:
            more = [f"... and {len(found) - MOST} more"] if len(found) > MOST else []
            raise CommandError("\n".join([f"{options['package']} does not hold:", *found[:MOST], *more]))
        self.stdout.write(f"{options['package']}: every number was recomputed and is equal.")

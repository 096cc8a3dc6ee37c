"""`create_campaign SLUG --protocol P --testset T --systems a,b,c [--set key=value ...]`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evalsite.rating import campaigns, protocols
from evalsite.rating.terminal import ACTOR, CampaignCommand
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import HUMAN
from evalsite.testsets.terminal import testset_named


class Command(CampaignCommand):
    help = "Draft a campaign on the latest finished run of each system; start_campaign opens it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="name of the campaign: lower-case letters, digits, - and _")
        parser.add_argument("--protocol", required=True, help=f"one of: {', '.join(protocols.names())}")
        parser.add_argument("--testset", required=True, help="slug of the test set")
        parser.add_argument("--systems", required=True, help="slugs of the systems to compare, comma-separated")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="a setting of the protocol, such as items_per_sitting=10 or exclusions.median_seconds_under=2",
        )
        parser.add_argument("--seed", type=int, help="everything drawn derives from it (default: a random one)")
        parser.add_argument("--title", default="", help="shown to raters")
        parser.add_argument("--completion-url", default="", help="where raters go at the end; {code} is filled in")
        for text in ("consent", "instructions"):
            parser.add_argument(
                f"--{text}",
                action="append",
                default=[],
                metavar="LANGUAGE=FILE",
                help=f"{text} text in a language (zh-hans, en) instead of the default one",
            )

    def act(self, options: dict[str, Any]) -> None:
        testset = testset_named(options["testset"])
        slugs = [slug.strip() for slug in options["systems"].split(",") if slug.strip()]
        try:
            rules = protocols.load(options["protocol"])
        except LookupError as error:
            raise UserError(str(error)) from None
        said = rules.Settings.parse(options["set"])
        campaign = campaigns.create(
            slug=options["slug"],
            protocol=options["protocol"],
            testset=testset,
            runs=campaigns.latest_runs(testset, slugs),
            settings=said,
            seed=options["seed"],
            title=options["title"],
            completion_url=options["completion_url"],
            consent=dict(_text(pair) for pair in options["consent"]),
            instructions=dict(_text(pair) for pair in options["instructions"]),
            actor=ACTOR,
        )
        runs = ", ".join(str(run) for run in campaign.runs.select_related("system", "testset"))
        self.stdout.write(f"Drafted {campaign.slug} ({campaign.protocol}, seed {campaign.seed}) on: {runs}.")
        if campaign.settings.get("controls") == 0 and said.get("controls") != 0:
            self.stdout.write(
                f"Test set {testset.slug} has no finished run of {HUMAN}, so there are no real comments among the "
                f"cards (controls=0); `manage.py import_outputs {testset.slug} {HUMAN}` before drafting adds them."
            )
        self.stdout.write(f"Open it with: python manage.py start_campaign {campaign.slug}")


def _text(pair: str) -> tuple[str, str]:
    language, equals, name = pair.partition("=")
    if not equals:
        raise UserError(f"{pair!r} names no file; write LANGUAGE=FILE, for example en=consent.txt.")
    try:
        text = Path(name).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name} cannot be read: {error}.") from None
    if not text:
        raise UserError(f"{name} is empty.")
    return language, text

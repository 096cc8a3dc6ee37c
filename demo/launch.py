"""`make demo`: from a fresh clone to two running campaigns, and nothing left behind after Ctrl-C.

Every step is one a research group would type by hand (the README names them); a step whose result is there already is
passed over, so that the second start takes seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from demo.processes import ROOT, celery, free, front_page, running
from demo.studies import DECODING, PER_SAMPLE, RATERS, STUDIES, SYSTEMS
from demo.training import CORPUS, checkpoints, generation


def say(line: str) -> None:
    """One line for the person who waits."""
    print(line, flush=True)


def environment(port: int) -> Path:
    """Make `.env` where there is none, read the settings, and return the demo's own folder."""
    file = ROOT / ".env"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"SECRET_KEY={secrets.token_urlsafe(50)}\n", encoding="utf-8")
    os.environ.setdefault("SITE_URL", f"http://127.0.0.1:{port}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django
    from django.conf import settings

    django.setup()
    os.environ["BROKER_DIR"] = str(settings.BROKER_DIR)  # the worker that generates knows no Django
    folder = Path(settings.DATA_DIR) / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def manage(*arguments: str | Path) -> None:
    """`manage.py ...`, in this process."""
    from django.core.management import call_command

    call_command(*map(str, arguments))


def database() -> None:
    """Tables and static files."""
    manage("migrate", "--verbosity", "0")
    manage("collectstatic", "--noinput", "--verbosity", "0")


def corpus(folder: Path) -> None:
    """The test set: moments of the demo films whose comments no system has read."""
    from evalsite.testsets.models import TestSet

    if TestSet.objects.filter(slug="demo").exists():
        return
    samples = folder / "samples.jsonl"
    generation("samples", CORPUS, "--split", "test", "--min-references", "3", "--out", samples)
    manage("import_testset", "demo", samples, "--frames", CORPUS / "frames", "--title", "演示 · Demo films")
    manage("import_outputs", "demo", "human")


def outputs(folder: Path) -> None:
    """A finished run of every system, through the workers."""
    from evalsite.testsets.models import Run

    for name in SYSTEMS:
        if not Run.objects.filter(testset__slug="demo", system__slug=name, state=Run.State.FINISHED).exists():
            where = ["--checkpoint", folder / "checkpoints" / name]
            how = ["--per-sample", str(PER_SAMPLE), "--seed", "1", *(f"--option={o}" for o in DECODING.get(name, ()))]
            manage("pregenerate", "demo", name, *where, *how, "--wait")


def campaigns(folder: Path) -> dict[str, list[str]]:
    """Both campaigns, running, and a few rater links of each; links are shown once, so they are kept in a file."""
    from django.conf import settings

    from evalsite.rating import invitations
    from evalsite.rating.models import Campaign

    file = folder / "links.json"
    tokens: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for slug, study in STUDIES.items():
        if not Campaign.objects.filter(slug=slug).exists():
            what = ["--protocol", study.protocol, "--testset", "demo", "--systems", ",".join(study.systems)]
            manage("create_campaign", slug, *what, "--title", study.title, *(f"--set={o}" for o in study.options))
            manage("start_campaign", slug)
            tokens.pop(slug, None)  # links of a campaign that is gone lead nowhere
        if slug not in tokens:
            made = invitations.invite(campaign=Campaign.objects.get(slug=slug), count=RATERS)
            tokens[slug] = [invitation.token for invitation in made]
    file.touch(mode=0o600)
    file.write_text(json.dumps(tokens), encoding="utf-8")
    return {slug: [f"{settings.SITE_URL}/r/{token}/" for token in tokens[slug]] for slug in STUDIES}


def administrator(folder: Path) -> str:
    """The password of `admin`, made once."""
    from django.contrib.auth import get_user_model

    file = folder / "admin-password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(12), encoding="utf-8")
    password = file.read_text(encoding="utf-8").strip()
    users = get_user_model().objects
    if not users.filter(username="admin").exists():
        users.create_superuser("admin", password=password)
    return password


def tell(site: str, links: dict[str, list[str]], password: str) -> None:
    """The addresses a visitor needs."""
    say(f"\n  {site}/\n")
    for slug, addresses in links.items():
        say(f"  Raters of {slug} (one link a person):")
        for address in addresses:
            say(f"    {address}")
        say(f"  Its report (staff):\n    {site}/reports/{slug}/")
    say(f"\n  Staff and admin: {site}/admin/    user admin    password {password}")
    say("  An empty report? Let simulated raters answer:  .venv/bin/python manage.py simulate demo-recall --raters 20")
    say("\n  Ctrl-C stops everything.\n")


def interrupted(number: int, frame: object) -> None:
    """A polite kill ends the demo as Ctrl-C does."""
    raise KeyboardInterrupt


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--exit", action="store_true", help="check the front page, stop everything, exit 0")
    return parser.parse_args()


def main() -> int:
    """Everything, in order; one sentence where a step fails."""
    options = arguments()
    if not free(options.port):
        print(f"Port {options.port} is taken. Choose another: make demo PORT=8001", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, interrupted)
    folder = environment(options.port)
    from django.core.management import CommandError

    try:
        run(options, folder)
    except KeyboardInterrupt:
        say("\nStopped.")
    except subprocess.CalledProcessError as error:
        print(f"This step failed: {' '.join(error.cmd[1:])}", file=sys.stderr)
        return 1
    except (CommandError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace, folder: Path) -> None:
    """The steps, and the site until somebody stops it."""
    say("1/5  Database and test set")
    database()
    corpus(folder)
    say("2/5  Systems (trained here where no checkpoint lies in var/demo/checkpoints)")
    checkpoints(folder)
    site = os.environ["SITE_URL"]
    bind = ["--bind", f"127.0.0.1:{options.port}", "--workers", "2", "--threads", "4", "--no-control-socket"]
    with (
        running("worker-web", celery("evalsite", "web"), folder),
        running("worker-gpu", celery("generation.tasks", "gpu"), folder),
    ):
        say("3/5  Outputs, generated by the workers")
        outputs(folder)
        say("4/5  Campaigns")
        links, password = campaigns(folder), administrator(folder)
        say("5/5  Web server")
        with running("web", [sys.executable, "-m", "gunicorn", "evalsite.wsgi", *bind], folder) as web:
            front_page(site + "/", web)
            tell(site, links, password)
            if not options.exit:
                web.wait()


if __name__ == "__main__":
    sys.exit(main())

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
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "demo" / "corpus"
TRAINED = {"ut": "demo"}  # system -> preset; retrieval needs no preset
SYSTEMS = ("ut", "tfidf")
PER_SAMPLE = 3
DECODING = ["decoding=sample", "temperature=0.7", "top_p=0.9"]  # livelier than a beam; the seed repeats it
RATERS = 3
CAMPAIGNS: dict[str, tuple[str, str, list[str]]] = {
    "demo-recall": ("human_recall", "弹幕真假 · Which comments are fake?", []),
    "demo-preference": ("preference", "最佳弹幕 · Which comment is best?", [f"raters={RATERS}"]),
}


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


def generation(*arguments: str | Path) -> None:
    """`python -m generation ...`, its progress bars on this terminal."""
    subprocess.run([sys.executable, "-m", "generation", *map(str, arguments)], cwd=ROOT, check=True)


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


def checkpoints(folder: Path) -> None:
    """Visual features once, then every system that is not trained yet."""
    missing = [name for name in SYSTEMS if not (folder / "checkpoints" / name / "config.json").exists()]
    if missing and not any((CORPUS / "features").glob("*.safetensors")):
        generation("features", CORPUS, "--backbone", "efficientnet_lite0")
    for name in missing:
        preset = ["--preset", TRAINED[name]] if name in TRAINED else []
        generation("train", name, *preset, "--corpus", CORPUS, "--out", folder / "checkpoints" / name)


@contextmanager
def running(name: str, command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, its words in a log, stopped with everything it started."""
    log = (folder / f"{name}.log").open("ab")
    process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        stop(process)
        log.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole group to end; insist after ten seconds."""
    for wish in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wish)
            process.wait(timeout=10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def celery(app: str, queue: str) -> list[str]:
    """The command of one worker."""
    name = f"{queue}@%h"  # two workers of one name would answer for each other
    worker = [sys.executable, "-m", "celery", "-A", app, "worker", "-Q", queue, "-n", name]
    return [*worker, "--pool", "solo"]


def outputs(folder: Path) -> None:
    """A finished run of every system, through the workers."""
    from evalsite.testsets.models import Run

    for name in SYSTEMS:
        if not Run.objects.filter(testset__slug="demo", system__slug=name, state=Run.State.FINISHED).exists():
            where = ["--checkpoint", folder / "checkpoints" / name]
            how = ["--per-sample", str(PER_SAMPLE), "--seed", "1", *(f"--option={o}" for o in DECODING)]
            manage("pregenerate", "demo", name, *where, *how, "--wait")


def campaigns(folder: Path) -> dict[str, list[str]]:
    """Both campaigns, running, and a few rater links of each; links are shown once, so they are kept in a file."""
    from django.conf import settings

    from evalsite.rating import invitations
    from evalsite.rating.models import Campaign

    file = folder / "links.json"
    tokens: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for slug, (protocol, title, said) in CAMPAIGNS.items():
        if not Campaign.objects.filter(slug=slug).exists():
            what = ["--protocol", protocol, "--testset", "demo", "--systems", ",".join(SYSTEMS)]
            manage("create_campaign", slug, *what, "--title", title, *(f"--set={o}" for o in said))
            manage("start_campaign", slug)
        if slug not in tokens:
            made = invitations.invite(campaign=Campaign.objects.get(slug=slug), count=RATERS)
            tokens[slug] = [invitation.token for invitation in made]
    file.touch(mode=0o600)
    file.write_text(json.dumps(tokens), encoding="utf-8")
    return {slug: [f"{settings.SITE_URL}/r/{token}/" for token in tokens[slug]] for slug in CAMPAIGNS}


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


def front_page(url: str, web: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Wait until the site answers; raises RuntimeError where it does not."""
    ends = time.monotonic() + seconds
    while web.poll() is None and time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"The site does not answer at {url}; its log is in var/demo/web.log.")


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


def free(port: int) -> bool:
    """Whether nobody listens at the port yet."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


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

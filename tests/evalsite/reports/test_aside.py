"""Work given to a child process comes back as if it had been done here, whatever befalls the child."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import transaction

from evalsite.reports import aside


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "possible", lambda: True)


def test_work_is_done_by_another_process_while_this_one_goes_on(forks: None) -> None:
    found = aside.start(lambda: (os.getpid(), list(range(100_000))))
    pid, numbers = found()
    assert pid != os.getpid()
    assert numbers == list(range(100_000))


def test_what_a_dead_child_left_undone_is_done_here(forks: None) -> None:
    here = os.getpid()
    found = aside.start(lambda: "done" if os.getpid() == here else os._exit(9))
    assert found() == "done"


def test_a_fault_is_met_where_the_work_was_asked_for(forks: None, capfd: pytest.CaptureFixture[str]) -> None:
    def fails() -> None:
        raise ValueError("no such rater")

    found = aside.start(fails)
    with pytest.raises(ValueError, match="no such rater"):
        found()
    assert capfd.readouterr().err == ""


def test_no_child_beside_another_thread() -> None:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(aside.possible()))
    thread.start()
    thread.join()
    assert answers == [False]


@pytest.mark.django_db(transaction=True)
def test_no_child_within_a_transaction() -> None:
    with transaction.atomic():
        assert not aside.possible()


STUDY = """
from benchmarks import reports
with reports.site():
    reports.campaign("small", "human_recall", raters=6, samples=40, per_rater=15, per_sample=2)
    from evalsite.rating.models import Campaign
    from evalsite.reports import aside, loading, summary
    from evalsite.reports.rendering import FORMATS
    campaign = Campaign.objects.get(slug="small")
    assert aside.possible()
    found = summary.summarise(loading.load(campaign))
    pages = [FORMATS[form](found) for form in ("json", "html")]
    aside.possible = lambda: False
    again = summary.summarise(loading.load(campaign))
    assert pages == [FORMATS[form](again) for form in ("json", "html")]
    print(found["counts"]["judgments"])
"""


def test_a_report_made_by_several_processes_is_that_of_one() -> None:
    """From a database in a file, as on a real site: that of the tests is in memory, where no child can read."""
    root = Path(__file__).resolve().parents[3]
    known = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run([sys.executable, "-c", STUDY], cwd=root, env=known, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500

"""The site and the real generation worker, each in its own process: they share message shapes and no import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evalsite.testsets.test_workers import Site, number, site

__all__ = ["site"]  # the fixture

pytestmark = [pytest.mark.workers, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def generation(repository: Path, *arguments: str | Path) -> None:
    """One command of the generation side."""
    command = [sys.executable, "-m", "generation", *map(str, arguments)]
    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A minute of a film with four comments a second."""
    folder = tmp_path / "corpus"
    (folder / "comments").mkdir(parents=True)
    segments = [
        {"start": 0, "end": 40, "split": "train", "scene": "a"},
        {"start": 40, "end": 60, "split": "test", "scene": "b"},
    ]
    video = {"id": "film", "title": "灯塔", "category": "animation", "duration": 60, "segments": segments}
    about = {
        "format": 1,
        "name": "tiny",
        "title": "tiny",
        "licence": "MIT",
        "note": "made by a test",
        "videos": [video],
    }
    (folder / "corpus.json").write_text(json.dumps(about))
    comments = [{"t": 0.1 + 0.25 * n, "text": f"好看{n % 17}"} for n in range(240)]
    (folder / "comments" / "film.jsonl").write_text("\n".join(json.dumps(comment) for comment in comments))
    return folder


def test_a_trained_system_writes_for_a_test_set(site: Site, corpus: Path, tmp_path: Path, repository: Path) -> None:
    checkpoint, samples = tmp_path / "checkpoint", tmp_path / "moments.jsonl"
    generation(repository, "train", "tfidf", "--corpus", corpus, "--out", checkpoint)
    generation(repository, "samples", corpus, "--split", "test", "--out", samples)
    site.done("import_testset", "moments", str(samples))
    site.worker("evalsite", "web")
    site.worker("generation.tasks", "gpu")

    def pregenerate(system: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
        arguments = ["moments", system, "--checkpoint", str(folder), "--per-sample", "3", *more]
        return site.manage("pregenerate", *arguments, "--wait", "--timeout", "90")

    good = pregenerate("tfidf", checkpoint)
    assert good.returncode == 0, good.stderr
    assert "TF-IDF retrieval" in good.stdout
    for system, folder, more, message in (
        ("nope", checkpoint, (), "There is no system"),
        ("tfidf", corpus, (), str(corpus)),
        ("ut", checkpoint, (), "is one of tfidf, not of ut"),
        ("tfidf", checkpoint, ("--option", "colour=red"), "colour"),
    ):
        bad = pregenerate(system, folder, *more)
        last = bad.stderr.splitlines()[-1]
        assert bad.returncode == 1
        assert last.startswith(f"CommandError: Run {number(bad)} failed: ")
        assert message in last
        assert "Traceback" not in bad.stderr

    states = [run["state"] for run in site.runs()]
    assert states == ["finished", "failed", "failed", "failed", "failed"]
    run = site.runs()[0]
    wanted = [(f"film@{second}", rank) for second in range(40, 60) for rank in (1, 2, 3)]
    assert [(key, rank) for key, rank, _text in run["outputs"]] == wanted
    assert {text for _key, _rank, text in run["outputs"]} <= {f"好看{n}" for n in range(17)}
    assert len(run["digest"]) == 64

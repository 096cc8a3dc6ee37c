"""The hatch, through a real worker over the embedded broker, with a web side played by this test."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu import Queue

from generation import tasks
from generation.corpus import testset, windows
from generation.errors import UserError
from generation.systems.ut import UTConfig
from generation.train import TrainOptions, train

TINY = UTConfig(blocks=1, width=16, heads=2, inner=16, comment_length=6, backbone="pixels64", batch=8, steps=10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hatch")


@dataclass
class Hatch:
    """The asking side: sends by name, and reads what comes to the queue ``web``."""

    app: Celery
    broker: Path
    log: Path

    def ask(self, *args: Any, **options: Any) -> None:
        store = self.app.signature("testsets.store", kwargs={"run_id": 7, "batch": 0}, queue="web")
        self.app.signature("generation.generate", args=args, kwargs=options, queue="gpu").apply_async(link=store)

    def answer(self, seconds: float = 60) -> tuple[str, list[Any], dict[str, Any]]:
        """(task, args, kwargs) of the next message on the queue ``web``."""
        deadline = time.monotonic() + seconds
        with self.app.connection_for_read() as connection:
            queue = connection.SimpleQueue(Queue("web"))
            while time.monotonic() < deadline:
                try:
                    message = queue.get(timeout=0.5)
                except queue.Empty:
                    continue
                message.ack()
                args, kwargs, _ = json.loads(message.body)
                return message.headers["task"], args, kwargs
        raise AssertionError(f"No message came back; the worker said:\n{self.log.read_text()[-3000:]}")


@pytest.fixture(scope="module")
def hatch(folder: Path) -> Iterator[Hatch]:
    """A worker process of ``celery -A generation.tasks worker -Q gpu`` with its broker in an own folder."""
    broker, log = folder / "broker", folder / "worker.log"
    environment = {**os.environ, "BROKER_DIR": str(broker), "OMP_NUM_THREADS": "1", "GENERATION_DEVICE": "cpu"}
    environment.pop("CELERY_BROKER_URL", None)
    words = ["-m", "celery", "-A", "generation.tasks", "worker", "-Q", "gpu", "--pool", "solo", "--loglevel", "INFO"]
    with log.open("wb") as out:
        worker = subprocess.Popen([sys.executable, *words], env=environment, stdout=out, stderr=out)
    places = {"data_folder_in": str(broker / "messages"), "data_folder_out": str(broker / "messages")}
    app = Celery("asking", broker="filesystem://", fixups=[], set_as_current=False)
    app.conf.broker_transport_options = {**places, "control_folder": str(broker / "control")}
    deadline = time.monotonic() + 90
    while b"ready" not in log.read_bytes():
        assert worker.poll() is None, log.read_text()[-3000:]
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)
    yield Hatch(app, broker, log)
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=30)


@pytest.fixture
def checkpoint(small_corpus, folder: Path) -> Path:
    out = folder / "checkpoint"
    train("ut", TINY, [small_corpus], TrainOptions(out=out, device="cpu"))
    return out


@pytest.fixture
def contexts(small_corpus, tmp_path) -> list[dict[str, Any]]:
    """Four contexts as the web side sends them; the second has a frame."""
    from PIL import Image

    Image.new("RGB", (80, 60), "red").save(tmp_path / "red.png")
    rows = [testset.as_json(sample) for sample in windows.samples(small_corpus, "test")[:4]]
    for row in rows:
        del row["references"]
    rows[1]["frames"] = [f"file://{tmp_path / 'red.png'}"]
    return rows


@pytest.mark.slow
@pytest.mark.workers
def test_comments_come_back_through_a_real_worker(hatch, checkpoint, contexts):
    options = {"seed": 5, "per_sample": 3, "decoding": "sample", "top_p": 0.95, "run": 7}
    hatch.ask("ut", str(checkpoint), contexts, options)
    task, (result,), kwargs = hatch.answer()
    assert (task, kwargs) == ("testsets.store", {"run_id": 7, "batch": 0})
    assert result["checkpoint"] == tasks.base.digest(checkpoint)
    assert len(result["outputs"]) == 4
    for row in result["outputs"]:
        assert [output["rank"] for output in row] == [1, 2, 3]
        assert all(set(output) == {"rank", "text", "score"} for output in row)
    hatch.ask("ut", str(checkpoint), contexts[::-1][:2], options)
    _, (again,), _ = hatch.answer()
    texts = [[output["text"] for output in row] for row in result["outputs"]]
    assert [[output["text"] for output in row] for row in again["outputs"]] == [texts[3], texts[2]]


@pytest.mark.slow
@pytest.mark.workers
@pytest.mark.parametrize(
    ("system", "place", "options", "sentence"),
    [
        ("gpt", "checkpoint", {}, "There is no system 'gpt'; there are"),
        ("ut", "nowhere", {}, "There is no checkpoint in"),
        ("tfidf", "checkpoint", {}, "is one of ut, not of tfidf"),
        ("ut", "checkpoint", {"beams": 2}, "There is no option 'beams'"),
    ],
)
def test_a_failure_reaches_the_run_with_its_reason(
    hatch, checkpoint, folder, contexts, system, place, options, sentence
):
    hatch.ask(system, str(folder / place), contexts, {**options, "run": 12})
    task, args, kwargs = hatch.answer()
    assert (task, args) == ("testsets.fail", [])
    assert kwargs["run_id"] == 12
    assert sentence in kwargs["reason"]
    assert "Traceback" not in hatch.log.read_text()


@pytest.mark.parametrize(
    ("contexts", "sentence"),
    [
        ("film", "The contexts are str; a list"),
        ([3], "context 1: an object is expected, not int"),
        ([{"id": "a", "video": "a", "time": None}], 'context 1: "time" is None'),
        ([{"id": "a", "video": "a", "time": 1, "context": [{"time": 1}]}], "context 1: context 1 is not"),
        ([{"id": "a", "video": "a", "time": 1, "frames": [3]}], '"frames" is not a list of strings'),
    ],
)
def test_contexts_of_a_wrong_shape_are_refused(contexts, sentence):
    with pytest.raises(UserError, match=sentence):
        tasks.generate("ut", "nowhere", contexts, {})


def test_where_a_system_has_fewer_texts_the_rest_are_nulls(small_corpus, checkpoint, folder):
    from generation.systems.tfidf import TfidfConfig

    out = train("tfidf", TfidfConfig(), [small_corpus], TrainOptions(out=folder / "tfidf"))
    context = {"id": "x@1", "video": "x", "time": 1, "context": []}
    (row,) = tasks.generate("tfidf", str(out), [context], {"per_sample": 12})["outputs"]
    assert [output["rank"] for output in row] == list(range(1, 13))
    assert [output["text"] for output in row[10:]] == ["", ""]  # there are ten sayings


def test_a_checkpoint_that_changed_is_loaded_anew(small_corpus, folder):
    from generation.systems.tfidf import TfidfConfig

    context = {"id": "x@1", "video": "x", "time": 1, "context": []}
    out = train("tfidf", TfidfConfig(), [small_corpus], TrainOptions(out=folder / "changing"))
    first = tasks.generate("tfidf", str(out), [context], {})
    (out / "comments.json").write_text('["另一句"]')
    second = tasks.generate("tfidf", str(out), [context], {})
    assert second["checkpoint"] != first["checkpoint"]
    assert second["outputs"][0][0]["text"] == "另一句"

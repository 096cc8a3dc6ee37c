"""A run: sent in batches, stored once whatever is delivered twice, resumed where something is missing."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from evalsite.testsets import pregeneration, workers
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import Output, Run, System, TestSet
from evalsite.testsets.tasks import fail, resume, store
from evalsite.testsets.workers import Watch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[Any]:
    """Chains as they would reach the broker, two samples each; nothing is sent in these tests."""
    settings.GENERATION_BATCH = 2
    chains: list[Any] = []
    real = pregeneration.batch_chain

    class Kept:
        def __init__(self, *args: Any) -> None:
            self.chain = real(*args)

        def apply_async(self) -> None:
            chains.append(self.chain)

    monkeypatch.setattr(pregeneration, "batch_chain", Kept)
    return chains


@pytest.fixture
def started(testset: TestSet, django_capture_on_commit_callbacks: Any) -> Callable[..., Run]:
    """Starts a run and lets its transaction commit."""

    def start(**changes: Any) -> Run:
        with django_capture_on_commit_callbacks(execute=True):
            return pregeneration.start(testset=testset, system="ut", checkpoint="/models/ut", **changes)

    return start


def ids(chain: Any) -> list[int]:
    """Samples of a chain."""
    return list(chain.tasks[1].kwargs["sample_ids"])


def result(samples: int, per_sample: int = 1, **changes: Any) -> dict[str, Any]:
    """What a worker sends back."""
    outputs = [
        [{"rank": rank, "text": f"{number}-{rank}", "score": -0.5 * rank} for rank in range(1, per_sample + 1)]
        for number in range(samples)
    ]
    return {"checkpoint": "c" * 64, "outputs": outputs, **changes}


def deliver(run: Run, chain: Any, **changes: Any) -> Run:
    """A batch comes back; returns the run as it is then."""
    store(result(len(ids(chain)), run.per_sample, **changes), run_id=run.pk, sample_ids=ids(chain))
    run.refresh_from_db()
    return run


class TestStarting:
    def test_batches_are_sent_on_commit_and_addressed_by_name(self, started: Any, sent: list[Any]) -> None:
        run = started(per_sample=3, seed=7, options={"decoding": "beam", "beam": 5})
        assert (run.state, str(run.system), run.source) == (Run.State.PENDING, "UT", Run.Source.GENERATED)
        assert [len(ids(chain)) for chain in sent] == [2, 2, 1]
        generate, keep = sent[0].tasks
        assert (generate.task, generate.options["queue"]) == ("generation.generate", "gpu")
        assert (keep.task, keep.options["queue"]) == ("testsets.store", "web")
        system, checkpoint, _contexts, options = generate.args
        assert (system, checkpoint) == ("ut", "/models/ut")
        assert options == {"seed": 7, "per_sample": 3, "decoding": "beam", "beam": 5, "run": run.pk}

    def test_a_system_sees_all_of_a_sample_but_its_references(
        self, started: Any, sent: list[Any], testset: TestSet, media: Path
    ) -> None:
        testset.samples.update(extra={"scene": "dawn", "id": "no", "references": ["no"]})
        started()
        context = sent[0].tasks[0].args[2][1]
        (frame,) = context.pop("frames")
        assert frame.startswith(f"file://{media}/frames/")
        assert context == {
            "id": "film@30",
            "video": "film",
            "title": "灯塔",
            "time": 30,
            "duration": 600.0,
            "context": [{"time": 28.5, "text": "前排"}, {"time": 32, "text": "来了来了"}],
            "split": "test",
            "scene": "dawn",
        }

    def test_nothing_is_sent_where_the_transaction_fails(self, testset: TestSet, sent: list[Any]) -> None:
        pregeneration.start(testset=testset, system="ut")  # never committed
        assert sent == []

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"system": "human"}, "people, who are not generated"),
            ({"system": "No Such"}, "cannot name a system"),
            ({"per_sample": 0}, "1 to 100 outputs"),
            ({"seed": -1}, "A seed is a whole number"),
            ({"seed": 2**63}, "A seed is a whole number"),
            ({"checkpoint": "x" * 501}, "at most 500"),
            ({"options": {"seed": 4}}, "'seed' is not a decoding option"),
            ({"options": {"beam": float("inf")}}, "The option beam cannot be kept"),
        ],
    )
    def test_what_cannot_be_is_refused(self, testset: TestSet, changes: Any, message: str) -> None:
        with pytest.raises(UserError, match=message):
            pregeneration.start(**{"testset": testset, "system": "ut", **changes})
        assert not Run.objects.exists()
        assert not System.objects.exists()

    def test_a_broker_that_does_not_answer_fails_the_run(self, started: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        class Down:
            def __init__(self, *args: Any) -> None: ...

            def apply_async(self) -> None:
                raise ConnectionRefusedError(111, "Connection refused")

        monkeypatch.setattr(pregeneration, "batch_chain", Down)
        run = started()
        run.refresh_from_db()
        assert run.state == Run.State.FAILED
        assert "does not answer" in run.error
        assert "Then resume the run." in run.error


class TestStoring:
    def test_the_last_batch_finishes_the_run(self, started: Any, sent: list[Any]) -> None:
        run = started(per_sample=2)
        states = [deliver(run, chain).state for chain in sent]
        assert states == [Run.State.RUNNING, Run.State.RUNNING, Run.State.FINISHED]
        assert run.digest == "c" * 64
        assert run.finished_at is not None
        assert run.progressed_at is not None
        rows = run.outputs.filter(sample__position=1).values_list("rank", "text", "score")
        assert list(rows) == [(1, "1-1", -0.5), (2, "1-2", -1.0)]

    def test_a_batch_delivered_twice_is_kept_once(self, started: Any, sent: list[Any]) -> None:
        run = started()
        for chain in [*sent[:2], *sent, *sent]:
            deliver(run, chain)
        assert run.state == Run.State.FINISHED
        assert Output.objects.count() == 5

    def test_a_text_of_blanks_is_a_null(self, started: Any, sent: list[Any]) -> None:
        run = started()
        deliver(run, sent[2], outputs=[[{"rank": 1, "text": " \n", "score": None}]])
        assert run.outputs.get().text == ""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"outputs": []}, "2 samples were asked for and 0 came"),
            ({"outputs": "none"}, "not an object with a list of outputs"),
            ({"checkpoint": None}, "does not name the checkpoint's digest"),
            ({"checkpoint": "x" * 65}, "does not name the checkpoint's digest"),
            ({"outputs": [[], []]}, "outputs of rank none where 1 to 1 were asked for"),
            ({"outputs": [{}, {}]}, "the outputs of a sample are not a list"),
            ({"outputs": [["好"], ["好"]]}, 'an output is "好", not an object'),
            ({"outputs": [[{"rank": 1, "text": "a"}, {"rank": 1, "text": "b"}]] * 2}, "rank 1, 1 where 1 to 1"),
            ({"outputs": [[{"rank": 2, "text": "a"}]] * 2}, "rank 2 where 1 to 1"),
            ({"outputs": [[{"rank": "1", "text": "a"}]] * 2}, 'a rank is "1", not a whole number'),
            ({"outputs": [[{"rank": True, "text": "a"}]] * 2}, "a rank is true"),
            ({"outputs": [[{"rank": 1, "text": None}]] * 2}, "the text of an output is null"),
            ({"outputs": [[{"rank": 1, "text": "a\x00"}]] * 2}, "the text of an output is"),
            ({"outputs": [[{"rank": 1, "text": "a", "score": "x"}]] * 2}, 'a score is "x", not a number'),
            ({"outputs": [[{"rank": 1, "text": "a", "score": float("nan")}]] * 2}, "a score is NaN, not a number"),
        ],
    )
    def test_a_batch_of_another_shape_fails_the_run_and_is_not_kept(
        self, started: Any, sent: list[Any], changes: Any, message: str
    ) -> None:
        run = deliver(started(), sent[0], **changes)
        assert run.state == Run.State.FAILED
        assert message in run.error
        assert not Output.objects.exists()

    @pytest.mark.parametrize("nonsense", [None, [], "text", 5])
    def test_nonsense_fails_the_run(self, started: Any, sent: list[Any], nonsense: Any) -> None:
        run = started()
        store(nonsense, run_id=run.pk, sample_ids=ids(sent[0]))
        run.refresh_from_db()
        assert run.state == Run.State.FAILED

    def test_another_checkpoint_within_a_run_fails_it(self, started: Any, sent: list[Any]) -> None:
        run = started()
        deliver(run, sent[0])
        deliver(run, sent[1], checkpoint="d" * 64)
        assert run.state == Run.State.FAILED
        assert run.error.startswith(
            "The checkpoint changed while the run was under way: earlier outputs came from cccc"
        )
        assert run.digest == "c" * 64
        assert Output.objects.count() == 2

    def test_samples_of_another_test_set_are_not_touched(self, started: Any, sent: list[Any]) -> None:
        run = started()
        store(result(1), run_id=run.pk, sample_ids=[10**9])
        run.refresh_from_db()
        assert "not in the run's test set" in run.error

    def test_a_batch_for_a_run_that_is_gone_is_left_aside(self, started: Any, sent: list[Any]) -> None:
        run = started()
        number = run.pk
        run.delete()
        store(result(2), run_id=number, sample_ids=ids(sent[0]))
        assert not Output.objects.exists()


class TestFailing:
    def test_the_reason_is_kept(self, started: Any) -> None:
        run = started()
        fail(run_id=run.pk, reason="There is no\x00 checkpoint /models/ut.")
        run.refresh_from_db()
        assert (run.state, run.error) == (Run.State.FAILED, "There is no checkpoint /models/ut.")

    @pytest.mark.parametrize("reasons", [["", "exact"], ["exact", ""], ["exact", "later"], ["", "", "exact", "later"]])
    def test_the_first_exact_reason_stays(self, started: Any, reasons: list[str]) -> None:
        run = started()
        for reason in reasons:
            fail(run_id=run.pk, reason=reason)
        run.refresh_from_db()
        assert run.error == "exact"

    def test_without_a_reason_it_says_where_to_look(self, started: Any) -> None:
        run = started()
        fail(run_id=run.pk)
        run.refresh_from_db()
        assert run.error == pregeneration.NO_REASON

    def test_a_finished_run_stays_finished(self, started: Any, sent: list[Any]) -> None:
        run = started()
        for chain in sent:
            deliver(run, chain)
        fail(run_id=run.pk, reason="late")
        run.refresh_from_db()
        assert (run.state, run.error) == (Run.State.FINISHED, "")


class TestResuming:
    def test_only_what_is_missing_is_sent_again(
        self, started: Any, sent: list[Any], django_capture_on_commit_callbacks: Any
    ) -> None:
        run = started()
        deliver(run, sent[1])
        fail(run_id=run.pk, reason="The worker was switched off.")
        lost = ids(sent[0]) + ids(sent[2])
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            assert pregeneration.resume(run=run) == 3
        assert (run.state, run.error) == (Run.State.PENDING, "")
        assert [number for chain in sent for number in ids(chain)] == lost
        for chain in sent:
            deliver(run, chain)
        assert run.state == Run.State.FINISHED

    def test_a_failed_run_whose_batches_come_after_all_is_finished(self, started: Any, sent: list[Any]) -> None:
        run = started()
        fail(run_id=run.pk, reason="One batch failed.")
        assert [deliver(run, chain).state for chain in sent] == ["failed", "failed", "finished"]
        assert run.error == ""

    def test_a_run_that_lacks_nothing_is_finished(self, started: Any, sent: list[Any]) -> None:
        run = started()
        for chain in sent:
            deliver(run, chain)
        Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, finished_at=None)
        sent.clear()
        resume(run.pk)
        run.refresh_from_db()
        assert run.state == Run.State.FINISHED
        assert sent == []

    def test_an_imported_run_cannot_be_resumed(self, testset: TestSet) -> None:
        system = System.objects.create(slug="ours", name="Ours")
        run = Run.objects.create(testset=testset, system=system, source=Run.Source.IMPORTED)
        with pytest.raises(UserError, match="was imported"):
            pregeneration.resume(run=run)


class TestWatching:
    def test_progress_counts_samples(self, started: Any, sent: list[Any]) -> None:
        run = started(per_sample=2)
        assert pregeneration.progress(run)[:3] == (0, 5, "pending")
        deliver(run, sent[0])
        now = pregeneration.progress(run)
        assert now[:3] == (2, 5, "running")
        assert now.quiet < 60

    @pytest.mark.parametrize(
        ("watch", "busy", "message"),
        [
            (Watch({"gpu": [], "web": ["web@a"]}, {"gpu": 3, "web": 0}), 0, "No generation worker is running"),
            (Watch({"gpu": [], "web": ["web@a"]}, {"gpu": 2, "web": 0}), 0, "No generation worker answers"),
            (Watch({"gpu": ["gpu@a"], "web": []}, {"gpu": 0, "web": 2}), 0, "no web worker answers"),
            (Watch({"gpu": ["gpu@a"], "web": ["web@a"]}, {"gpu": 1, "web": 0}), 0, "this batch takes long"),
            (Watch({"gpu": ["gpu@a"], "web": ["web@a"]}, {"gpu": 0, "web": 0}), 1, "this batch takes long"),
            (Watch({"gpu": ["gpu@a"], "web": ["web@a"]}, {"gpu": 0, "web": 0}), 0, "messages were lost"),
        ],
    )
    def test_a_quiet_run_is_explained(
        self, started: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, watch: Watch, busy: int, message: str
    ) -> None:
        settings.LANGUAGE_CODE = "en"
        monkeypatch.setattr(workers, "look", lambda timeout: watch)
        monkeypatch.setattr(workers, "at_work", lambda timeout: busy)
        run = started()
        assert pregeneration.stalled(run) is None  # it has only just begun
        hour_ago = timezone.now() - datetime.timedelta(hours=1)
        Run.objects.filter(pk=run.pk).update(created_at=hour_ago, started_at=hour_ago)
        stall = pregeneration.stalled(run)
        assert stall is not None
        assert message in stall.why
        assert 3590 < stall.seconds < 3700
        fail(run_id=run.pk, reason="over")
        assert pregeneration.stalled(run) is None

    def test_a_broker_that_does_not_answer_is_named_without_its_password(
        self, started: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        def refuse(**kwargs: Any) -> None:
            raise ConnectionRefusedError(111, "Connection refused")

        monkeypatch.setattr(workers.app.control, "inspect", refuse)
        settings.CELERY_BROKER_URL = "redis://worker:secret@broker:6379/0"
        stall = pregeneration.stalled(started(), patience=0)
        assert stall is not None
        assert "The message broker redis://worker:**@broker:6379/0 does not answer" in stall.why
        assert "secret" not in stall.why


class TestTheCommand:
    def test_it_starts_a_run(self, testset: TestSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call_command(
            *("pregenerate", "films", "e_ga", "--checkpoint", str(tmp_path), "--per-sample", "3", "--seed", "5"),
            *("--option", "decoding=sample", "--option", "top_p=0.9"),
        )
        run = Run.objects.get()
        assert (run.checkpoint, run.per_sample, run.seed) == (str(tmp_path), 3, 5)
        assert run.options == {"decoding": "sample", "top_p": 0.9}
        assert capsys.readouterr().out == f"Started run {run.pk}: E-GA over films.\n"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["films"], "Name a test set and a system"),
            (["nope", "ut"], "There is no test set 'nope'; there are: films."),
            (["films", "ut", "--checkpoint", "/no/such"], "There is no checkpoint folder /no/such"),
            (["films", "ut", "--option", "beam", "--checkpoint", "/"], "must look like key=value"),
            (["films", "human", "--checkpoint", "/"], "people, who are not generated"),
            (["--resume", "99"], "There is no run 99."),
            (["--watch", "99"], "There is no run 99."),
            (["films", "--resume", "99"], "name nothing else"),
        ],
    )
    def test_a_mistake_is_one_clear_sentence(self, testset: TestSet, arguments: list[str], message: str) -> None:
        with pytest.raises(CommandError, match=message):
            call_command("pregenerate", *arguments)
        assert not Run.objects.exists()

    def test_waiting_says_why_nothing_moves_and_gives_up_in_time(
        self, started: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        nobody = Watch({"gpu": [], "web": []}, {"gpu": 3, "web": 0})
        monkeypatch.setattr(workers, "look", lambda timeout: nobody)
        run = started()
        with pytest.raises(CommandError, match=f"not finished after 1 s .0 of 5 samples.*--watch {run.pk}"):
            call_command("pregenerate", watch=run.pk, patience=0.3, timeout=1)
        assert "No generation worker is running: start one with `make gpu-worker`." in capsys.readouterr().err

    def test_waiting_for_a_failed_run_tells_the_reason(self, started: Any) -> None:
        run = started()
        fail(run_id=run.pk, reason="There is no system 'ut2'.")
        with pytest.raises(CommandError, match=f"Run {run.pk} failed: There is no system 'ut2'."):
            call_command("pregenerate", watch=run.pk)

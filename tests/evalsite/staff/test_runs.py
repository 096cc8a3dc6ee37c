"""Runs and test sets from the pages: imported, started, watched, resumed; faults shown where they are."""

import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from evalsite.celery import app
from evalsite.staff import uploads
from evalsite.testsets import pregeneration, workers
from evalsite.testsets.models import Run, TestSet

ENGLISH = {"Accept-Language": "en"}
CHINESE = {"Accept-Language": "zh-hans"}


def line(second: int, **changes: Any) -> dict[str, Any]:
    sample = {
        "id": f"film@{second}",
        "video": "film",
        "time": second,
        "frames": [],
        "context": [],
        "references": ["好"],
    }
    return sample | changes


def upload(*lines: dict[str, Any] | str) -> SimpleUploadedFile:
    text = "\n".join(entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False) for entry in lines)
    return SimpleUploadedFile("samples.jsonl", text.encode())


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (10, 120, 200)).save(file, "PNG")
    return file.getvalue()


def archive(**files: bytes) -> SimpleUploadedFile:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/"), content)
    return SimpleUploadedFile("frames.zip", file.getvalue())


def _errors(page: str) -> str:
    """The faults a page tells."""
    return " ".join(re.findall(r'<ul class="errorlist.*?</ul>', page, re.DOTALL))


def send(client: Client, **fields: Any) -> Any:
    return client.post("/staff/testsets/new/", {"slug": "quay", "title": "Quay"} | fields, headers=ENGLISH)


class TestImporting:
    def test_it_works(self, alice_client: Client, settings: Settings, tmp_path: Any) -> None:
        settings.MEDIA_ROOT = str(tmp_path)
        lines = upload(line(1, frames=["film/one.png"]), line(2))
        answer = send(alice_client, samples=lines, frames=archive(film__one_png=b"", **{"film/one.png": picture()}))
        assert answer["Location"] == "/staff/testsets/of/quay/"
        testset = TestSet.objects.get()
        assert [len(sample.frames) for sample in testset.samples.order_by("position")] == [1, 0]
        page = alice_client.get("/staff/testsets/of/quay/").content.decode()
        assert "film@1" in page
        assert f"/frames/{testset.samples.all()[0].key_frame}" in page

    def test_every_fault_is_shown_by_its_line_and_nothing_is_kept(self, alice_client: Client) -> None:
        answer = send(alice_client, samples=upload(line(1), "{", line(3, time="noon"), line(4, frames=["gone.png"])))
        body = answer.content.decode()
        assert answer.status_code == 200
        for place in ("line 2", "line 3: time", "line 4: frames", "Nothing was imported."):
            assert place in body
        assert not TestSet.objects.exists()

    def test_faults_are_told_in_the_language_of_the_page(self, alice_client: Client, harbour: TestSet) -> None:
        lines = upload(line(1), "{", line(3, time="noon"), line(4, frames=["../gone.png"]), line(4))
        form = {"slug": "quay", "title": "", "samples": lines, "frames": archive(**{"a.png": picture()})}
        body = alice_client.post("/staff/testsets/new/", form, headers=CHINESE).content.decode()
        assert "第 2 行：这一行不是 JSON：第 2 列，缺少用双引号括起的键。" in body
        assert "第 3 行：time：该值必须是数字，而不是 &quot;noon&quot;。" in body
        assert "第 4 行：frames[0]：图片 &quot;../gone.png&quot; 的文件名指向 zip 文件之外" in body
        assert "id &quot;film@4&quot; 已被第 4 行使用。" in body
        rows = upload({"sample": "film@9", "rank": 0, "text": "高能"})
        form = {"system": "ours", "outputs": rows}
        body = alice_client.post("/staff/testsets/of/harbour/outputs/", form, headers=CHINESE).content.decode()
        assert "第 1 行：rank：数字 0 不在 1 到 1,000 之间。" in _errors(body)
        assert not re.search(r"\b(The|line|value|sample has|number)\b", _errors(body)), _errors(body)

    def test_a_picture_that_is_nowhere_is_a_matter_of_the_page(self, alice_client: Client) -> None:
        """What to do is told in the page's own words: no option of a command, no folder of ours."""
        lines = upload(line(1, frames=["film/one.png"]))
        without = _errors(send(alice_client, samples=lines).content.decode())
        assert "choose a zip file that holds it under “Pictures as a zip file”" in without
        other = archive(**{"one.png": picture()})
        beside = _errors(
            send(alice_client, samples=upload(line(1, frames=["film/one.png"])), frames=other).content.decode()
        )
        assert "is not in the zip file; names must be the same in both, folders included" in beside
        assert not re.search("--|DIR|/tmp", without + beside)
        form = {"slug": "quay", "title": "", "samples": upload(line(1, frames=["film/one.png"]))}
        body = alice_client.post("/staff/testsets/new/", form, headers=CHINESE).content.decode()
        assert "找不到：请在“画面（zip 文件）”一栏选择包含它的 zip 文件" in _errors(body)

    def test_a_taken_slug_is_refused(self, alice_client: Client, harbour: TestSet) -> None:
        assert "harbour" in send(alice_client, slug="harbour", samples=upload(line(1))).content.decode()
        assert TestSet.objects.count() == 1

    @pytest.mark.parametrize("name", ["../escape.png", "/tmp/escape.png", "a/../../escape.png"])
    def test_a_zip_that_leads_out_of_its_folder_is_refused(self, alice_client: Client, name: str) -> None:
        answer = send(alice_client, samples=upload(line(1)), frames=archive(**{name: picture()}))
        assert "leads out of it" in answer.content.decode()
        assert not TestSet.objects.exists()

    def test_a_zip_that_swells_is_refused_before_it_is_unpacked(
        self, alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "PICTURES_LIMIT", 2**20)
        answer = send(alice_client, samples=upload(line(1)), frames=archive(**{"a.png": bytes(2**21)}))
        assert "512 MiB" in answer.content.decode()
        assert not TestSet.objects.exists()

    def test_what_is_no_zip_is_refused(self, alice_client: Client) -> None:
        answer = send(alice_client, samples=upload(line(1)), frames=SimpleUploadedFile("x.zip", b"not a zip"))
        assert "cannot be read" in answer.content.decode()

    def test_too_large_a_file_is_sent_to_the_command(
        self, alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "LINES_LIMIT", 10)
        assert "with the command instead" in send(alice_client, samples=upload(line(1))).content.decode()

    def test_outputs_written_elsewhere_come_in(self, alice_client: Client, harbour: TestSet) -> None:
        rows = upload(*({"sample": f"film@{n}", "rank": 1, "text": "" if n else "高能"} for n in range(3)))
        address = "/staff/testsets/of/harbour/outputs/"
        answer = alice_client.post(address, {"system": "ours", "outputs": rows}, follow=True, headers=ENGLISH)
        run = Run.objects.get()
        assert (run.system.slug, run.source, run.outputs.count()) == ("ours", "imported", 3)
        assert "3 outputs, 2 of them empty; 1 samples have none" in answer.content.decode()

    def test_references_become_the_outputs_of_people(self, alice_client: Client, harbour: TestSet) -> None:
        alice_client.post("/staff/testsets/of/harbour/outputs/", {"system": "human"})
        assert Run.objects.get().outputs.count() == 4

    def test_another_system_needs_its_file(self, alice_client: Client, harbour: TestSet) -> None:
        answer = alice_client.post("/staff/testsets/of/harbour/outputs/", {"system": "ours"}, headers=ENGLISH)
        assert "Choose the file" in answer.content.decode()
        assert not Run.objects.exists()


def waiting() -> int:
    """Messages that wait for a worker which generates, in the embedded broker."""
    return sum(1 for _file in Path(app.conf.broker_transport_options["data_folder_out"]).glob("*.gpu.msg"))


class TestRuns:
    def start(self, client: Client, **fields: Any) -> Any:
        values = {"testset": "harbour", "system": "ut", "per_sample": "2", "seed": "5", "options": "beam=4\n\nname=a"}
        values["checkpoint"] = "s3://weights/ut"
        return client.post("/staff/runs/new/", values | fields, headers=ENGLISH)

    def test_it_works(
        self,
        alice_client: Client,
        harbour: TestSet,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        before = waiting()
        with django_capture_on_commit_callbacks(execute=True):
            answer = self.start(alice_client)
        run = Run.objects.get()
        assert answer["Location"] == f"/staff/runs/{run.pk}/"
        assert (run.system.slug, run.per_sample, run.seed, run.options) == ("ut", 2, 5, {"beam": 4, "name": "a"})
        assert waiting() == before + 1
        assert "0 of 4 samples" in alice_client.get(answer["Location"], headers=ENGLISH).content.decode()

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("checkpoint", "/nowhere/at/all", "There is no folder /nowhere/at/all"),
            ("options", "beam", "must look like key=value"),
            ("options", "seed=4", "not a decoding option"),
            ("system", "human", "people, who are not generated"),
            ("system", "Not A Slug", "lower-case"),
            ("per_sample", "0", "1"),
            ("seed", "-1", "0"),
            ("testset", "none", "valid"),
        ],
    )
    def test_what_cannot_be_run_is_refused_at_its_field(
        self, alice_client: Client, harbour: TestSet, field: str, value: str, said: str
    ) -> None:
        answer = self.start(alice_client, **{field: value})
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert not Run.objects.exists()

    def quiet(self, run: Run, **fields: Any) -> Run:
        long_ago = timezone.now() - timedelta(minutes=10)
        values = {"state": "running", "started_at": long_ago, "created_at": long_ago, "progressed_at": None} | fields
        Run.objects.filter(pk=run.pk).update(**values)
        run.outputs.all()[0].delete()
        return run

    @pytest.mark.parametrize("address", ["/", "/staff/runs/", "/staff/runs/{}/"])
    def test_that_no_worker_answers_is_told_where_runs_are_shown(
        self, alice_client: Client, ut: Run, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        self.quiet(ut)
        nobody = workers.Watch({workers.GPU: [], workers.WEB: ["web@here"]}, {workers.GPU: 9, workers.WEB: 0})
        monkeypatch.setattr(workers, "look", lambda timeout=1.0: nobody)
        body = alice_client.get(address.format(ut.pk), headers=ENGLISH).content.decode()
        assert "make gpu-worker" in body
        assert "10 minutes" in body

    def test_workers_are_not_asked_while_outputs_come_in(
        self, alice_client: Client, ut: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.quiet(ut, progressed_at=timezone.now())
        monkeypatch.setattr(workers, "look", lambda timeout=1.0: pytest.fail("asked"))
        for address in ("/", "/staff/runs/", f"/staff/runs/{ut.pk}/"):
            assert alice_client.get(address).status_code == 200

    def test_a_failed_run_says_why_and_is_resumed(
        self,
        alice_client: Client,
        ut: Run,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        self.quiet(ut)
        pregeneration.fail(run_id=ut.pk, reason="There is no checkpoint folder.")
        page = f"/staff/runs/{ut.pk}/"
        assert "There is no checkpoint folder." in alice_client.get(page).content.decode()
        before = waiting()
        with django_capture_on_commit_callbacks(execute=True):
            answer = alice_client.post(f"{page}resume/", follow=True, headers=ENGLISH)
        assert "1 sample was sent again" in answer.content.decode()
        assert waiting() == before + 1
        ut.refresh_from_db()
        assert (ut.state, ut.error) == ("pending", "")

    def test_an_imported_run_is_not_resumed(self, alice_client: Client, ut: Run) -> None:
        Run.objects.filter(pk=ut.pk).update(source="imported")
        answer = alice_client.post(f"/staff/runs/{ut.pk}/resume/", follow=True, headers=ENGLISH)
        assert "was imported" in answer.content.decode()

    def test_a_run_that_is_not_there_is_a_404(self, alice_client: Client, db: None) -> None:
        assert alice_client.get("/staff/runs/99/").status_code == 404
        assert alice_client.get(f"/staff/runs/{2**80}/").status_code == 404
        assert alice_client.post("/staff/runs/99/resume/").status_code == 404

    def test_longer_lists_ask_no_more_queries(
        self,
        alice_client: Client,
        ut: Run,
        cvae: Run,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for address in (
            "/",
            "/staff/runs/",
            "/staff/testsets/",
            f"/staff/runs/{ut.pk}/",
            "/staff/testsets/of/harbour/",
        ):
            with django_assert_max_num_queries(12):
                alice_client.get(address)

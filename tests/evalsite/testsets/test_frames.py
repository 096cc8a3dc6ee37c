"""Frames by address: for staff and for raters who have consented, kept by the browser for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.storage import Storage
from django.test import Client
from django.urls import reverse

from evalsite.testsets import frames
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import Frame, TestSet

pytestmark = pytest.mark.django_db


@pytest.fixture
def digest(testset: TestSet) -> str:
    """The first sample's frame."""
    return str(testset.samples.all()[0].frames[0])


def consented(client: Client) -> None:
    """As after the consent page."""
    session: SessionBase = client.session
    frames.admit(session)
    session.save()


def test_a_rater_who_consented_sees_it(client: Client, digest: str, pictures: Path) -> None:
    consented(client)
    response = client.get(reverse("frame", args=[digest]))
    assert response.status_code == 200
    assert response.getvalue() == (pictures / "0.jpg").read_bytes()
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response["ETag"] == f'"{digest}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Length"] == str((pictures / "0.jpg").stat().st_size)


def test_staff_see_it(client: Client, digest: str) -> None:
    client.force_login(User.objects.create_user("alice", is_staff=True))
    assert client.get(f"/frames/{digest}").status_code == 200


def test_others_do_not(client: Client, digest: str) -> None:
    assert client.get(f"/frames/{digest}").status_code == 403
    client.force_login(User.objects.create_user("bob"))
    assert client.get(f"/frames/{digest}").status_code == 403
    assert client.get(f"/frames/{'0' * 64}").status_code == 403  # nor whether it exists


def test_who_withdraws_sees_it_no_longer(client: Client, digest: str) -> None:
    consented(client)
    session: SessionBase = client.session
    frames.dismiss(session)
    session.save()
    assert client.get(f"/frames/{digest}").status_code == 403


def test_a_browser_that_has_it_is_told_so(client: Client, digest: str) -> None:
    consented(client)
    response = client.get(f"/frames/{digest}", headers={"if-none-match": f'"{digest}"'})
    assert response.status_code == 304
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert client.head(f"/frames/{digest}").status_code == 200


def test_unknown_and_lost_frames_are_not_found(client: Client, digest: str, media: Path) -> None:
    consented(client)
    assert client.get(f"/frames/{'0' * 64}").status_code == 404
    (media / Frame.objects.get(digest=digest).file).unlink()
    assert client.get(f"/frames/{digest}").status_code == 404
    assert client.get("/frames/../../etc/passwd").status_code == 404
    assert client.post(f"/frames/{digest}").status_code == 405


def test_workers_read_frames_as_files_of_this_machine(digest: str, media: Path) -> None:
    row = Frame.objects.get(digest=digest)
    assert frames.uris([digest]) == {digest: f"file://{media}/{row.file}"}


def test_workers_elsewhere_read_them_below_a_given_address(digest: str, settings: Any) -> None:
    settings.FRAME_URI_BASE = "https://frames.example.org/store/"
    row = Frame.objects.get(digest=digest)
    assert frames.uris([digest])[digest] == f"https://frames.example.org/store/{row.file}"


def test_a_store_without_files_asks_for_that_address(digest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "default_storage", Storage())
    with pytest.raises(UserError, match="set FRAME_URI_BASE"):
        frames.uris([digest])

"""Liveness asks nothing; readiness asks every part, and says which is missing without telling where it is."""

import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from kombu import Connection
from pytest_django import DjangoAssertNumQueries, Settings

from evalsite.celery import app
from evalsite.staff import health
from evalsite.testsets.models import Run


def test_it_works(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json()["ready"] is True
    assert set(answer.json()["parts"]) == {"database", "migrations", "broker", "storage"}


def test_it_tells_when_a_worker_last_brought_something(client: Client, ut: Run) -> None:
    assert client.get("/readyz").json()["last_output"] is None
    Run.objects.update(progressed_at="2026-03-01T12:00:00Z")
    assert client.get("/readyz").json()["last_output"] == "2026-03-01T12:00:00+00:00"


def test_liveness_asks_no_database(client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"alive": True}


def test_a_dead_broker_is_named_without_its_address(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = Connection("redis://user:secret@127.0.0.1:1/0")
    monkeypatch.setattr(app, "connection_for_write", lambda **_options: dead)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [name for name, part in answer.json()["parts"].items() if not part["ready"]] == ["broker"]
    assert "secret" not in json.dumps(answer.json())


def test_a_store_that_takes_nothing_is_named(client: Client, db: None, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file where the folder should be")
    settings.MEDIA_ROOT = str(tmp_path / "media")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["parts"]["storage"]["ready"]
    assert str(tmp_path) not in answer.content.decode()


def test_the_store_is_left_as_it_was(client: Client, db: None, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    assert client.get("/readyz").json()["parts"]["storage"]["ready"]
    assert default_storage.listdir("") == ([], [])


@pytest.mark.django_db(transaction=True)
def test_a_database_of_another_version_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'authtoken' AND name = '0004_alter_tokenproxy_options'"
        )
    try:
        part = client.get("/readyz").json()["parts"]["migrations"]
        assert part["error"] == "1 migrations are not applied: run `python manage.py migrate`."
    finally:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('authtoken', "
                "'0004_alter_tokenproxy_options', CURRENT_TIMESTAMP)"
            )


def test_a_dead_database_is_named(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OSError("password=secret")

    monkeypatch.setitem(health.CHECKS, "database", gone)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "secret" not in answer.content.decode()


def test_probes_are_answered_over_plain_http(client: Client, db: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/").status_code == 301

"""What every test may ask for."""

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# No test is timed: a slow machine is not a failure.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files go first, so that two processes end together: browsers, workers and what is marked slow."""
    long = {"slow", "browser", "workers"}
    weight = Counter(item.path for item in items for mark in item.iter_markers() if mark.name in long)
    items.sort(key=lambda item: -weight[item.path])


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real danmaku and films; such tests run where EVALSITE_REAL_DATA names it."""
    folder = os.environ.get("EVALSITE_REAL_DATA")
    if not folder:
        pytest.skip("EVALSITE_REAL_DATA does not name the folder of real data")
    path = Path(folder)
    assert path.is_dir(), f"EVALSITE_REAL_DATA={folder} is not a folder"
    return path


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def demo_corpus(repository: Path) -> Path:
    """The corpus drawn and written for the demo."""
    return repository / "demo" / "corpus"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite tests use a file, as the site does: threads cannot race in a database that lives in memory."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")

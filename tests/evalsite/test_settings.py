"""Settings come from the environment, and a bad value stops the start with the variable's name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def start(repository: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "import django; django.setup(); from django.conf import settings; print(settings.DATABASES['default'])"
    base = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=repository, env=base | environment, capture_output=True, text=True, check=False)


def test_it_works_on_an_embedded_database_by_default(repository: Path, tmp_path: Path) -> None:
    done = start(repository, SECRET_KEY="x", DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "sqlite3" in done.stdout
    assert "IMMEDIATE" in done.stdout
    assert "journal_mode=WAL" in done.stdout


def test_a_postgresql_address_is_used(repository: Path, tmp_path: Path) -> None:
    done = start(repository, SECRET_KEY="x", DATA_DIR=str(tmp_path), DATABASE_URL="postgresql://u:p@db.example/ev")
    assert "db.example" in done.stdout
    assert "postgresql" in done.stdout


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "x", "DEBUG": "perhaps"}, "DEBUG must be 1 or 0"),
        ({"SECRET_KEY": "x", "GENERATION_BATCH": "many"}, "GENERATION_BATCH must be a whole number"),
        ({"SECRET_KEY": "x", "DATABASE_URL": "nonsense://"}, "DATABASE_URL cannot be read"),
    ],
)
def test_a_bad_value_stops_the_start_and_is_named(
    repository: Path, tmp_path: Path, environment: dict[str, str], said: str
) -> None:
    done = start(repository, DATA_DIR=str(tmp_path), **environment)
    assert done.returncode != 0
    assert said in done.stderr


def test_a_file_fills_what_the_environment_leaves_open(repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("SECRET_KEY=from-the-file\nDATABASE_URL=postgresql://u:p@filed.example/ev\n")
    done = start(repository, ENV_FILE=str(file), DATA_DIR=str(tmp_path))
    assert "filed.example" in done.stdout, done.stderr


def test_tests_leave_nothing_in_the_temporary_folder(repository: Path, tmp_path: Path) -> None:
    """Neither the process that begins, nor what it starts or forks, takes the folder away too early or leaves one."""
    code = """
import os, subprocess, sys
import tests.settings
folder = os.environ["DATA_DIR"]
if "started" not in sys.argv:
    subprocess.run([sys.executable, "-c", sys.orig_argv[2], "started"], check=True)
    if not os.fork():
        sys.exit(0)
    os.wait()
    assert os.path.isdir(folder)
print(folder)
"""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    inner, outer = done.stdout.split()
    assert inner == outer
    assert Path(outer).parent == tmp_path
    assert list(tmp_path.iterdir()) == []

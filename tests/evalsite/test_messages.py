"""The site speaks Chinese as it speaks English: every text is translated, and the compiled catalogue is up to date."""

from __future__ import annotations

import os
import pkgutil
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import polib
import pytest

from evalsite.reports import estimators
from evalsite.reports.reasons import REASONS

FOLDER = Path("evalsite/locale/zh_Hans/LC_MESSAGES")
PLACEHOLDER = re.compile(r"%%|%\(\w+\)[-#0-9.]*\w|%[ns]|\{\w*\}")
IGNORED = (".venv", "var", "build", "tests", "demo", "generation", "benchmarks", "static")


@pytest.fixture(scope="module")
def catalogue(request: pytest.FixtureRequest) -> polib.POFile:
    return polib.pofile(str(request.config.rootpath / FOLDER / "django.po"))


def texts(entry: polib.POEntry) -> list[str]:
    return [entry.msgstr, *entry.msgstr_plural.values()] if not entry.msgid_plural else [*entry.msgstr_plural.values()]


def test_nothing_is_left_untranslated_or_uncertain(catalogue: polib.POFile) -> None:
    assert len(catalogue) > 300
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == []


def test_translations_fill_in_the_same_values(catalogue: polib.POFile) -> None:
    for entry in catalogue:
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for text in texts(entry):
            assert set(PLACEHOLDER.findall(text)) == wanted, entry.msgid


def test_the_compiled_catalogue_is_made_from_this_one(catalogue: polib.POFile, repository: Path) -> None:
    compiled = polib.mofile(str(repository / FOLDER / "django.mo"))
    assert {(e.msgid, e.msgid_plural): texts(e) for e in compiled} == {
        (e.msgid, e.msgid_plural): texts(e) for e in catalogue
    }


def test_every_reason_an_estimator_can_give_is_marked_for_translation() -> None:
    """They are constants in capitals that end as sentences do."""
    said = set()
    for found in pkgutil.iter_modules(estimators.__path__):
        module = import_module(f"{estimators.__name__}.{found.name}")
        said |= {value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
    assert {text for text in said if text.endswith(".")} == set(REASONS)


@pytest.mark.slow
def test_every_text_of_the_sources_is_in_the_catalogue(
    catalogue: polib.POFile, repository: Path, tmp_path: Path
) -> None:
    for name in ("evalsite", "templates"):
        shutil.copytree(repository / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    shutil.copy(repository / "manage.py", tmp_path)
    (tmp_path / "static").mkdir()
    ignored = [word for name in IGNORED for word in ("-i", name)]
    command = ["makemessages", "-l", "zh_Hans", "--no-location", "--no-obsolete", *ignored]
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=tmp_path,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "evalsite.settings",
            "DEBUG": "1",
            "DATA_DIR": str(tmp_path / "var"),
            "PYTHONPATH": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found = polib.pofile(str(tmp_path / FOLDER / "django.po"))
    assert sorted(entry.msgid for entry in found) == sorted(entry.msgid for entry in catalogue)

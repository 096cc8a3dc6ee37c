"""The rules of the house that no linter can see."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

WEB_PROCESS = """
import sys
import django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
print(sorted(name for name in sys.modules if name.split(".")[0] in {"torch", "torchvision", "generation", "jieba"}))
"""


def run(code: str, repository: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_web_process_loads_neither_torch_nor_generation(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    monkeypatch.setenv("SECRET_KEY", "for tests only")
    assert run(WEB_PROCESS, repository) == "[]"


def imports(file: Path) -> set[str]:
    """Dotted names of the project's own modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in {"evalsite", "generation"}}


def one_file_each(folder: str) -> list[Path]:
    files = sorted((Path(__file__).resolve().parents[1] / folder).glob("*.py"))
    return [file for file in files if file.stem != "base" and not file.stem.startswith("_")]


@pytest.mark.parametrize("file", one_file_each("generation/systems"), ids=lambda file: file.stem)
def test_a_system_knows_what_is_shared_and_no_other_system(file: Path) -> None:
    above = ("generation.train", "generation.evaluate", "generation.tasks", "generation.scoring", "generation.commands")
    for name in imports(file):
        assert not name.startswith(above), f"{file.name} imports {name}"
        shared = ("generation.systems.base", "generation.systems._")
        assert not name.startswith("generation.systems") or name.startswith(shared), name


@pytest.mark.parametrize("file", one_file_each("evalsite/rating/protocols"), ids=lambda file: file.stem)
def test_a_protocol_knows_its_base_and_the_tables_only(file: Path) -> None:
    for name in imports(file):
        known = ("evalsite.rating.protocols.base", "evalsite.rating.models")
        assert name.startswith(known), f"{file.name} imports {name}"


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)

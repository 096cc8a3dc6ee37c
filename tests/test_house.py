"""The rules of the house that no linter can see."""

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

GPU_PROCESS = """
import importlib
import pkgutil
import sys

class NoDjango:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "rest_framework", "evalsite"}:
            raise ImportError(f"{name} must not be needed")

sys.meta_path.insert(0, NoDjango())
import generation
for module in pkgutil.walk_packages(generation.__path__, "generation."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print("all of generation was imported")
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


def test_the_generating_side_runs_where_django_cannot_be_imported(repository: Path) -> None:
    assert run(GPU_PROCESS, repository) == "all of generation was imported"


def test_importing_generation_does_nothing_else(repository: Path) -> None:
    code = (
        "import os, random, sys; before = dict(os.environ); state = random.getstate(); argv = list(sys.argv)\n"
        "import generation.train, generation.evaluate, generation.tasks\n"
        "import torch\n"
        "assert dict(os.environ) == before, set(os.environ) ^ set(before)\n"
        "assert random.getstate() == state and sys.argv == argv\n"
        "assert torch.initial_seed() == torch.default_generator.initial_seed()\n"
        "print('quiet')"
    )
    assert run(code, repository) == "quiet"


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)

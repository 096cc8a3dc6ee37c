"""What every test may ask for."""

import os
from pathlib import Path

import pytest


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

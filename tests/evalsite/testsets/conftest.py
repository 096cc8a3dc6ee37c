"""What this room's tests share: a store of their own, files to import, a small test set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from PIL import Image

from evalsite.testsets.importing import import_testset
from evalsite.testsets.models import TestSet

Lines = Callable[[Iterable[Any]], Path]


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    """An empty store of frames."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Errors are told in the language of whoever asks; here in English."""
    with override("en"):
        yield


def stored(media: Path) -> list[Path]:
    """Files in the store."""
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three sound pictures, `0.jpg` to `2.jpg`."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(3):
        Image.new("RGB", (64, 36), (80 * index, 40, 90)).save(folder / f"{index}.jpg")
    return folder


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """Writes a JSON Lines file; texts and bytes are written as they are, other values as JSON."""

    def write(rows: Iterable[Any]) -> Path:
        path = tmp_path / "samples.jsonl"
        path.write_bytes(b"\n".join(_line(row) for row in rows) + b"\n")
        return path

    return write


def _line(row: Any) -> bytes:
    if isinstance(row, bytes):
        return row
    return (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)).encode()


def sample(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A sound line of samples.jsonl."""
    second = 10 + 20 * number
    line = {
        "id": f"film@{second}",
        "video": "film",
        "title": "灯塔",
        "time": second,
        "duration": 600,
        "frames": [],
        "context": [{"time": second - 1.5, "text": "前排"}, {"time": second + 2, "text": "来了来了"}],
        "references": ["哈哈哈", "泪目"],
        "split": "test",
    }
    return {**line, **changes}


@pytest.fixture
def testset(db: None, lines: Lines, pictures: Path) -> TestSet:
    """Five samples with one frame each."""
    path = lines(sample(number, frames=[f"{number % 3}.jpg"]) for number in range(5))
    return import_testset(slug="films", path=path, frames=pictures, title="Films").testset

"""Small corpora and systems for the tests of the models."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from generation.corpus.readers import load
from generation.corpus.records import Corpus

SAYINGS = [
    "哈哈哈哈",
    "前方高能",
    "泪目了",
    "这只猫好可爱",
    "船长来了",
    "下雨了",
    "打卡",
    "好美的星空",
    "第一！",
    "猫在屋顶上",
]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Tests share the machine with others, and one thread gives the same bits everywhere."""
    torch.set_num_threads(1)


@pytest.fixture
def make_corpus(tmp_path: Path) -> Callable[..., Corpus]:
    """Write a corpus in the own format and read it back: ``make_corpus([{"id": ..., "comments": [(t, text)]}])``."""

    def make(videos: list[dict[str, Any]], folder: str = "corpus") -> Corpus:
        root = tmp_path / folder
        (root / "comments").mkdir(parents=True)
        for video in videos:
            lines = [json.dumps({"t": t, "text": text}, ensure_ascii=False) for t, text in video.pop("comments")]
            (root / "comments" / f"{video['id']}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (root / "corpus.json").write_text(json.dumps({"format": 1, "name": folder, "videos": videos}))
        return load("own")(root)

    return make


@pytest.fixture
def demo_copy(demo_corpus: Path, tmp_path: Path) -> Path:
    """The demo's corpus in a folder of the test's own, so that features can be laid beside it."""
    folder = tmp_path / "demo"
    folder.mkdir()
    for part in ("corpus.json", "comments", "frames"):
        (folder / part).symlink_to(demo_corpus / part)
    return folder


@pytest.fixture
def small_corpus(make_corpus: Callable[..., Corpus]) -> Corpus:
    """Three videos of twenty seconds, one for each split, three comments a second from ten sayings."""
    return make_corpus(
        [
            {
                "id": f"film-{split}",
                "title": f"Film {split}",
                "duration": 20,
                "split": split,
                "comments": [
                    (second + third / 3, SAYINGS[(second * (third + 1) + shift) % 10])
                    for second in range(20)
                    for third in range(3)
                ],
            }
            for shift, split in enumerate(("train", "dev", "test"))
        ]
    )

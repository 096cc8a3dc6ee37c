"""Real danmaku and real frames come in as they are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalsite.testsets.importing import import_outputs, import_testset
from evalsite.testsets.models import Frame

pytestmark = pytest.mark.django_db


def moments(comments: Path, count: int) -> Iterator[dict[str, Any]]:
    """Samples without frames: the busiest seconds of a video, with the comments around them."""
    by_second: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in comments.read_text(encoding="utf-8").splitlines():
        comment = json.loads(line)
        by_second[int(comment["t"])].append(comment)
    for second in sorted(by_second, key=lambda second: -len(by_second[second]))[:count]:
        around = [row for near in range(second - 5, second + 6) if near != second for row in by_second.get(near, [])]
        yield {
            "id": f"{comments.stem}@{second}",
            "video": comments.stem,
            "time": second,
            "frames": [],
            "context": [{"time": row["t"], "text": row["text"]} for row in around],
            "references": [row["text"] for row in by_second[second]],
        }


def test_real_danmaku_need_no_frames(real_data: Path, tmp_path: Path) -> None:
    videos = sorted((real_data / "danmaku_open").glob("*.jsonl"))
    rows = [row for video in videos for row in moments(video, 20)]
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    made = import_testset(slug="real", path=path)
    assert made.samples == len(rows) == 20 * len(videos)
    assert [sample.references for sample in made.testset.samples.all()] == [row["references"] for row in rows]
    people = import_outputs(testset=made.testset, system="human", path=None)
    assert people.outputs == sum(len(row["references"]) for row in rows)


def test_real_frames_are_sound(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "video" / "frames"
    films = sorted(film for film in folder.iterdir() if film.is_dir())
    rows = []
    for film in films:
        names = [str(frame.relative_to(folder)) for frame in sorted(film.iterdir()) if frame.suffix in {".jpg", ".png"}]
        rows.append({"id": f"{film.name}@5", "video": film.name, "time": 5, "frames": names[:11]})
    path = tmp_path / "samples.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    made = import_testset(slug="films", path=path, frames=folder)
    assert made.samples == len(films) > 0
    assert made.pictures == Frame.objects.count() == len({name for row in rows for name in row["frames"]})
    assert all(sample.key_frame for sample in made.testset.samples.all())

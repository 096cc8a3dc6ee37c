"""`python -m demo.writing`: build the comments, corpus.json and SCENES.md of the demo corpus."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from demo.films import FILMS, SCENE_SECONDS, duration
from demo.writing.scenes import SCENES, TITLES, segments
from demo.writing.spread import spread

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "corpus"
NOTE = (
    "Drawn and written for this demo by the project itself: no real viewer wrote these comments. "
    "See demo/PROVENANCE.md."
)


def corpus() -> dict[str, object]:
    """The index of the corpus."""
    videos = [
        {
            "id": film,
            "title": TITLES[film],
            "category": "animation",
            "duration": duration(film),
            "segments": segments(film),
        }
        for film in FILMS
    ]
    title = "Three short films with danmaku written for the demo"
    return {"format": 1, "name": "demo", "title": title, "licence": "MIT", "note": NOTE, "videos": videos}


def scenes_page() -> str:
    """SCENES.md: one line a scene."""
    rows = ["# Scenes of the demo films", "", "Made by `python -m demo.writing`; edit `demo/writing/scenes.py`.", ""]
    for film in FILMS:
        rows += [
            f"## {TITLES[film]} (`{film}`)",
            "",
            "| scene | seconds | test seconds | what is seen |",
            "|---|---|---|---|",
        ]
        for index, scene in enumerate(FILMS[film]):
            begin, (low, high) = index * SCENE_SECONDS, SCENES[scene].test
            cells = (scene.replace("_", "-"), f"{begin}-{begin + SCENE_SECONDS}", f"{begin + low}-{begin + high}")
            rows.append(f"| {' | '.join(cells)} | {SCENES[scene].seen} |")
        rows.append("")
    return "\n".join(rows)


def build(out: Path) -> None:
    """Write all of it into a corpus folder."""
    (out / "comments").mkdir(parents=True, exist_ok=True)
    for film in FILMS:
        lines = (json.dumps(comment, ensure_ascii=False) for comment in spread(HERE / f"{film}.txt", film))
        (out / "comments" / f"{film}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index = json.dumps(corpus(), ensure_ascii=False, indent=1)
    (out / "corpus.json").write_text(index + "\n", encoding="utf-8")
    (out / "SCENES.md").write_text(scenes_page(), encoding="utf-8")


if __name__ == "__main__":
    try:
        build(CORPUS)
    except ValueError as error:
        sys.exit(str(error))
    print(f"wrote comments, corpus.json and SCENES.md in {CORPUS}")

"""Fills an empty site with a small study: `python -m tests.browser.study 10` prints the links as JSON."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.evalsite.testsets.films import film

CORPUS = Path(__file__).resolve().parents[2] / "demo" / "corpus"
SYSTEMS = ("quokkanet", "wombatlm", "numbatgan")  # names no page could hold by chance
SHORT = 4  # items in a sitting of Human Recall


def samples(count: int) -> list[dict[str, Any]]:
    """Moments of the demo films, every fifth without pictures."""
    lines: list[dict[str, Any]] = []
    for video in json.loads((CORPUS / "corpus.json").read_text())["videos"]:
        name = video["id"]
        comments = [json.loads(line) for line in (CORPUS / "comments" / f"{name}.jsonl").read_text().splitlines()]
        for second in range(6, int(video["duration"]) - 6, 5):
            near = [c for c in comments if second - 5 <= c["t"] <= second + 5 and not second <= c["t"] < second + 1]
            here = [c["text"] for c in comments if second <= c["t"] < second + 1]
            frames = [f"{name}/{at:06d}.jpg" for at in range(second - 5, second + 6)]
            lines.append(
                {
                    "id": f"{name}@{second}",
                    "video": name,
                    "title": video["title"],
                    "time": second,
                    "frames": [] if len(lines) % 5 == 4 else frames,
                    "context": [{"time": c["t"], "text": c["text"]} for c in near[:: 1 + len(near) // 12]],
                    "references": here[:4] or ["哈哈哈", "原来如此"],
                }
            )
    return lines[:count]


def outputs(lines: list[dict[str, Any]], shift: int) -> list[dict[str, Any]]:
    """What a system wrote: comments of other moments, so that some fit and some do not; now and then none."""
    texts = [text for line in lines for text in line["references"]]
    written = []
    for n, line in enumerate(lines):
        for rank in (1, 2, 3):
            text = texts[(5 * n + 7 * shift + rank) % len(texts)]
            written.append({"sample": line["id"], "rank": rank, "text": "" if (n + shift) % 11 == 0 else text})
    return written


def fill(raters: int) -> dict[str, Any]:
    """Both protocols, running, and a sitting with clips; with so many personal links each and an open link."""
    from evalsite.rating import campaigns, invitations

    lines = samples(36)
    with tempfile.TemporaryDirectory() as folder:
        _import("films", lines, Path(folder))
        film(Path(folder) / "clip.mp4", seconds=11, size=(160, 90))
        _import("clips", [{**line, "clip": "clip.mp4"} for line in lines if line["frames"]][:8], Path(folder))
    links: dict[str, Any] = {}
    for name, testset, protocol, settings in (
        ("human_recall", "films", "human_recall", {"items_per_sitting": SHORT, "max_sittings": 3}),
        ("preference", "films", "preference", {"raters": 36, "raters_per_sample": 4}),
        ("clips", "clips", "human_recall", {"items_per_sitting": SHORT, "minimum_years": 1}),
    ):
        campaign = campaigns.start(campaign=_campaign(name, testset, protocol, settings))
        invited = invitations.invite(campaign=campaign, count=raters)
        links[name] = [f"/r/{one.token}/" for one in invited]
        links[f"{name}:open"] = f"/r/{invitations.open_link(campaign=campaign)}/"
    return links


def _import(slug: str, lines: list[dict[str, Any]], folder: Path) -> None:
    from django.core.management import call_command

    write(folder / "samples.jsonl", lines)
    quiet = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    places = ("--frames", str(CORPUS / "frames"), "--clips", str(folder))
    call_command("import_testset", slug, f"{folder}/samples.jsonl", *places, **quiet)
    call_command("import_outputs", slug, "human", **quiet)
    for shift, system in enumerate(SYSTEMS):
        write(folder / "outputs.jsonl", outputs(lines, shift))
        call_command("import_outputs", slug, system, f"{folder}/outputs.jsonl", **quiet)


def _campaign(name: str, slug: str, protocol: str, settings: dict[str, Any]) -> Any:
    from evalsite.rating import campaigns
    from evalsite.testsets.models import TestSet

    testset = TestSet.objects.get(slug=slug)
    names = [*SYSTEMS, "human"] if protocol == "human_recall" else list(SYSTEMS)
    return campaigns.create(
        slug=f"quokkanet-against-wombatlm-{name.replace('_', '-')}",
        protocol=protocol,
        testset=testset,
        runs=campaigns.latest_runs(testset, names),
        settings=settings,
        seed=11,
        completion_url="https://recruiting.example/done?cc={code}",
    )


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    """JSON Lines."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    import django

    django.setup()
    sys.stdout.write(json.dumps(fill(int(sys.argv[1]))))

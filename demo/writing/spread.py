"""Read the written lines and give each of them its moment, the way a crowd would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.films import FILMS, SCENE_SECONDS
from demo.writing.scenes import SCENES, segments

GROUP = re.compile(r"@(?P<start>[\d.]+)(?:-(?P<even>[\d.]+)|!(?P<burst>[\d.]+)?)$")
COPIES = re.compile(r" \*(\d+)$")
LAUGHTER = re.compile(r"(哈{3,}|啊{3,}|呜{3,}|？{2,}|♪{2,})$")
SPRINKLED = 18
"""Stock phrases that are sprinkled over each scene."""
LAST = 0.02
"""Seconds kept free before the end of a segment, so that no comment slips into the next."""


@dataclass(frozen=True)
class Line:
    """A written line and the seconds of the film in which it may fall."""

    text: str
    copies: int
    answer: bool
    start: float
    end: float
    burst: bool


def read_lines(path: Path, film: str) -> Iterator[Line]:
    """The lines of a source file; ValueError names the file and line of a mistake."""
    scene = group = None
    for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not row or row.startswith("#"):
            continue
        if row.startswith("["):
            scene, group = row.strip("[]"), None
            if scene not in FILMS[film]:
                raise ValueError(f"{path.name}, line {number}: film {film} has no scene {scene!r}")
        elif row.startswith("@"):
            group = GROUP.match(row)
            if not group:
                raise ValueError(f"{path.name}, line {number}: write @2-5, @5.3! or @5.3!9, not {row!r}")
        elif scene is None or group is None:
            raise ValueError(f"{path.name}, line {number}: a comment needs a [scene] and an @time before it")
        else:
            yield _line(row, group, film, FILMS[film].index(scene) * SCENE_SECONDS)


def _line(row: str, group: re.Match[str], film: str, begin: int) -> Line:
    start = begin + float(group["start"])
    border = next(float(str(s["end"])) for s in segments(film) if float(str(s["end"])) > start)
    wanted = group["even"] or group["burst"]
    end = min(border, begin + float(wanted) if wanted else start + 3) - LAST
    copies = COPIES.search(row)
    text = COPIES.sub("", row)
    return Line(
        text.removeprefix(">"), int(copies[1]) if copies else 1, text.startswith(">"), start, end, not group["even"]
    )


def _moment(line: Line, rng: np.random.Generator) -> float:
    room = line.end - line.start
    if not line.burst:
        return line.start + room * rng.random()
    delay = 0.1 + rng.exponential(room / 2.4)  # people need a moment to type, then it dies away
    return line.start + (delay if delay < room else room * rng.random())


def _copy(text: str, rng: np.random.Generator) -> str:
    """How another viewer types the same: laughter and cries have no fixed length."""
    cry = LAUGHTER.match(text)
    return text[0] * int(rng.integers(3, 11)) if cry else text


def read_stock(path: Path) -> dict[str, list[str]]:
    """Stock phrases by mood, the most usual first."""
    moods: dict[str, list[str]] = {}
    for row in path.read_text(encoding="utf-8").splitlines():
        if row.startswith("["):
            mood = moods.setdefault(row.strip("[]"), [])
        elif row and not row.startswith("#"):
            mood.append(row.removeprefix(">"))
    return moods


def _sprinkle(
    stock: dict[str, list[str]], film: str, comments: list[tuple[float, str]], rng: np.random.Generator
) -> list[tuple[float, str]]:
    """Stock phrases that follow what is being said, so that they are dense where it is dense."""
    more: list[tuple[float, str]] = []
    for index, scene in enumerate(FILMS[film]):
        begin, end = index * SCENE_SECONDS, (index + 1) * SCENE_SECONDS
        times = [time for time, _ in comments if begin <= time < end]
        for number in range(SPRINKLED):
            mood = "any" if number % 2 else SCENES[scene].moods[number // 2 % len(SCENES[scene].moods)]
            weights = 1 / np.arange(2, len(stock[mood]) + 2)
            text = stock[mood][int(rng.choice(len(weights), p=weights / weights.sum()))]
            time = times[int(rng.integers(len(times)))] + rng.random()
            more.append((round(min(time, end - LAST), 2), _copy(text, rng)))
    return more


def spread(path: Path, film: str, seed: int = 2024) -> list[dict[str, float | str]]:
    """All comments of a film, sorted by time: {"t": seconds, "text": comment}."""
    rng = np.random.default_rng([seed, list(FILMS).index(film)])
    comments: list[tuple[float, str]] = []
    before = 0.0
    for line in read_lines(path, film):
        for number in range(line.copies):
            if line.answer:
                time = min(max(before, line.start) + 0.5 + 1.6 * rng.random(), line.end)
            else:
                time = _moment(line, rng)
            if number == 0:
                before = time
            comments.append((round(time, 2), line.text if number == 0 else _copy(line.text, rng)))
    comments += _sprinkle(read_stock(path.with_name("stock.txt")), film, comments, rng)
    return [{"t": time, "text": text} for time, text in sorted(comments)]

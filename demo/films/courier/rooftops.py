"""Rooftops under a huge moon: leaps, washing lines, and somebody who follows."""

from __future__ import annotations

from math import pi, sin

from demo.films.brush import Brush, down
from demo.films.courier.cast import SCARF, cat_walking, raccoon
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import cloud, moon, ridge, stars

ROOFS = ((-260, 300, 256), (95, 170, 244), (330, 220, 262), (620, 180, 240), (870, 240, 258), (1180, 330, 250))
"""Left edge, width, height of the top, in street pixels."""
LEAPS = ((3.4, 4.5), (7.4, 8.5))


def _ground(x: float) -> float:
    for left, width, top in ROOFS:
        if left - 6 <= x <= left + width + 6:
            return top
    return 252


def _path(t: float) -> tuple[float, float, float]:
    """Where the runner is at a time: x, y and how far into a leap."""
    x = 150 + 78 * t
    air = 0.0
    for start, end in LEAPS:
        if start < t < end:
            air = sin(pi * (t - start) / (end - start))
    before, after = _ground(x - 40), _ground(x + 40)
    return x, min(before, after) if not air else between(before, after, 0.5) - 62 * air, air


def _roof(b: Brush, left: float, width: float, top: float, kind: int) -> None:
    b.rect(left, top, width, 200, down(top, top + 110, "#2c3f78", "#141d44"))
    b.rect(left - 7, top - 2, width + 14, 11, down(top - 2, top + 9, "#8ea6e6", "#3b4f8e"), 2)
    for row in range(3):
        for col in range(int(width // 34)):
            lit = (row * 5 + col * 3 + kind) % 7 < 2
            b.rect(left + 13 + col * 34, top + 26 + row * 30, 13, 17, "#ffd98a" if lit else "#1a2552", 1)
    if kind % 3 == 0:
        x = left + width * 0.72
        for side in (-13, 13):
            b.line([(x + side, top), (x + side * 0.8, top - 26)], "#25346a", 3)
        b.rect(x - 19, top - 62, 38, 37, down(top - 62, top - 25, "#6d7fbc", "#33447f"), 3)
        b.poly([(x - 23, top - 62), (x, top - 80), (x + 23, top - 62)], "#7f92d0")
    if kind % 3 == 1:
        b.rect(left + 18, top - 30, 19, 30, "#3a4c8a", 2)
        b.rect(left + 15, top - 35, 25, 7, "#7f92d0", 2)
        for k in range(3):
            b.circle(left + 28 + 8 * k, top - 46 - 16 * k, 7 + 4 * k, "#c9d5ff", alpha=0.22 - 0.05 * k, blur=4)
    if kind % 3 == 2:
        x = left + width - 34
        b.line([(x, top), (x, top - 52)], "#52649f", 2.4)
        for k in range(4):
            b.line([(x - 17 + 3 * k, top - 50 + 9 * k), (x + 17 - 3 * k, top - 50 + 9 * k)], "#52649f", 2)


def _washing(b: Brush, left: float, right: float, y: float, t: float, seed: int) -> None:
    b.line([(left, y), ((left + right) / 2, y + 12), (right, y)], "#aebde8", 1.3)
    for i, (_a, _c, _s, k) in enumerate(scatter(seed, 5)):
        x = left + (right - left) * (0.14 + 0.18 * i)
        top = y + 9 - 9 * abs(i - 2) / 2.5
        sway = wave(t, 1.7, 5, k)
        b.blob(
            [(x - 10, top), (x + 10, top), (x + 11 + sway, top + 28), (x - 10 + sway, top + 28)],
            ("#f2e6ff", "#ff9fb4", "#8fd6ff", "#ffe08a", "#b8f0c0")[i],
        )


def draw(b: Brush, t: float, length: float) -> None:
    """The camera runs along; the follower misses the second gap at eight and lands in the washing."""
    x, y, air = _path(t)
    b.sky("#0c1546", "#1e3180", "#4463b8", "#8fa9e0")
    stars(b, 11, 130, t, 240, size=1.5)
    moon(b, 420 - 3 * t, 128, 96, "#fff6dc", "#d9c9a0", 3)
    for cx, cy, s, seed in ((120, 96, 1.3, 3), (420, 176, 1.6, 4), (700, 70, 1.1, 5)):
        cloud(b, (cx - 9 * t) % 820 - 80, cy, s, "#a9bdf0", "#5f78c4", seed, 0.55)
    ridge(b, 3, 262, 26, 46, "#3c56a4", 18 * t, 2)
    for i, (a, c, s, _k) in enumerate(scatter(37, 26)):
        px = (a * 1300 - 30 * t) % 1300 - 120
        b.rect(px, 214 + 40 * c, 30 + 34 * s, 200, "#27397e")
        b.poly([(px - 3, 214 + 40 * c), (px + 15 + 17 * s, 196 + 40 * c), (px + 33 + 34 * s, 214 + 40 * c)], "#2f4490")
        if i % 2:
            b.rect(px + 10, 228 + 40 * c, 7, 9, "#ffe2a0")
    with b.camera(x + 60 - 40 * ramp(t, 7, 9), 188, 1.06):
        for i, (left, width, top) in enumerate(ROOFS):
            _roof(b, left, width, top, i)
        _washing(b, 258, 336, 232, t, 3)
        _washing(b, 792, 876, 262, t, 5)
        _follower(b, t)
        cat_walking(b, x, y + 2, 1.02, t, 2.2, "awe" if air else "look", light=0.45, leap=air, scarfed=t < 4.0)
        if t >= 4.0:
            fall = min(t - 4.0, 5)
            if fall < 1.6:
                b.blob(
                    [
                        (440 + 30 * fall, 190 + 30 * fall),
                        (462 + 24 * fall, 182 + 34 * fall),
                        (476 + 20 * fall, 196 + 40 * fall),
                        (452 + 26 * fall, 206 + 36 * fall),
                    ],
                    SCARF,
                )


def _follower(b: Brush, t: float) -> None:
    x, y, _air = _path(t - 1.6)
    if 0.6 < t < 8.2:
        raccoon(b, x, y, 0.9, t, pace=1, hold="scarf" if t > 5.8 else "")
    elif t >= 8.2:
        drop = ramp(t, 8.2, 8.9)
        with b.at(
            between(716, 838, drop), between(214, 306, drop) + (wave(t, 0.8, 4) if drop == 1 else 0), 1, 200 * drop
        ):
            raccoon(b, 0, 30, 0.9, t, hold="scarf", mood="shy")
        if drop > 0.9:
            b.blob([(806, 268), (838, 262), (870, 268), (868, 300), (836, 308), (808, 300)], "#f2e6ff", alpha=0.95)
            for k in range(3):
                b.star(838 + 30 * sin(2.1 * k + 4 * t), 252 + 8 * sin(4 * t + 2 * k), 5, "#ffe27a")

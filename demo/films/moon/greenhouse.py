"""Inside the dome: everything green, one empty pot, and then a face."""

from __future__ import annotations

from math import cos, pi, sin, tau

from demo.films.brush import Brush, H, W, down
from demo.films.moon.cast import earth, robot, sprout
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import drift, flower, stars, tuft

POP = 5.6


def _dome(b: Brush) -> None:
    for k in range(1, 5):
        b.arc(320, 330, 430 * k / 4.2, 350, 180, 180, "#cfeee0", width=3 if k < 4 else 7, alpha=0.6)
    for high in (90, 180, 262):
        b.arc(320, 330, 426, high, 180, 180, "#cfeee0", width=2.4, alpha=0.5)
    for k in range(9):
        a = pi + pi * (k + 0.5) / 9
        b.line([(320, 330), (320 + 430 * cos(a), 330 + 350 * sin(a))], "#cfeee0", 2, alpha=0.16)
    b.poly([(150, -10), (236, -10), (96, 330), (30, 330)], "#ffffff", alpha=0.07)
    b.poly([(262, -10), (286, -10), (150, 330), (128, 330)], "#ffffff", alpha=0.06)


def _vines(b: Brush, t: float) -> None:
    for i, (_a, c, s, k) in enumerate(scatter(61, 13)):
        x, size = 20 + 50 * i, 60 + 70 * c
        points = [(x + wave(t, 4, 1 + 1.3 * j, k), -10 + size * j / 5) for j in range(6)]
        b.line(points, "#3f9a4e", 2.4)
        for j, (px, py) in enumerate(points[1:]):
            for side in (-1, 1):
                with b.at(px, py, 1, side * 38):
                    b.oval(side * 6, 2, 7, 3.6, "#6fcf5c" if j % 2 else "#4fb052")
        if i % 3 == 0:
            flower(b, *points[-1], 8 + 3 * s, ("#ffd24a", "#ff9fc0", "#ffffff")[i % 3], "#f08a3a", 5, t * 0.01)


def _bed(b: Brush, y: float, seed: int, size: float, t: float) -> None:
    b.rect(-60, y, W + 120, 26 * size, down(y, y + 26 * size, "#8a5a3a", "#5a3826"), 4)
    for i, (a, _c, s, k) in enumerate(scatter(seed, int(22 / size))):
        x = a * (W + 60) - 30
        if 250 < x < 470 and size > 1:
            continue
        kind = i % 4
        if kind == 0:
            tuft(b, x, y - 16 * size, (13 + 9 * s) * size, "#23733f", "#9be065", seed + i)
            for q in range(4):
                b.circle(
                    x + 12 * size * (scatter(i, 4)[q][0] - 0.5),
                    y - 16 * size + 14 * size * (scatter(i, 4)[q][1] - 0.5),
                    3.2 * size,
                    ("#ff5f4f", "#ffb03a")[q % 2],
                )
        elif kind == 1:
            high = (30 + 26 * s) * size
            b.line([(x, y), (x + wave(t, 3, 2, k), y - high)], "#3f9a4e", 3 * size)
            for q in range(4):
                b.oval(x + (9 if q % 2 else -9) * size, y - high * (0.3 + 0.2 * q), 9 * size, 4 * size, "#5fc05a")
            flower(b, x + wave(t, 3, 2, k), y - high - 6 * size, 11 * size, "#ffcf3f", "#7a4a20", 9, k)
        elif kind == 2:
            for q in range(7):
                lean = (q - 3) * 6 * size
                b.line(
                    [
                        (x, y),
                        (x + lean * 0.5, y - 18 * size),
                        (x + lean * 1.3 + wave(t, 2.6, 2, k), y - (24 - abs(q - 3) * 3) * size),
                    ],
                    ("#4fae58", "#83d468")[q % 2],
                    3.4 * size,
                )
        else:
            b.blob(
                [
                    (x - 17 * size, y),
                    (x - 13 * size, y - 17 * size),
                    (x, y - 23 * size),
                    (x + 13 * size, y - 17 * size),
                    (x + 17 * size, y),
                ],
                "#a9e27c",
            )
            b.arc(x, y - 9 * size, 9 * size, 9 * size, 190, 160, "#5aa84c", width=2 * size)


def draw(b: Brush, t: float, length: float) -> None:
    """Watering until five; the sprout pops up, yawns and dances with the robot."""
    with b.camera(
        between(330, 352, ramp(t, 0, 6)),
        between(178, 196, ramp(t, 0, 6)),
        between(1.0, 1.2, ramp(t, 0, 6)) - 0.1 * ramp(t, 8, length),
    ):
        b.rect(-60, -60, W + 120, H + 120, down(-20, 320, "#0e2a3f", "#1f5a5c", "#57a86a", "#c4e88a"))
        stars(b, 3, 70, t, 110, size=1.2)
        earth(b, 560, 70, 30, t)
        _dome(b)
        b.glow(320, 120, 330, "#f2ffc0", 0.55)
        for i, (x, y, r) in enumerate(
            ((40, 232, 62), (132, 246, 44), (548, 240, 52), (626, 226, 66), (470, 252, 32), (226, 254, 30))
        ):
            b.rect(x - 4, y, 8, 70, "#6b4a30", 3)
            tuft(b, x, y - 14, r, "#1f6a3f", "#7fcf5a", 30 + i)
        _vines(b, t)
        _bed(b, 268, 12, 0.8, t)
        b.rect(-60, 288, W + 120, 130, down(288, 366, "#b7d98a", "#6f9a5c"))
        for x in range(-60, W + 80, 44):
            b.line([(x, 288), (x - 70, 372)], "#8fb872", 1.4, alpha=0.7)
        b.oval(330, 326, 150, 10, "#3a5a34", alpha=0.4)
        grown = ramp(t, POP, POP + 0.7)
        dance = t > 7.4
        x = 296 + (wave(t, 1.3, 9) if dance else 0)
        robot(
            b,
            x,
            326,
            1.26,
            t,
            "heart" if dance else ("awe" if t > POP else "calm"),
            0.2 if not dance else 0.7 + wave(t, 0.65, 0.2),
            tool="can" if t < POP else "",
            roll=x,
        )
        if 0.8 < t < POP - 0.4:
            for a, c, _s, k in scatter(71, 22):
                share = (t * 1.4 + k) % 1
                b.line(
                    [
                        (365 + 26 * share + 7 * a, 270 + 26 * share * share + 4 * c),
                        (366 + 26 * share + 7 * a, 275 + 27 * share * share + 4 * c),
                    ],
                    "#9fe6ff",
                    2,
                    alpha=0.9,
                )
        sprout(b, 398, 328, 1.35, t * (2 if dance else 1), grown, t > 6.6)
        if POP < t < POP + 1.4:
            for i in range(12):
                a, r = tau * i / 12, 20 + 56 * (t - POP)
                b.star(
                    400 + r * cos(a), 262 + 0.7 * r * sin(a), 5, "#fff2a0", tips=4, inner=0.3, alpha=1 - (t - POP) / 1.4
                )
        if dance:
            for k in range(4):
                share = (t * 0.45 + k / 4) % 1
                note(b, 330 + 70 * (k % 2) + 14 * sin(6 * share + k), 200 - 90 * share, 1 - share)
        _bed(b, 346, 33, 1.5, t)
        drift(b, 5, 60, t, (6, -5), "#f6ffb8", 1.7, 0.7, 14, "screen")


def note(b: Brush, x: float, y: float, alpha: float) -> None:
    """A note of music."""
    b.oval(x, y, 5, 4, "#fff6c8", alpha=alpha)
    b.line([(x + 4.4, y), (x + 4.4, y - 18), (x + 12, y - 14)], "#fff6c8", 2, alpha=alpha)

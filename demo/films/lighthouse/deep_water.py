"""Under the storm: teal quiet, jellyfish lamps, and a back that rises beneath a sinking boat."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, H, W, down, mix
from demo.films.lighthouse.cast import boat, whale
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import drift


def _jelly(b: Brush, x: float, y: float, size: float, t: float, tint: str) -> None:
    squeeze = 1 + wave(t, 2.2, 0.12)
    b.glow(x, y, size * 3.2, tint, 0.5)
    for k in range(5):
        px = x + (k - 2) * size * 0.34
        b.line(
            [
                (px, y),
                (px + wave(t, 2, 4, 0.1 * k), y + size * 0.9),
                (px + wave(t, 2, 7, 0.1 * k + 0.3), y + size * 1.9),
            ],
            tint,
            1.6,
            alpha=0.65,
        )
    wide, tall = size / squeeze, size * squeeze
    b.blob(
        [
            (x - wide, y + 2),
            (x - wide * 0.85, y - tall * 0.6),
            (x, y - tall),
            (x + wide * 0.85, y - tall * 0.6),
            (x + wide, y + 2),
            (x, y + size * 0.22),
        ],
        down(y - tall, y + 4, "#ffffff", tint),
        alpha=0.8,
    )
    b.oval(x, y - tall * 0.35, wide * 0.4, tall * 0.24, "#ffffff", alpha=0.5)


def _school(b: Brush, t: float, seed: int, x: float, y: float, tints: tuple[str, str], speed: float) -> None:
    for i, (a, c, s, k) in enumerate(scatter(seed, 26)):
        px = (x + speed * t + 150 * (a - 0.5) + 700) % 800 - 80
        py = y + 62 * (c - 0.5) + wave(t, 2.5, 5, k)
        with b.at(px, py, 0.6 + 0.6 * s, wave(t, 1.2, 6, k), flip=speed < 0):
            b.oval(0, 0, 9, 4.2, tints[i % 2])
            b.poly([(-7, 0), (-14, -5), (-14, 5)], tints[i % 2])
            b.circle(5, -0.8, 1, "#0c2430")


def draw(b: Brush, t: float, length: float) -> None:
    """The whale swims in, takes the boat on its back, and carries it up towards the light."""
    rise = ramp(t, 5.5, length)
    b.sky("#4fd0c8", "#1c93a5", "#0d5f80", "#08395e", "#051f3e")
    with b.layer(0.75, 3, "screen"):
        for i in range(9):
            x = 70 * i + 18 + wave(t, 7, 22, i * 0.13)
            light = 0.2 + 0.16 * sin(tau * (t * 0.13 + i * 0.21))
            b.poly(
                [(x, -10), (x + 30 + 6 * (i % 3), -10), (x - 60, 330), (x - 130, 330)],
                down(0, 320, "#d5fff0", "#7fe8dc00"),
                alpha=light,
            )
    warm = ramp(t, 8.0, 10.0)
    b.poly(
        [(250, -10), (420, -10), (520, 350), (190, 350)],
        down(0, 330, "#ffe9a6", "#ffe9a600"),
        alpha=0.55 * warm,
        blend="screen",
        blur=18,
    )
    for i, (x, y, s, k) in enumerate(scatter(14, 30)):
        px = x * 720 - 40
        b.line(
            [(px + wave(t + j * 0.5, 3.1, 1.4 * j, k), 372 - j * (9 + 9 * s)) for j in range(8)],
            ("#0c5a55", "#0a4650", "#147462")[i % 3],
            3 + 3 * y,
            alpha=0.85,
        )
    _floor(b)
    _school(b, t, 2, 100, 104, ("#ffd06a", "#ff9a5a"), 34)
    _school(b, t, 4, 520, 268, ("#9ff0e0", "#66c8d8"), -26)
    for x, y, s, tint, p in (
        (88, 200, 22, "#ff9ad5", 0.0),
        (560, 130, 26, "#b49aff", 0.4),
        (470, 262, 15, "#ffb36b", 0.7),
        (190, 292, 14, "#8fd0ff", 0.2),
        (610, 250, 18, "#ff8ab0", 0.5),
    ):
        _jelly(b, x + wave(t, 5, 8, p), y - 6 * t * (0.4 + p) + 30, s, t + 3 * p, tint)
    x = between(-130, 322, ramp(t, 0.5, 6.2))
    y = between(286, 232, ramp(t, 2, 6.2)) - 70 * rise + wave(t, 3, 3)
    sink = between(86, 163, ramp(t, 1.5, 5.8)) - 70 * rise + wave(t, 3, 3)
    tilt = between(24, 0, ramp(t, 5, 7)) + wave(t, 2.4, 5)
    whale(b, x, y, 1.28, t, -6 * rise + wave(t, 4, 2), light="#86cdf0", dark="#1f5c9c", shine=0.35 * ramp(t, 5.5, 7))
    boat(b, 318, sink, 0.92, tilt, "#d4604a", 0.55 + wave(t, 1.3, 0.1), sailor=True)
    _bubbles(b, t, 318, sink)
    drift(b, 8, 70, t, (5, -12), "#d9fff6", 1.5, 0.45, 8, "screen")
    b.fill(down(0, H, "#00000000", "#02142a"), alpha=0.4)


def _floor(b: Brush) -> None:
    b.blob(
        [(-40, 350), (90, 322), (220, 340), (360, 326), (520, 342), (700, 318), (700, 420), (-40, 420)],
        down(318, 366, "#0c4a63", "#04203a"),
    )
    for i, (x, y, s, k) in enumerate(scatter(24, 22)):
        px, py = x * W, 338 + 20 * y
        tint = ("#e8657a", "#f0a060", "#a46ad0", "#e8c46a")[i % 4]
        if i % 3 == 0:
            for j in range(5):
                b.line([(px, py), (px + (j - 2) * 4 * (0.6 + s), py - 12 - 10 * k)], mix(tint, "#0a3a58", 0.35), 3)
        else:
            b.oval(px, py, 8 + 8 * s, 5 + 4 * k, mix(tint, "#0a3a58", 0.5))


def _bubbles(b: Brush, t: float, x: float, y: float) -> None:
    for a, c, s, k in scatter(55, 34):
        share = (t * (0.25 + 0.25 * s) + k) % 1
        b.circle(
            x + 90 * (a - 0.5) + wave(t, 1.5, 4, k),
            y - 220 * share + 30 * c,
            1.4 + 3.4 * s,
            "#e6fffb",
            width=1,
            alpha=0.75 * (1 - share),
        )

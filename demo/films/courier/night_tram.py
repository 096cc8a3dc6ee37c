"""Inside the last tram: yellow light, wet windows, and a bear that needs a shoulder."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, H, W, down
from demo.films.courier.cast import bear, cat_sitting, parcel, penguin
from demo.films.motion import between, ramp, scatter, wave

WINDOWS = (18, 222, 426)


def _outside(b: Brush, t: float, left: float) -> None:
    with b.inside([(left, 62), (left + 186, 62), (left + 186, 196), (left, 196)]):
        b.rect(left, 62, 186, 134, down(62, 196, "#0d1440", "#1f2a6b", "#3a3f86"))
        for i, (a, c, s, _) in enumerate(scatter(5, 16)):
            x = (a * 1000 - t * 70) % 1000 - 160
            b.rect(x, 100 + 50 * c, 34 + 30 * s, 120, "#131a48")
            for row in range(4):
                b.rect(x + 7, 110 + 50 * c + row * 18, 6, 8, "#ffd98a", alpha=0.6 if (row + i) % 2 else 0.1)
        for i, (a, c, s, _) in enumerate(scatter(9, 40)):
            x = (a * 1100 - t * (90 + 120 * s)) % 1100 - 200
            tint = ("#ff6fb0", "#ffc15a", "#6fd8ff", "#b58cff")[i % 4]
            b.circle(x, 90 + 100 * c, 5 + 11 * s, tint, alpha=0.4, blend="screen")
            b.circle(x, 90 + 100 * c, 5 + 11 * s, tint, width=1, alpha=0.3, blend="screen")
        for a, c, s, k in scatter(13 + int(left), 26):
            run = (t * (0.05 + 0.2 * s) + k) % 1
            x, y = left + 186 * a + 6 * sin(9 * run), 62 + 134 * run
            b.line([(x, y), (x - 3, y - 12 - 22 * c)], "#cfe3ff", 1.2, alpha=0.4)
            b.circle(x, y, 1.8, "#eaf4ff", alpha=0.75)


def draw(b: Brush, t: float, length: float) -> None:
    """The car sways; the bear sinks to the side at second seven."""
    jolt = wave(t, 0.9, 1.1) + wave(t, 0.37, 0.5)
    with b.camera(
        320, between(190, 196, ramp(t, 0, length)) + jolt, between(1.02, 1.13, ramp(t, 0, length)), wave(t, 2.6, 0.5)
    ):
        b.rect(-60, -60, W + 120, H + 120, down(-20, 330, "#f7e2b2", "#eec481", "#d99c5a", "#9a6238"))
        b.rect(-60, -60, W + 120, 100, down(0, 40, "#b98a4e", "#f3d79c"))
        for x in (110, 320, 530):
            b.rect(x - 52, 20, 104, 11, "#fffbe8", 5)
            b.glow(x, 26, 190, "#fff2bd", 0.75)
        for left in WINDOWS:
            b.rect(left - 8, 54, 202, 150, "#7d4f2c", 12)
            _outside(b, t, left)
            b.rect(left, 62, 186, 134, "#5d3a20", 6, width=5)
            b.line([(left, 96), (left + 186, 96)], "#5d3a20", 3)
            b.poly(
                [(left + 20, 64), (left + 62, 64), (left + 14, 194), (left + 2, 194), (left + 2, 112)],
                "#ffffff",
                alpha=0.08,
            )
        b.line([(-40, 44), (W + 40, 44)], "#a9783f", 5)
        for i, x in enumerate((64, 160, 262, 372, 474, 578)):
            swing = 9 * sin(tau * (t / 1.8 + 0.06 * i))
            b.line([(x, 44), (x + swing, 74)], "#7a4b28", 3)
            b.circle(x + swing * 1.2, 84, 10, "#fff3d6", width=4)
        b.rect(-60, 232, W + 120, 62, down(232, 294, "#b53a3a", "#8c2730"), 12)
        for x in range(-40, W + 60, 46):
            b.line([(x, 234), (x, 292)], "#7a1f2a", 2, alpha=0.6)
        b.rect(-60, 290, W + 120, 16, "#6f1c26", 6)
        b.rect(-60, 306, W + 120, 120, down(306, 366, "#7c5233", "#3a2418"))
        for x in range(-60, W + 60, 40):
            b.line([(x, 308), (x - 30, 370)], "#2f1c12", 1.4, alpha=0.5)
        _riders(b, t)
        b.line([(604, -20), (604, 340)], "#d8b25c", 6)
        b.line([(602, -20), (602, 340)], "#fff0c0", 1.5)
    b.fill("#ffb347", alpha=0.1, blend="soft")


def _riders(b: Brush, t: float) -> None:
    b.oval(350, 304, 270, 8, "#2a130c", alpha=0.45)
    penguin(b, 116, 298, 1.16, t)
    b.rect(96, 296, 14, 8, "#f2a33a", 4)
    b.rect(122, 296, 14, 8, "#f2a33a", 4)
    fall = ramp(t, 6.6, 7.6)
    bear(b, 424, 302, 1.28, t, -5 - 34 * fall - (wave(t, 1.5, 2.5) if t < 6.6 else 0))
    mood = "awe" if 7 < t < 9.2 else ("sleep" if t > 10 else "calm")
    cat_sitting(b, 312 - 4 * fall, 302 + 2 * fall, 1.24 - 0.03 * fall, t, mood, flip=True)
    parcel(b, 262, 302, 48, 0.4 + wave(t, 1.8, 0.15))
    if t > 8.5:
        for k in range(3):
            share = (t * 0.4 + k / 3) % 1
            x, y, s = 400 + 30 * share + 8 * sin(6 * share), 150 - 70 * share, 5 + 6 * share
            b.line([(x - s, y - s), (x + s, y - s), (x - s, y + s), (x + s, y + s)], "#fff6dc", 2.2, alpha=1 - share)

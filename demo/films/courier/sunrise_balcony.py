"""Sunrise on the balcony: grandmother rabbit opens the parcel, and spring comes out."""

from __future__ import annotations

from math import cos, sin, tau

from demo.films.brush import Brush, H, W, down, mix
from demo.films.courier.cast import cat_sitting, parcel, rabbit, raccoon
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import cloud, flower, petals, ridge, tuft

OPEN = 4.6


def _butterfly(b: Brush, x: float, y: float, size: float, t: float, tint: str) -> None:
    fold = 0.35 + 0.65 * abs(sin(tau * t * 1.4))
    b.glow(x, y, size * 3, "#ffe79a", 0.5)
    for side in (-1, 1):
        b.oval(x + side * size * 0.55 * fold, y - size * 0.3, size * 0.62 * fold, size * 0.6, tint)
        b.oval(
            x + side * size * 0.45 * fold, y + size * 0.42, size * 0.44 * fold, size * 0.42, mix(tint, "#ffffff", 0.35)
        )
    b.line([(x, y - size * 0.6), (x, y + size * 0.6)], "#5a3a2a", 1.4)


def _city(b: Brush, t: float) -> None:
    ridge(b, 7, 236, 54, 280, down(180, 250, "#d98a8f", "#e9a58a"), 5)
    for i, (a, c, s, k) in enumerate(scatter(52, 46)):
        x, top = a * 700 - 30, 232 - 46 * s
        tint = ("#e8946a", "#d9786a", "#f0b27a", "#c9687a")[i % 4]
        b.rect(x, top, 20 + 26 * c, 120, down(top, 300, tint, "#a8557a"))
        b.poly([(x - 3, top), (x + 10 + 13 * c, top - 12), (x + 23 + 26 * c, top)], mix(tint, "#7a2f5a", 0.4))
        if k > 0.6:
            b.rect(x + 6, top + 10, 5, 7, "#fff2c0")


def draw(b: Brush, t: float, length: float) -> None:
    """The ribbon at four; light and butterflies; breakfast; two new friends asleep in the sun."""
    lift = ramp(t, 0, length)
    with b.camera(between(326, 314, lift), between(184, 178, lift), between(1.12, 1.0, ramp(t, OPEN, length))):
        b.rect(-60, -60, W + 120, H + 120, down(-30, 250, "#5fa8d8", "#a8d0d8", "#ffe0a0", "#ffb36a", "#ff8f6a"))
        sun = between(216, 150, lift)
        b.glow(216, sun, 330, "#fff0b0", 0.95)
        b.circle(216, sun, 36, "#fffbe2")
        for i in range(12):
            a = tau * (i / 12) + t * 0.03
            b.poly(
                [
                    (216, sun),
                    (216 + 480 * cos(a - 0.06), sun + 480 * sin(a - 0.06)),
                    (216 + 480 * cos(a + 0.06), sun + 480 * sin(a + 0.06)),
                ],
                "#fff3c0",
                alpha=0.09,
                blend="screen",
            )
        for x, y, s, seed in ((90, 66, 1.1, 3), (420, 44, 1.4, 5), (590, 96, 1.0, 8), (300, 106, 0.7, 4)):
            cloud(b, x + 2.4 * t, y, s, "#fff6e6", "#ffc29a", seed, 0.95)
        _city(b, t)
        _balcony(b, t)
        _company(b, t)
        _spring(b, t)


def _balcony(b: Brush, t: float) -> None:
    b.rect(-60, 300, W + 120, 130, down(300, 370, "#e2b98c", "#9a6450"))
    for x in range(-60, W + 60, 54):
        b.line([(x, 302), (x - 40, 372)], "#b98a66", 1.6)
    b.rect(-60, 222, W + 120, 9, down(222, 231, "#fff6ea", "#d9b9a0"), 3)
    for x in range(-40, W + 60, 30):
        b.rect(x, 230, 8, 72, across_white(x), 3)
    for i, (x, size) in enumerate(((18, 30), (86, 22), (566, 34), (628, 26))):
        y = 302
        tuft(b, x, y - 52, size, "#2f7d4f", "#8fd66a", 60 + i)
        for a, c, s, k in scatter(80 + i, 6):
            bloom = ramp(t, OPEN + 0.6 + 2.5 * k, OPEN + 1.6 + 2.5 * k)
            flower(
                b,
                x + size * 1.5 * (a - 0.5),
                y - 52 + size * 1.3 * (c - 0.5),
                (3 + 6 * s) * (0.35 + 0.65 * bloom),
                ("#ff8fb0", "#ffffff", "#ffd24a", "#c79aff")[int(k * 4)],
                "#f2a32c",
                6,
                s,
            )
        b.poly(
            [(x - 20, y - 34), (x + 20, y - 34), (x + 14, y + 2), (x - 14, y + 2)],
            down(y - 34, y, "#d9764a", "#a34a36"),
        )
        b.rect(x - 23, y - 40, 46, 9, "#e08a5a", 3)


def across_white(x: float) -> str:
    """Railing posts, warmer near the sun."""
    return mix("#fff3dc", "#e2c0ae", min(1, abs(x - 216) / 400))


def _company(b: Brush, t: float) -> None:
    b.oval(330, 318, 250, 9, "#7a3f3a", alpha=0.28)
    opened = t > OPEN
    rabbit(b, 440, 316, 1.22, t, "glad" if opened else "calm")
    b.rect(300, 288, 96, 8, "#b5764a", 3)
    for x in (310, 380):
        b.rect(x, 294, 7, 28, "#8f5636")
    parcel(
        b, 346, 289, 52, 0.5 + 0.5 * ramp(t, OPEN - 1, OPEN), wave(t, 0.3, 3) if 3 < t < OPEN else 0, 1 if opened else 0
    )
    sleepy = t > 9.6
    cat_sitting(
        b, 250, 318, 1.3, t, "sleep" if sleepy else ("awe" if OPEN < t < 7 else "glad" if opened else "look"), flip=True
    )
    raccoon(b, 172, 320, 1.16, t, mood="shy", hold="umbrella" if t < 2 else "")


def _spring(b: Brush, t: float) -> None:
    if t < OPEN:
        return
    out = ramp(t, OPEN, OPEN + 1.2)
    for i in range(9):
        a = -tau / 4 + (i - 4) * 0.2
        b.poly(
            [
                (346, 258),
                (346 + 330 * cos(a - 0.05), 258 + 330 * sin(a - 0.05)),
                (346 + 330 * cos(a + 0.05), 258 + 330 * sin(a + 0.05)),
            ],
            "#fff3b0",
            alpha=0.22 * out * (1 - 0.6 * ramp(t, 7, 10)),
            blend="screen",
            blur=4,
        )
    for i, (a, c, s, k) in enumerate(scatter(29, 34)):
        go = ramp(t, OPEN + 1.6 * k, OPEN + 3 + 2.4 * k)
        if go <= 0:
            continue
        angle = tau * (a + 0.08 * (t - OPEN))
        x = 346 + (60 + 300 * c) * go * cos(angle) + wave(t, 2, 8, k)
        y = 256 - 40 * go + (30 + 130 * s) * go * sin(angle) - 60 * go
        _butterfly(b, x, y, 8 + 6 * s, t + k, ("#ffb02e", "#ff7fa5", "#7fc8ff", "#ffe05a", "#b58cff")[i % 5])
    with b.layer(out):
        petals(b, 71, 46, t, (26, 24), ("#ffc2d4", "#ffffff", "#ffe08a"), 4.4)

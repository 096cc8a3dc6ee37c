"""Supper at the noodle shop: red lanterns, flying noodles, an extra egg."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, H, W, down, radial
from demo.films.courier.cast import cat_sitting, cook, parcel
from demo.films.motion import between, pulse, ramp, scatter, wave
from demo.films.nature import drift


def _lantern(b: Brush, x: float, y: float, size: float, t: float, phase: float) -> None:
    with b.at(x, y, size, wave(t, 3, 4, phase)):
        b.line([(0, -60), (0, -20)], "#2a0d0a", 1.6)
        b.glow(0, 4, 84, "#ff7a3a", 0.75)
        b.oval(0, 4, 25, 22, radial(0, 4, 28, "#ffe09a", "#ff7038", "#c8241f"))
        for k in (-14, -5, 5, 14):
            b.line([(k * 0.55, -16), (k * 1.15, 4), (k * 0.55, 24)], "#8f1616", 1.1, alpha=0.6)
        b.rect(-11, -22, 22, 5, "#3a1410", 2)
        b.rect(-11, 24, 22, 5, "#3a1410", 2)
        for k in (-4, 0, 4):
            b.line([(k, 29), (k + wave(t, 2, 2, phase), 44)], "#ffcf5a", 1.4)


def _bowl(b: Brush, x: float, y: float, size: float, egg: float = 0) -> None:
    with b.at(x, y, size):
        b.oval(0, -24, 37, 10, "#f6d59a")
        for k in range(-4, 5):
            b.line([(k * 7 - 6, -26 + abs(k)), (k * 7, -21), (k * 7 + 7, -26 + abs(k))], "#ffe9b0", 2.4)
        b.circle(-14, -28, 8, "#fff6e6")
        b.circle(-14, -28, 4, "#ffab3a")
        if egg:
            b.circle(7, -29 - 60 * (1 - egg), 8.5, "#fff6e6")
            b.circle(7, -29 - 60 * (1 - egg), 4.4, "#ff9a2e")
        b.poly([(17, -24), (27, -42), (33, -26)], "#2f4a34")
        for k in range(5):
            b.circle(-2 + 5 * k, -20 - k % 2 * 3, 1.8, "#5fae4a")
        b.blob(
            [(-40, -24), (-28, -1), (-12, 4), (12, 4), (28, -1), (40, -24), (20, -17), (0, -15), (-20, -17)],
            down(-24, 4, "#e8483f", "#a3231f"),
        )
        b.line([(-33, -14), (0, -8), (33, -14)], "#fff0d0", 2)


def _noodles(b: Brush, t: float) -> None:
    hand = 246 - 1.24 * (58 + 26 * (0.55 + wave(t, 1.5, 0.35)))
    for k in range(9):
        low = 196 + 5 * k + wave(t, 0.75, 6, 0.03 * k)
        sway = wave(t, 1.5, 9, 0.2)
        b.line(
            [
                (330, hand),
                (338 + k, (hand + low) / 2 + 8),
                (379 + sway, low),
                (420 - k, (hand + low) / 2 + 8),
                (428, hand),
            ],
            "#fff0c4" if k % 2 else "#f3d48c",
            2.3,
        )


def draw(b: Brush, t: float, length: float) -> None:
    """The cook swings the dough; the egg falls at second six; the parcel knocks from inside at nine."""
    with b.camera(
        between(326, 312, ramp(t, 0, length)),
        between(180, 190, ramp(t, 0, length)),
        between(1.03, 1.12, ramp(t, 0, length)),
    ):
        b.rect(-60, -60, W + 120, H + 120, down(-20, 300, "#3d0f14", "#7a1f1c", "#b8412a", "#6f2018"))
        for x in range(-20, W + 40, 52):
            b.line([(x, 40), (x, 260)], "#2f0b0e", 3, alpha=0.4)
        b.rect(40, 92, 190, 10, "#2f120c")
        b.rect(452, 92, 190, 10, "#2f120c")
        for i in range(8):
            x = 56 + 22 * i
            b.rect(x, 66 + 3 * (i % 3), 15, 26 - 3 * (i % 3), ("#e8b04a", "#5f7f5a", "#d96a3f", "#8f4f7a")[i % 4], 4)
        for i in range(6):
            for k in range(1 + i % 3):
                b.oval(478 + 28 * i, 88 - 6 * k, 12, 4.4, "#fff0d8")
                b.oval(478 + 28 * i, 86 - 6 * k, 9, 2.4, "#c0392f")
        for x, tint in (
            (78, "#c8242a"),
            (150, "#c8242a"),
            (222, "#c8242a"),
            (420, "#c8242a"),
            (492, "#c8242a"),
            (564, "#c8242a"),
        ):
            sway = wave(t, 2.8, 3, x / 200)
            b.blob(
                [(x - 34, -12), (x + 34, -12), (x + 33 + sway, 46), (x - 33 + sway, 46)], down(-10, 46, "#7f1018", tint)
            )
            b.circle(x + sway * 0.6, 20, 11, "#ffe0a8", width=3)
        for x, y, s, p in ((44, 132, 1.0, 0.0), (300, 92, 0.85, 0.3), (606, 138, 1.05, 0.6)):
            _lantern(b, x, y, s, t, p)
        glad = t > 5.6
        cook(b, 379, 246, 1.24, t, 0.55 + wave(t, 1.5, 0.35) if not glad else 0.2 + pulse(t, 5.4, 7) * 0.7, glad)
        if not glad:
            _noodles(b, t)
        _pots(b, t)
        b.rect(-60, 236, W + 120, 24, down(236, 260, "#e39a52", "#a65a2b"))
        b.rect(-60, 258, W + 120, 160, down(258, 366, "#6a2a18", "#2a0d0a"))
        for x in range(-40, W + 60, 62):
            b.rect(x, 272, 46, 74, "#4a190f", 3, alpha=0.7)
        _customer(b, t)
        drift(b, 31, 50, t, (4, -14), "#ffb867", 1.5, 0.55, 10, "screen")
    b.fill(radial(W / 2, 170, 420, "#ffb34700", "#ffb34700", "#2a060880"))


def _pots(b: Brush, t: float) -> None:
    for x, high in ((530, 60), (598, 48)):
        b.rect(x - 33, 238 - high, 66, high, down(238 - high, 238, "#8d8790", "#4a4450"), 6)
        b.oval(x, 238 - high, 33, 7, "#c9c2c8")
        b.oval(x, 238 - high, 27, 5, "#f3e3b8")
    for i, (a, _c, s, k) in enumerate(scatter(41, 34)):
        share = (t * (0.16 + 0.12 * s) + k) % 1
        x = (530 + 70 * a if i % 3 else 196 + 40 * a) + 20 * sin(tau * (share + k)) * share
        y = (184 if i % 3 else 206) - 150 * share
        b.circle(x, y, 8 + 20 * share, "#fff2e0", alpha=0.17 * sin(tau / 2 * share), blur=6)


def _customer(b: Brush, t: float) -> None:
    slurp = 3.0 < t < 5.4
    mood = "glad" if t > 6.4 and t < 9 else ("awe" if t >= 9 else ("sleep" if slurp else "look"))
    b.rect(166, 318, 48, 60, "#3a140c", 6)
    b.oval(190, 318, 34, 9, "#a8372f")
    cat_sitting(b, 190, 318, 1.5, t, mood, arm=0.9 if 6.4 < t < 8 else 0)
    _bowl(b, 284, 250, 1.0, ramp(t, 5.7, 6.3))
    if slurp:
        for k in range(4):
            b.line([(204 + k, 240), (232, 222 + 3 * k + wave(t, 0.4, 3)), (258 + 3 * k, 226)], "#ffe9b0", 2)
    knock = wave(t, 0.22, 5) if 9 < t < 10.8 else 0
    parcel(b, 92, 238, 54, 0.35 + (0.65 if 9 < t < 10.8 else 0), knock)
    if 6.2 < t < 8:
        for x, y, s, _ in scatter(19, 7):
            px, py = 110 + 170 * x, 120 + 60 * y - 18 * (t - 6.2)
            b.blob(
                [
                    (px, py + 8 * s + 3),
                    (px - 7, py - 2),
                    (px - 3, py - 6),
                    (px, py - 3),
                    (px + 3, py - 6),
                    (px + 7, py - 2),
                ],
                "#ff8fa3",
                alpha=0.9,
            )

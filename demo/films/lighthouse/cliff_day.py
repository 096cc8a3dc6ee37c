"""Noon on the cliff: fresh red paint for the tower, and a little too much of it for the gull."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, H, W, down
from demo.films.lighthouse.cast import CREAM, RED, gull, keeper, tower
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import cloud, flower, grass, petals, sea

GREENS = ("#3f8f4a", "#5cae4f", "#83c75a", "#2f7a48")


def _washing(b: Brush, t: float) -> None:
    b.line([(64, 196), (136, 208), (212, 198)], "#6b5a4a", 1.6)
    for x in (64, 212):
        b.line([(x, 192), (x, 256)], "#7a5c40", 4)
    for i, (x, tint) in enumerate(((84, "#ff8f70"), (116, "#fff6e0"), (150, "#6fb7e0"), (184, "#f7d354"))):
        sway = 7 * sin(tau * (t * 0.55 + i * 0.13))
        top = 203 if i in (1, 2) else 200
        b.blob(
            [
                (x - 11, top),
                (x + 11, top),
                (x + 13 + sway, top + 17),
                (x + 11 + 1.6 * sway, top + 34),
                (x - 11 + 1.6 * sway, top + 33),
                (x - 9 + sway, top + 17),
            ],
            tint,
        )
        if i == 1:
            for k in (0.3, 0.65):
                b.line([(x - 10 + sway * k * 1.5, top + 34 * k), (x + 11 + sway * k * 1.5, top + 34 * k)], "#3f7fae", 3)


def draw(b: Brush, t: float, length: float) -> None:
    """Clouds hurry, grass bends, the tower grows redder."""
    with b.camera(320, between(188, 176, ramp(t, 0, length)), between(1.1, 1.02, ramp(t, 0, length))):
        b.rect(-60, -60, W + 120, H + 120, down(-20, 230, "#1f86d8", "#5fb8ee", "#c4ecfa"))
        b.glow(96, 52, 190, "#fff7cf", 0.9)
        for x, y, s, seed in (
            (60, 104, 1.0, 2),
            (300, 58, 1.5, 5),
            (540, 100, 1.1, 8),
            (200, 150, 0.6, 11),
            (640, 44, 0.9, 13),
        ):
            cloud(b, (x + t * 9 * s) % 800 - 60, y, s, "#ffffff", "#b9dcf0", seed)
        sea(b, 196, ("#2fa5c9", "#1f7fb8", "#17609f"), t, "#ffffff", 9, 120)
        _spout(b, t)
        b.poly(
            [(170, 380), (205, 330), (250, 262), (330, 236), (480, 226), (720, 232), (720, 420)],
            down(226, 300, "#d9b98c", "#7d8f4c"),
        )
        for i, (x, y, s, _) in enumerate(scatter(44, 26)):
            b.line(
                [(240 + 90 * x - 40 * y, 270 + 90 * y), (252 + 90 * x - 40 * y + 20 * s, 274 + 90 * y)],
                "#7b5746" if i % 2 else "#e8cfa2",
                2.4,
                alpha=0.6,
            )
        b.blob(
            [
                (236, 262),
                (300, 238),
                (400, 224),
                (560, 220),
                (760, 226),
                (760, 268),
                (560, 264),
                (420, 268),
                (330, 262),
                (262, 282),
            ],
            down(220, 280, "#8ed05c", "#4a9a4c"),
        )
        _tower_and_painter(b, t)
        b.blob(
            [(200, 420), (262, 318), (380, 292), (520, 286), (720, 292), (720, 420)],
            down(286, 360, "#6fbf55", "#2f7d47"),
        )
        b.blob(
            [(-70, 262), (40, 246), (170, 254), (262, 300), (330, 372), (-70, 420)],
            down(246, 360, "#79c356", "#2f7d47"),
        )
        _washing(b, t)
        grass(b, 3, 268, 130, 26, t, GREENS, -30, 190, 9)
        grass(b, 5, 366, 300, 44, t, GREENS, -30, W + 30, 12)
        for i, (x, y, s, k) in enumerate(scatter(19, 34)):
            px, py = -20 + 680 * x, 330 + 30 * y + wave(t, 2.4, 2, k)
            flower(b, px, py, 5 + 5 * s, ("#ffffff", "#ffd84a", "#ff86a0", "#b48cf2")[i % 4], "#f2a32c", 6, k)
        petals(b, 61, 22, t, (60, 10), ("#ffffff", "#ffe27a", "#ffb3c2"), 3)


def _spout(b: Brush, t: float) -> None:
    for start in (1.2, 9.4):
        share = (t - start) / 1.8
        if 0 < share < 1:
            for x, y, s, k in scatter(71, 34):
                rise = 34 * sin(tau / 2 * min(1, share * (0.7 + 0.5 * s)))
                b.circle(
                    118 + (x - 0.5) * 26 * rise / 30,
                    212 - rise * (0.3 + 0.7 * y),
                    1.6,
                    "#ffffff",
                    alpha=0.9 * (1 - share) + 0.1 * k,
                )
            b.blob([(96, 214), (108, 206), (132, 206), (146, 214)], "#2b5fa5")


def _tower_and_painter(b: Brush, t: float) -> None:
    x, foot, high = 452, 240, 166
    tower(b, x, foot, high, bands=6, fresh=0.35 + 0.5 * ramp(t, 0, 11))
    b.rect(x - 12, foot - 26, 24, 27, "#5d3a2a", 11)
    b.circle(x + 6, foot - 12, 1.8, "#ffd166")
    b.rect(520, 190, 88, 48, down(190, 238, CREAM, "#e3cfae"))
    b.poly([(508, 192), (564, 156), (620, 192)], down(156, 192, "#e0604a", "#b0403a"))
    b.rect(534, 204, 16, 16, "#6fb7e0", 2)
    b.rect(572, 204, 18, 34, "#7a4c34", 3)
    for side in (-9, 9):
        b.line([(404 + side, 244), (417 + side, 112)], "#a8773e", 3)
    for i in range(9):
        b.line([(396 + i * 1.4, 236 - i * 15), (414 + i * 1.4, 236 - i * 15)], "#c08d4d", 2.2)
    knock = ramp(t, 6.0, 6.4)
    glad = t > 8.2
    keeper(
        b,
        412,
        170,
        0.62,
        t,
        0.62 + wave(t, 1.2, 0.1),
        "awe" if 6 < t < 8.2 else ("glad" if glad else "calm"),
        tool="brush",
    )
    with b.at(382, between(158, 226, knock**2) if t < 7 else 232, 1, 150 * knock):
        b.poly([(-8, -9), (8, -9), (6, 8), (-6, 8)], "#8b97a8")
        b.oval(0, -9, 8, 2.6, RED)
    if 6.1 < t < 7.4:
        for a, c, s, _ in scatter(81, 26):
            drop = ramp(t, 6.1, 7.2)
            b.circle(380 + 46 * (a - 0.5) * drop, 166 + (40 + 40 * c) * drop, 2.6 * s + 0.8, RED)
    painted = t > 6.7
    shake = wave(t, 0.3, 4) if 7 < t < 8.6 else 0
    gull(b, 366 + shake, 222, 1.05, tint="#e2554b" if painted else "#ffffff", flap=t * 3 if 7 < t < 8.6 else None)
    if painted:
        b.oval(372, 244, 26, 4, RED, alpha=0.85)

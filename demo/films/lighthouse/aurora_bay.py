"""After the storm: the sky dances, and the whale comes to say thank you."""

from __future__ import annotations

from math import cos, pi, sin, tau

from demo.films.brush import Brush, H, W, down
from demo.films.lighthouse.cast import boat, gull, keeper, tower, whale
from demo.films.motion import between, pulse, ramp, scatter, wave
from demo.films.nature import beam, curtain, ridge, stars

SEA = 222
LEAP = (3.6, 7.2)


def draw(b: Brush, t: float, length: float) -> None:
    """One leap across the aurora; then everybody waves."""
    with b.camera(320, 180, between(1.0, 1.06, ramp(t, 0, length))):
        b.rect(-30, -30, W + 60, H + 60, down(0, SEA, "#070b2c", "#101c4c", "#1c3f6e", "#2a6f80"))
        stars(b, 5, 190, t, SEA, size=1.7)
        curtain(b, 2, 126, 120, "#b06bff", t, 0.5)
        curtain(b, 9, 150, 130, "#3dffb0", t, 0.75)
        curtain(b, 14, 176, 90, "#63f3ff", t, 0.4)
        _shooting(b, t)
        ridge(b, 22, 226, 40, 240, "#12234c", 40, 4)
        _water(b, t)
        _whale(b, t)
        _rock(b, t)
        _shore(b, t)


def _shooting(b: Brush, t: float) -> None:
    for start, x, y in ((1.2, 420, 24), (8.6, 560, 40), (9.8, 250, 20)):
        share = (t - start) / 1.1
        if 0 < share < 1:
            px, py = x - 190 * share, y + 76 * share
            b.line([(px + 60, py - 24), (px, py)], "#ffffff", 1.8, alpha=sin(pi * share))
            b.glow(px, py, 14, "#ffffff", sin(pi * share))


def _water(b: Brush, t: float) -> None:
    b.rect(-30, SEA, W + 60, H, down(SEA, H, "#2a7f8c", "#164a70", "#0a1c44", "#060d28"))
    for x, y, s, k in scatter(27, 150):
        depth = y**1.4
        tint = ("#63ffc0", "#b98bff", "#7df0ff")[int(k * 3)]
        light = max(0.0, sin(tau * (t * (0.12 + 0.2 * s) + k)))
        b.oval(
            x * W + wave(t, 5, 5, k),
            SEA + 3 + depth * (H - SEA),
            4 + 30 * depth * s,
            0.7 + 1.4 * depth,
            tint,
            alpha=0.5 * light,
            blend="screen",
        )


def _whale(b: Brush, t: float) -> None:
    start, end = LEAP
    share = (t - start) / (end - start)
    if 0 < share < 1:
        x, y = between(210, 440, share), SEA + 50 - 196 * sin(pi * share)
        with b.inside([(-40, -40), (W + 40, -40), (W + 40, SEA + 18), (-40, SEA + 18)]):
            for a, c, s, k in scatter(37, 46):
                b.circle(
                    x - 60 * cos(pi * share) * a - 40 * a,
                    y + 60 * c + 40 * k,
                    1 + 2 * s,
                    "#d9fff4",
                    alpha=0.8 * sin(pi * share),
                )
            whale(b, x, y, 1.02, t, -52 * cos(pi * share), light="#7fa8ea", dark="#27407f", shine=0.7)
    for when, x in ((start + 0.45, 235), (end - 0.4, 415)):
        burst = pulse(t, when - 0.3, when + 1.5)
        for a, c, s, k in scatter(int(x), 60):
            b.circle(
                x + 120 * (a - 0.5) * (0.4 + burst),
                SEA + 18 - 80 * burst * c * s,
                1 + 2.4 * k,
                "#e9fffa",
                alpha=0.8 * burst,
            )
        b.oval(x, SEA + 18, 70 * burst + 1, 6 * burst + 0.3, "#d4fff0", alpha=0.5 * burst)
    up = ramp(t, 8, 9.2)
    if up:
        with b.inside([(-40, -40), (W + 40, -40), (W + 40, SEA + 34), (-40, SEA + 34)]):
            whale(
                b,
                385,
                SEA + 44 - 22 * up + wave(t, 3, 2),
                0.92,
                t,
                -13,
                light="#7fa8ea",
                dark="#27407f",
                flip=False,
                shine=0.6,
            )
        b.oval(385, SEA + 34, 92, 4, "#b6ffe6", alpha=0.4 * up)
        for a, c, s, k in scatter(77, 40):
            high = (t * 0.8 + k) % 1
            b.circle(
                374 + 46 * (a - 0.5) * high,
                SEA - 14 - 58 * high * (1 - 0.3 * c),
                1 + 1.4 * s,
                "#dffff6",
                alpha=0.8 * (1 - high) * up,
            )


def _rock(b: Brush, t: float) -> None:
    b.blob(
        [(500, 300), (528, 232), (578, 206), (640, 200), (720, 230), (720, 330)], down(200, 290, "#1d2c54", "#0a122e")
    )
    beam(b, 604, 78, pi + 0.18 * sin(t * 0.5) - 0.05, 0.06, 600, "#fff0bd", 0.55)
    tower(b, 604, 208, 122, 1, 0.35)


def _shore(b: Brush, t: float) -> None:
    b.blob(
        [(-60, 290), (40, 282), (150, 292), (250, 318), (330, 372), (-60, 420)], down(282, 350, "#1b2a55", "#080f28")
    )
    boat(b, 300, 316 + wave(t, 3, 2), 0.8, wave(t, 3.6, 3), "#b04a3a", 0.6, sailor=True, dim=0.2)
    b.oval(300, 326, 44, 4, "#ffcf73", alpha=0.2)
    waving = t > 7.6
    awe = LEAP[0] < t < 7.6
    keeper(
        b,
        128,
        304,
        1.02,
        t,
        (0.8 + wave(t, 0.9, 0.1)) if waving else (0.45 if awe else 0.15),
        "awe" if awe else "glad",
        dim=0.3,
    )
    hop = abs(wave(t, 1, 7)) if waving else 0
    gull(b, 188, 290 - hop, 0.95, t * 2.5 if waving else None, tint="#f2b9b4", dim=0.22)
    b.glow(60, 282, 60, "#ffc873", 0.65 + wave(t, 0.8, 0.06))
    b.rect(54, 270, 12, 18, "#ffe0a0", 3)
    b.rect(51, 266, 18, 5, "#3a2a30", 2)

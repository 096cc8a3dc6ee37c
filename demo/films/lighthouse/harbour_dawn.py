"""Dawn in the harbour: the keeper's breakfast bun is stolen, and far out a tail says good morning."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, H, W, down, mix
from demo.films.lighthouse.cast import boat, fluke, gull, keeper
from demo.films.motion import between, pulse, ramp, scatter, wave
from demo.films.nature import cloud, glitter, ridge, sea

SEA = 214


def _houses(b: Brush, t: float) -> None:
    roofs = ("#b5546a", "#8d4a78", "#d0715f", "#7a4a86", "#c4607a")
    walls = ("#f7c9a8", "#efb3a8", "#f9dcb6", "#e7a5a8")
    for i, (a, c, s, k) in enumerate(scatter(31, 17)):
        x, width = 4 + i * 21 - 6 * a, 19 + 10 * c
        height = 24 + 34 * s
        y = SEA + 6
        b.rect(x, y - height, width, height, down(y - height, y, walls[i % 4], mix(walls[i % 4], "#a0567e", 0.55)))
        b.poly(
            [(x - 3, y - height), (x + width / 2, y - height - 13 - 6 * k), (x + width + 3, y - height)], roofs[i % 5]
        )
        for row in range(int(height // 17)):
            lit = (i + row) % 3 == 0
            b.rect(x + 5, y - height + 7 + 16 * row, 5, 7, "#fff0b0" if lit else "#8e5479", 1)
            b.rect(x + width - 9, y - height + 7 + 16 * row, 5, 7, "#fff0b0" if (i * row) % 4 == 1 else "#a3627f", 1)
    b.line(
        [(118, 168), (120 + wave(t, 4, 3), 152), (128, 138), (126 + wave(t, 5, 5), 120)],
        "#fff3ea",
        5,
        alpha=0.35,
        blur=3,
    )


def draw(b: Brush, t: float, length: float) -> None:
    """The camera glides from the town to the pier."""
    zoom = between(1.0, 1.12, ramp(t, 0, length))
    with b.camera(between(320, 350, ramp(t, 0, length)), between(180, 188, ramp(t, 0, length)), zoom):
        b.rect(-60, -60, W + 120, H + 120, down(0, SEA + 20, "#4b3f86", "#a4598f", "#f08a83", "#ffc98a", "#ffeab8"))
        sun = 188 - 20 * ramp(t, 0, length)
        b.glow(470, sun, 250, "#ffd98a", 0.85)
        b.circle(470, sun, 27, "#fff6d2")
        for x, y, s, seed in ((140, 70, 1.1, 3), (330, 52, 0.8, 4), (590, 84, 1.3, 6), (250, 112, 0.7, 9)):
            cloud(b, x + t * 2.2 * s, y, s, "#ffd7bd", "#c9718f", seed, 0.85)
        ridge(b, 12, 206, 42, 260, down(160, 220, "#9a5a93", "#d98598"), t * 1.2)
        ridge(b, 15, 214, 26, 150, "#b8668f", t * 2)
        _houses(b, t)
        sea(b, SEA, ("#f7a98c", "#b4638f", "#5a3f7c", "#3a2d5f"), t, "#ffe9c0")
        glitter(b, 470, SEA, 110, "#fff0bd", t)
        lift = pulse(t, 8.2, 11.6)
        fluke(b, 392, SEA + 22, 0.62, lift, "#3c3a78")
        if lift:
            b.oval(392, SEA + 22, 46, 3.5, "#ffeccc", alpha=0.7 * lift)
        for x, y, s, hull, phase in (
            (232, 250, 0.62, "#4f8a8b", 0.0),
            (306, 268, 0.75, "#c8553d", 0.3),
            (585, 252, 0.6, "#6f5aa8", 0.6),
        ):
            b.oval(x, y + 9 * s, 44 * s, 4, "#2a2150", alpha=0.35)
            boat(b, x, y + wave(t, 3.4, 2.4, phase), s, wave(t, 4.1, 2.5, phase), hull)
        _pier(b, t)


def _pier(b: Brush, t: float) -> None:
    for x in (368, 452, 540, 620):
        b.rect(x, 306, 13, 70, "#3a2547")
    b.rect(330, 292, 400, 18, down(292, 310, "#8a5566", "#5c3a58"))
    for x in range(336, 700, 26):
        b.line([(x, 293), (x - 3, 309)], "#452b4a", 1.4)
    b.rect(560, 268, 34, 25, down(268, 293, "#a8674f", "#6f4150"), 3)
    b.rect(600, 258, 40, 35, down(258, 293, "#94564f", "#5f3650"), 3)
    steal = t > 5.2
    mood = "cross" if 5.2 < t < 8.4 else ("awe" if t >= 8.4 else "calm")
    arm = 0.92 if 5.3 < t < 8 else (0.6 if not steal else 0.35)
    keeper(
        b,
        500,
        296,
        1.0,
        t,
        arm + (wave(t, 0.5, 0.06) if 5.3 < t < 8 else 0),
        mood,
        flip=True,
        tool="" if steal else "bun",
    )
    _thief(b, t)


def _thief(b: Brush, t: float) -> None:
    if t < 2.6:
        gull(b, 577, 250 + abs(wave(t, 1.4, 2)), 0.95, flip=True)
    elif t < 5.2:
        share = ramp(t, 2.6, 5.2)
        gull(b, between(577, 478, share), 250 - 62 * sin(tau / 2 * share) - 30 * share, 0.95, t * 3, flip=True)
    else:
        share = ramp(t, 5.2, 9)
        gull(
            b,
            between(470, 250, share),
            between(206, 120, share) + wave(t, 1.5, 6),
            0.95,
            t * 2.6,
            flip=True,
            carry="bun",
        )

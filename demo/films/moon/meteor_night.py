"""Meteors: violet sky, orange fire, and a very small umbrella."""

from __future__ import annotations

from math import cos, pi, sin, tau

from demo.films.brush import Brush, H, W, down
from demo.films.moon.cast import craters, robot, sprout
from demo.films.motion import between, pulse, ramp, scatter, wave
from demo.films.nature import ridge, stars

FALLS = (
    (0.9, 120, 238),
    (1.6, 560, 250),
    (2.3, 300, 244),
    (3.2, 60, 262),
    (3.9, 606, 292),
    (4.4, 210, 244),
    (5.3, 40, 300),
    (5.9, 590, 246),
    (6.2, 120, 246),
    (7.6, 96, 300),
    (8.1, 560, 300),
    (8.6, 300, 246),
    (9.5, 180, 246),
    (10.3, 600, 250),
    (11.2, 60, 262),
    (12.2, 330, 250),
)
HIT = 6.9
FLIGHT = 1.5
"""Seconds from the upper edge to the ground."""


def _meteor(b: Brush, t: float, start: float, x: float, y: float, size: float = 1) -> None:
    share = (t - start + FLIGHT) / FLIGHT
    if 0 < share < 1:
        px, py = x + 300 * (1 - share), y - 330 * (1 - share)
        for width, tint, alpha in ((15, "#ff5a2a", 0.35), (8, "#ffa03a", 0.7), (3, "#fff3c0", 1.0)):
            b.line(
                [(px + 100 * size, py - 110 * size), (px + 50 * size, py - 55 * size), (px, py)],
                tint,
                width * size,
                alpha=alpha,
                blend="screen",
                blur=width / 4,
            )
        b.glow(px, py, 60 * size, "#ffb04a", 0.9)
        b.circle(px, py, 6 * size, "#fff6d8")
    burst = pulse(t, start, start + 1.1)
    if burst:
        b.glow(x, y, 130 * burst * size, "#ff8a3a", burst)
        b.oval(x, y, 70 * burst * size, 13 * burst * size, "#ffd28a", width=2, alpha=burst)
        for a, c, s, k in scatter(int(x + y), 26):
            angle = pi + pi * a
            r = 90 * (t - start) * (0.4 + c) * size
            b.circle(
                x + r * cos(angle),
                y + r * sin(angle) + 40 * (t - start) ** 2,
                1.5 + 3 * s,
                "#5a3f6a" if k > 0.5 else "#ffb25a",
                alpha=burst,
            )


def draw(b: Brush, t: float, length: float) -> None:
    """The alarm blinks; at seven the big one strikes the dome; the robot opens its umbrella over the pot."""
    shake = max((pulse(t, s, s + 0.7) for s, _, _ in FALLS), default=0.0) + 2 * pulse(t, HIT, HIT + 1)
    with b.camera(
        320 + wave(t, 0.11, 2.5 * shake), 180 + wave(t, 0.13, 2.5 * shake), between(1.04, 1.16, ramp(t, 0, length))
    ):
        b.rect(-60, -60, W + 120, H + 120, down(-40, 260, "#160a38", "#3f1a6b", "#8a2f7f", "#d9586a"))
        stars(b, 9, 120, t, 220, "#ffdff6", 1.5)
        for _i, (a, c, _s, k) in enumerate(scatter(28, 26)):
            share = (t * 0.5 + k) % 1
            x, y = 720 * a + 160 - 180 * share, -30 + 150 * c + 200 * share - 90
            b.line([(x + 34, y - 37), (x, y)], "#ffc9a0", 1.8, alpha=0.8 * sin(pi * share))
        ridge(b, 5, 250, 58, 190, down(180, 260, "#5a2a6f", "#3a1a55"), 20)
        b.rect(-60, 236, W + 120, 200, down(236, 372, "#6a3a7f", "#47265f", "#26123f"))
        craters(b, 31, 18, 238, 372, "#3f2058", "#c87fb0")
        _dome(b, t)
        for start, x, y in FALLS:
            if y < 270:
                _meteor(b, t, start, x, y, 0.8)
        _pair(b, t)
        for start, x, y in FALLS:
            if y >= 270:
                _meteor(b, t, start, x, y, 1.4)
        _meteor(b, t, HIT, 424, 176, 1.5)
    b.fill("#ff2a3a", alpha=0.13 * max(0.0, sin(tau * t * 0.8)))
    b.fill("#fff0d8", alpha=0.4 * max(0.0, 1 - abs(t - HIT) * 4))


def _dome(b: Brush, t: float) -> None:
    with b.inside([(240, -20), (700, -20), (700, 268), (240, 268)]):
        b.glow(424, 250, 190, "#9fffc0", 0.45)
        b.circle(424, 268, 106, down(160, 268, "#bff5d8", "#3f9a6a"), alpha=0.5)
        for i, (a, c, s, _) in enumerate(scatter(6, 20)):
            b.circle(344 + 160 * a, 260 - 34 * c, 8 + 12 * s, ("#2f8a54", "#4fae5a", "#6fcb66")[i % 3], alpha=0.85)
        b.circle(424, 268, 106, "#e9fff4", width=3, alpha=0.9)
        for k in (-0.55, 0, 0.55):
            b.oval(424 + 0 * k, 268, 106 * abs(k) + 1, 106, "#e9fff4", width=1.5, alpha=0.5)
        if t > HIT:
            for points in (
                ((424, 176), (410, 196), (418, 210), (402, 232)),
                ((424, 176), (440, 192), (436, 208), (456, 224)),
                ((416, 190), (396, 192), (384, 204)),
            ):
                b.poly(points, "#ffffff", closed=False, width=2.4, alpha=ramp(t, HIT, HIT + 0.5))
    b.rect(312, 262, 224, 12, "#c9b8d8", 4)
    for x in (330, 518):
        on = sin(tau * t * 0.8) > 0
        b.circle(x, 258, 5, "#ff3f4a" if on else "#6a2030")
        if on:
            b.glow(x, 258, 46, "#ff3f4a", 0.9)


def _pair(b: Brush, t: float) -> None:
    dash = ramp(t, 4.6, 6.2)
    pot, x = 262, between(60, 196, dash)
    shield = ramp(t, 6.0, 6.6)
    if shield > 0.1:
        b.glow(240, 248, 150, "#8fb4ff", 0.45 * shield)
    b.oval(226, 326, 90, 9, "#180a2c", alpha=0.5)
    sprout(b, pot, 326, 1.05, t, 0.9, glad=t > 9.4)
    robot(
        b,
        x,
        324,
        1.16,
        t,
        "awe" if t < 4.6 else ("cross" if t < 9.4 else "glad"),
        0.44 * shield + 0.1,
        tool="umbrella" if shield > 0.3 else "",
        roll=x,
        dim=0.16,
        lamp=0.9,
    )
    if t > 6.6:
        for a, _c, s, k in scatter(52, 16):
            share = (t * 1.1 + k) % 1
            px = 160 + 150 * a
            b.circle(
                px + 40 * (a - 0.5) * share,
                190 - 22 * sin(pi * share) + 20 * share,
                1.4 + 2 * s,
                "#ffc07a",
                alpha=(1 - share) * 0.9,
            )

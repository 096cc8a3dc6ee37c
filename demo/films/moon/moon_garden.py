"""Many years later: a tree in bloom on the moon, and petals on their way to the Earth."""

from __future__ import annotations

from math import cos, sin, tau

from demo.films.brush import Brush, H, W, across, down, mix
from demo.films.moon.cast import craters, earth, moon_rabbit, robot
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import drift, flower, petals, ridge, stars

LEAVES = ("#ff9fc4", "#ffb8d4", "#ff8bb6", "#ffd3e4", "#f876a8")


def _limb(b: Brush, x: float, y: float, angle: float, length: float, width: float, depth: int, seed: int) -> None:
    ex, ey = x + length * cos(angle), y + length * sin(angle)
    b.line(
        [(x, y), ((x + ex) / 2 + 4 * sin(seed), (y + ey) / 2), (ex, ey)], mix("#6a3f4f", "#a86a78", 0.14 * depth), width
    )
    if depth < 4:
        for i, (a, c, _s, _) in enumerate(scatter(seed, 2 + (depth < 2))):
            turn = (i - (0.5 if depth >= 2 else 1)) * 0.75 + 0.3 * (a - 0.5)
            _limb(b, ex, ey, angle + turn, length * (0.66 + 0.14 * c), width * 0.62, depth + 1, seed * 3 + i + 1)


def _crown(b: Brush, x: float, y: float, t: float) -> None:
    for band in range(3):
        for i, (a, c, s, k) in enumerate(scatter(101 + band, 170)):
            angle, reach = tau * a, c**0.55
            px = x + (168 - 16 * band) * reach * cos(angle) + wave(t, 3.5, 2, k)
            py = y + (86 - 10 * band) * reach * sin(angle) - 9 * band + wave(t, 2.9, 1.5, k)
            shadow = 0.5 * max(0.0, sin(angle)) * reach + 0.2 * (2 - band)
            b.circle(px, py, 6.5 + 6 * s, mix(LEAVES[i % 5], "#7a2f7a", min(0.75, shadow)), alpha=0.95)
    for a, c, s, k in scatter(131, 40):
        angle = tau * a
        flower(
            b, x + 156 * c**0.6 * cos(angle), y - 12 + 74 * c**0.6 * sin(angle), 6 + 4 * s, "#fff2f8", "#ffcf5a", 5, k
        )


def draw(b: Brush, t: float, length: float) -> None:
    """The camera draws back; lanterns light one by one; three small robots and a rabbit dance."""
    with b.camera(
        between(340, 322, ramp(t, 0, length)), between(214, 178, ramp(t, 0, length)), between(1.34, 1.02, ramp(t, 0, 8))
    ):
        b.rect(-60, -60, W + 120, H + 120, down(-40, 260, "#0b1038", "#1e1f66", "#473a94", "#8f5fb0"))
        stars(b, 13, 220, t, 240, "#fff0fb", 1.7)
        for a, c, s, _ in scatter(15, 60):
            b.circle(-20 + 700 * a, 130 - 90 * a + 60 * (c - 0.5), 14 + 18 * s, "#c79aff", alpha=0.04, blur=8)
        earth(b, 548, 82, 46, t, 0.4)
        ridge(b, 5, 254, 56, 210, down(190, 260, "#6f5fa8", "#54488a"), 16)
        b.rect(-60, 240, W + 120, 200, down(240, 372, "#a99ad0", "#7d72b0", "#4a4380"))
        craters(b, 21, 16, 242, 372, "#6f639f", "#e3d9ff")
        _meadow(b, t)
        b.glow(300, 130, 260, "#ff9fd0", 0.5)
        _limb(b, 300, 300, -tau / 4, 62, 26, 0, 5)
        b.blob(
            [(268, 312), (286, 284), (290, 250), (310, 250), (316, 284), (336, 312)],
            across(268, 336, "#7a4a58", "#8f5a68", "#5a3448"),
        )
        _crown(b, 300, 118, t)
        _lanterns(b, t)
        _dancers(b, t)
        _flight(b, t)
        petals(b, 17, 60, t, (30, 17), LEAVES, 4.4)
        drift(b, 25, 46, t, (4, -6), "#fff3a0", 2, 0.8, 16, "screen")


def _meadow(b: Brush, t: float) -> None:
    for i, (a, c, s, k) in enumerate(sorted(scatter(43, 130), key=lambda row: row[1])):
        x, y = a * 740 - 50, 262 + 108 * c**1.2
        size = 0.5 + 1.1 * c
        b.line([(x, y), (x + wave(t, 2.6, 2, k), y - 14 * size)], "#58b07a", 2 * size)
        b.oval(x - 5 * size, y - 4 * size, 5 * size, 2.4 * size, "#6fc98a")
        flower(
            b,
            x + wave(t, 2.6, 2, k),
            y - 16 * size,
            (4 + 3 * s) * size,
            ("#ffd6e8", "#fff3b0", "#c9b4ff", "#9fe6ff")[i % 4],
            "#ffb84a",
            5,
            k,
        )


def _lanterns(b: Brush, t: float) -> None:
    for i, (x, y) in enumerate(((176, 160), (226, 190), (372, 188), (424, 158), (268, 206), (334, 204))):
        on = ramp(t, 1.5 + 0.9 * i, 2.2 + 0.9 * i)
        px = x + wave(t, 3, 4, 0.17 * i)
        b.line([(x, y - 34), (px, y)], "#5a3a4a", 1.2)
        b.glow(px, y + 9, 46, "#ffd27a", 0.85 * on)
        b.rect(px - 8, y, 16, 20, mix("#8a6a5a", "#ffe9a8", on), 6)
        b.rect(px - 6, y - 3, 12, 4, "#5a3a4a", 1)


def _dancers(b: Brush, t: float) -> None:
    b.oval(320, 342, 200, 9, "#2a2350", alpha=0.35)
    for i, (x, size, tint, mood) in enumerate(
        (
            (372, 1.08, "#3fb8b0", "heart"),
            (452, 0.72, "#ff8f5f", "glad"),
            (168, 0.7, "#b07fff", "glad"),
            (508, 0.56, "#ffd04a", "awe"),
        )
    ):
        px = x + wave(t, 1.4, 7, 0.25 * i)
        robot(
            b,
            px,
            340 + (4 if i else 0),
            size,
            t + i,
            mood,
            0.6 + wave(t, 0.7, 0.2, 0.2 * i),
            flip=i == 2,
            tint=tint,
            roll=px,
        )
    moon_rabbit(b, 236, 342, 0.9, t, 1, hop=abs(wave(t, 1.2, 20)))
    moon_rabbit(b, 574, 336, 0.66, t, 1, flip=True, hop=abs(wave(t + 0.4, 1.1, 14)))


def _flight(b: Brush, t: float) -> None:
    """A stream of petals from the crown to the Earth."""
    for i, (a, c, s, k) in enumerate(scatter(88, 90)):
        share = (t * 0.07 + k) % 1
        x = between(420, 548, share) + 26 * sin(3 * share + 6 * a) * (1 - share)
        y = between(100, 82, share) - 62 * sin(tau / 2 * share) + 26 * (c - 0.5) * (1 - 0.7 * share)
        b.oval(x, y, (3.6 - 2.4 * share) * (0.6 + s), (2 - 1.2 * share), LEAVES[i % 5], alpha=0.9 * ramp(t, 4, 7))

"""Under the ground for water: crystals, a torch, and somebody with long ears."""

from __future__ import annotations

from math import cos, pi, sin, tau

from demo.films.brush import Brush, H, W, down, mix
from demo.films.moon.cast import moon_rabbit, robot
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import beam, drift


def _crystal(b: Brush, x: float, y: float, high: float, lean: float, tint: str, light: float) -> None:
    wide = high * 0.2
    with b.at(x, y, 1, lean):
        b.glow(0, -high * 0.5, high * 0.9, tint, 0.35 * light)
        b.poly([(-wide, 0), (-wide * 1.15, -high * 0.68), (0, -high), (0, 0)], mix(tint, "#ffffff", 0.35 * light))
        b.poly([(wide, 0), (wide * 1.15, -high * 0.68), (0, -high), (0, 0)], mix(tint, "#140a3a", 0.35))
        b.poly(
            [
                (-wide * 0.25, -high * 0.05),
                (-wide * 0.3, -high * 0.66),
                (0, -high * 0.96),
                (wide * 0.2, -high * 0.62),
                (wide * 0.15, -high * 0.05),
            ],
            mix(tint, "#ffffff", 0.2),
            alpha=0.6,
        )
        b.line([(0, -high), (-wide * 0.3, -high * 0.66)], "#ffffff", 1.3, alpha=0.8 * light)


TINTS = ("#a56bff", "#5fd0ff", "#ff7fe0", "#6f8bff", "#5fffe0")


def _cluster(b: Brush, x: float, y: float, size: float, seed: int, t: float, up: float = 0) -> None:
    for i, (a, c, _s, k) in enumerate(scatter(seed, 6)):
        _crystal(
            b,
            x + 52 * size * (a - 0.5),
            y,
            (34 + 62 * c) * size,
            up + (a - 0.5) * 74,
            TINTS[(i + seed) % 5],
            0.7 + wave(t, 2.6, 0.3, k),
        )


def draw(b: Brush, t: float, length: float) -> None:
    """A torch in the dark; the rabbit shows itself at four; the lake of ice at eight."""
    found = ramp(t, 7.6, 9)
    with b.camera(
        between(276, 372, ramp(t, 0, 9)), between(186, 180, ramp(t, 0, 9)), between(1.16, 1.04, ramp(t, 6, length))
    ):
        b.rect(-90, -60, W + 180, H + 120, down(-20, 360, "#0a0524", "#1d0f4f", "#2f1a78", "#150a3c"))
        for i, (a, c, s, k) in enumerate(scatter(17, 22)):
            b.blob(
                [
                    (a * 760 - 80 + 60 * cos(tau * j / 7 + k), 60 + 220 * c + 44 * s * sin(tau * j / 7))
                    for j in range(7)
                ],
                ("#1a0e48", "#251560", "#170b3e")[i % 3],
                alpha=0.65,
            )
        for i, (a, c, s, k) in enumerate(scatter(23, 46)):
            b.circle(a * 740 - 50, 30 + 230 * c, 0.8 + 1.7 * s, TINTS[i % 5], alpha=0.4 + 0.5 * abs(wave(t, 3, 1, k)))
        roof = [(x, 30 + 34 * abs(sin(x / 47)) + 22 * sin(x / 19)) for x in range(-90, W + 100, 12)]
        b.poly([(-90, -80), *roof, (W + 100, -80)], "#0d0630")
        for x, y, s, seed in ((60, 46, 0.9, 3), (214, 58, 0.6, 4), (404, 46, 1.0, 6), (590, 50, 0.8, 9)):
            _cluster(b, x, y, s, seed, t, 180)
        _cluster(b, 30, 292, 1.5, 11, t)
        _cluster(b, 250, 276, 0.8, 14, t)
        _cluster(b, 636, 290, 1.7, 12, t)
        _lake(b, t, found)
        floor = [(x, 300 + 10 * sin(x / 60) + 5 * sin(x / 17)) for x in range(-90, 452, 12)]
        b.poly([(-90, 440), *floor, (476, 330), (520, 440)], down(296, 366, "#2c1a66", "#0c0530"))
        x = between(20, 300, ramp(t, 0, 8.2))
        beam(b, x + 58, 274, -0.12 + wave(t, 3, 0.1), 0.25, 330, "#fff0c0", 0.75)
        robot(b, x, 318, 1.18, t, "awe" if t > 8 else "calm", 0.24, tool="torch", roll=x, dim=0.12, lamp=0.9)
        _guide(b, t)
        _cluster(b, 110, 384, 1.3, 21, t)
        _cluster(b, -30, 376, 1.8, 22, t)
        drift(b, 7, 56, t, (3, -7), "#bfe8ff", 1.6, 0.7, 10, "screen")


def _lake(b: Brush, t: float, found: float) -> None:
    b.poly(
        [(420, 318), (760, 300), (760, 440), (430, 440)],
        down(300, 370, mix("#2a3f8f", "#9ff2ff", found), mix("#152060", "#2f7fc8", found)),
    )
    b.glow(580, 322, 230, "#8ff0ff", 0.25 + 0.65 * found)
    for a, c, s, k in scatter(35, 26):
        b.oval(
            452 + 280 * a,
            322 + 44 * c,
            6 + 22 * s,
            0.8 + c,
            "#eaffff",
            alpha=(0.25 + 0.6 * found) * abs(wave(t, 2.4, 1, k)),
        )
    for i in range(3):
        share = (t * 0.5 + i / 3) % 1
        x = 512 + 60 * i
        b.oval(x, 88 + 236 * share**2, 2, 3.6, "#dffbff")
        b.oval(x, 330, 22 * share, 5 * share, "#dffbff", width=1.2, alpha=1 - share)


def _guide(b: Brush, t: float) -> None:
    peek = ramp(t, 3.4, 4.0)
    if t < 5.4:
        if peek:
            moon_rabbit(b, 394 - 10 * peek, 306, 0.95 * peek + 0.01, t, peek, flip=True)
        return
    share = ramp(t, 5.4, 7.8)
    hops = abs(sin(pi * share * 3)) * 34
    moon_rabbit(
        b,
        between(384, 446, share),
        between(306, 312, share),
        0.98,
        t,
        hop=hops if share < 1 else abs(wave(t, 0.9, 6)),
        flip=t > 8.2,
    )

"""Grey and silent: the robot rolls out with its only seed while the Earth comes up."""

from __future__ import annotations

from demo.films.brush import Brush, H, W, down
from demo.films.moon.cast import craters, earth, robot
from demo.films.motion import between, pulse, ramp, scatter, wave
from demo.films.nature import ridge, stars

GROUND = 236


def draw(b: Brush, t: float, length: float) -> None:
    """It drives in, stops at five, digs, plants at eight and waits."""
    with b.camera(
        between(320, 344, ramp(t, 4, length)),
        between(176, 190, ramp(t, 4, length)),
        between(1.0, 1.14, ramp(t, 4, length)),
    ):
        b.rect(-60, -60, W + 120, H + 120, down(-40, 240, "#04050b", "#0a0d18", "#171c2c"))
        stars(b, 3, 230, t, 250, size=1.8)
        for x, y, s, _ in scatter(15, 90):
            b.circle(-20 + 700 * x, 40 + 90 * x + 46 * (y - 0.5), 9 + 16 * s, "#8f9fd0", alpha=0.035, blur=6)
        earth(b, 452, between(238, 108, ramp(t, -1, length)), 62, t)
        ridge(b, 5, 246, 62, 210, down(180, 250, "#6f7480", "#454a56"), 8 * t * 0.2, 4)
        ridge(b, 8, 250, 34, 120, down(210, 260, "#8b909a", "#5c616c"), 14 * t * 0.2, 3)
        b.rect(-60, GROUND, W + 120, 200, down(GROUND, H, "#b9bdc4", "#8f949e", "#5a5f6b"))
        craters(b, 21, 24, GROUND, 372, "#7b808b", "#e6e9ee")
        _flag(b, t)
        _lander(b)
        drive = between(-60, 330, ramp(t, 0, 5))
        for k in range(40):
            x = -60 + 11 * k
            if x < drive - 20:
                for y in (322, 334):
                    b.line([(x, y), (x + 6, y + 1)], "#6b707c", 2.4)
        _dust(b, t, drive)
        b.oval(drive + 8, 330, 46, 7, "#2a2e38", alpha=0.55)
        tool = "shovel" if 5.4 < t < 8 else ("seed" if t < 9.2 else "")
        arm = 0.34 + (wave(t, 0.7, 0.14) if 5.4 < t < 8 else 0.0) - 0.14 * ramp(t, 8.2, 9)
        robot(b, drive, 328, 1.18, t, "glad" if t > 9.2 else "calm", arm, tool=tool, roll=drive)
        if t > 5.6:
            grow = ramp(t, 5.6, 8)
            b.oval(388, 330, 17 * grow, 6 * grow, "#4a4e5a")
            b.blob([(404 - 6 * grow, 331), (414, 331 - 15 * grow), (432, 331)], "#a3a8b2")
        if t > 9.2:
            b.glow(388, 327, 40, "#b6ff8a", 0.5 + wave(t, 1.4, 0.2))


def _flag(b: Brush, t: float) -> None:
    b.line([(96, 286), (96, 226)], "#d8dce4", 2.4)
    b.blob([(97, 226), (118, 229 + wave(t, 3, 1)), (138, 226), (138, 250), (118, 253), (97, 250)], "#58b86a")
    b.blob([(117, 247), (106, 236), (110, 230), (117, 234), (124, 230), (128, 236)], "#f6fff0")


def _lander(b: Brush) -> None:
    with b.at(560, 282, 1.0):
        for side in (-1, 1):
            b.line([(20 * side, -14), (42 * side, 12)], "#9aa2b0", 4)
            b.oval(43 * side, 14, 9, 3, "#c8ced8")
        b.blob([(-30, -14), (-24, -56), (0, -72), (24, -56), (30, -14)], down(-70, -14, "#f6f7f9", "#a3abb8"))
        b.rect(-31, -22, 62, 13, "#d9a441", 4)
        b.circle(0, -44, 10, "#2d3f66")
        b.circle(-3, -47, 3, "#bfe0ff")
        b.line([(0, -72), (0, -86)], "#c8ced8", 2)
        b.circle(0, -88, 3, "#ff6a5a")


def _dust(b: Brush, t: float, drive: float) -> None:
    moving = 1 - ramp(t, 4, 5) + 0.9 * pulse(t, 5.4, 8)
    for a, c, s, k in scatter(44, 34):
        share = (t * 0.8 + k) % 1
        x = drive - 26 - 66 * share * (0.3 + a) if t < 5 else 392 + 60 * (a - 0.5) * share
        b.circle(x, 328 - 36 * share * c, 1.5 + 5 * share * s, "#d6dae2", alpha=0.55 * (1 - share) * moving)

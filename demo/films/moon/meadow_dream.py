"""The battery runs low, and the robot dreams of a meadow it has never seen."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, H, W, down
from demo.films.moon.cast import robot, sprout
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import cloud, flower, grass, ridge, tuft

FIELD = ("#d9e84a", "#b4d93f", "#8fc63f", "#e9f07a")


def _kite(b: Brush, x: float, y: float, t: float, tints: tuple[str, str], hand: tuple[float, float]) -> None:
    b.line([(x, y), ((x + hand[0]) / 2, (y + hand[1]) / 2 + 26), hand], "#ffffff", 1.2, alpha=0.9)
    with b.at(x, y, 1, 18 + wave(t, 2.3, 10)):
        b.poly([(0, -30), (21, 0), (0, 34), (-21, 0)], tints[0])
        b.poly([(0, -30), (21, 0), (0, 0)], tints[1])
        b.poly([(0, 34), (-21, 0), (0, 0)], tints[1])
        for k in range(1, 5):
            px = wave(t, 1.1, 5, 0.17 * k)
            b.poly(
                [(px - 6, 36 + 14 * k), (px + 6, 30 + 14 * k), (px + 6, 42 + 14 * k), (px - 6, 36 + 14 * k - 6)],
                tints[k % 2],
            )


def _windmill(b: Brush, x: float, y: float, t: float) -> None:
    b.poly([(x - 17, y), (x - 10, y - 62), (x + 10, y - 62), (x + 17, y)], "#fff2d6")
    b.poly([(x - 13, y - 61), (x, y - 80), (x + 13, y - 61)], "#e0704a")
    b.rect(x - 5, y - 18, 10, 18, "#a8623a", 4)
    for k in range(4):
        with b.at(x, y - 62, 1, 360 * (t * 0.12 + k / 4)):
            b.rect(-2, -48, 4, 46, "#8a5a3a")
            b.rect(2, -48, 12, 38, "#fffaf0", 1, alpha=0.95)


def draw(b: Brush, t: float, length: float) -> None:
    """A soft white border tells that it is a dream; at ten it thins and a low battery blinks."""
    with b.camera(between(300, 344, ramp(t, 0, length)), between(184, 176, ramp(t, 0, length)), 1.08):
        b.rect(-60, -60, W + 120, H + 120, down(-20, 250, "#58c4f0", "#9fe0f5", "#e9f8dc", "#fff6c0"))
        b.glow(520, 54, 230, "#fff6b0", 0.95)
        b.circle(520, 54, 30, "#fffce0")
        for x, y, s, seed in ((70, 86, 1.4, 2), (280, 58, 1.0, 6), (410, 120, 0.8, 9), (640, 130, 1.3, 12)):
            cloud(b, (x + 7 * t * s) % 780 - 60, y, s, "#ffffff", "#ffe3d0", seed)
        ridge(b, 4, 230, 50, 330, "#a9dcb0", 6 + t)
        ridge(b, 9, 246, 40, 260, "#c5e08a", 10 + 2 * t)
        _windmill(b, 470, 226, t)
        ridge(b, 13, 268, 34, 340, down(230, 300, "#e6e46a", "#b8d44f"), 14 + 3 * t)
        for i, (a, c, _, _) in enumerate(scatter(91, 60)):
            b.circle(700 * a - 20, 262 + 26 * c, 1.6 + 2 * s, ("#ff8f5f", "#ffffff", "#ff6f8f", "#b58cff")[i % 4])
        for x, y, r in ((40, 236, 46), (92, 250, 30), (606, 238, 40)):
            b.rect(x - 4, y, 8, 40, "#8a5f3a", 3)
            tuft(b, x, y - 10, r, "#4f9a3f", "#c4ea6a", int(x))
        b.blob(
            [(-80, 310), (120, 276), (330, 290), (520, 272), (730, 296), (730, 430), (-80, 430)],
            down(274, 360, "#d3e24a", "#7fb53a"),
        )
        grass(b, 5, 318, 240, 30, t, FIELD, -40, W + 40, 12)
        spin = wave(t, 2.2, 8) if t > 4 else 0
        hand = (396 + spin, 262)
        _kite(b, 470 + wave(t, 3.4, 26), 96 + wave(t, 2.7, 15), t, ("#ff6f5f", "#ffd24a"), hand)
        _kite(b, 180 + wave(t, 3.9, 22, 0.3), 112 + wave(t, 3.1, 12), t, ("#5f8fff", "#bfe4ff"), (262, 292))
        robot(b, 356 + spin, 326, 1.24, t, "glad", 0.62 + wave(t, 1.2, 0.06), hat=True, roll=4 * t, lamp=0.2)
        with b.at(250, 322 - abs(wave(t, 0.9, 12))):
            sprout(b, 0, 0, 1.15, 2 * t, 1, pot=False)
            for side in (-6, 6):
                b.line([(side * 0.4, -1), (side, 9)], "#5fbf4a", 4)
        for i, (a, c, s, k) in enumerate(scatter(19, 44)):
            flower(
                b,
                720 * a - 40 + wave(t, 2.4, 3, k),
                346 + 24 * c,
                6 + 6 * s,
                ("#ffffff", "#ff7f6a", "#ffb4d0", "#ffe04a", "#a98cff")[i % 5],
                "#f2a32c",
                6,
                k,
            )
        grass(b, 8, 372, 260, 40, t, FIELD, -40, W + 40, 14)
        _seeds(b, t)
    _border(b, t)


def _seeds(b: Brush, t: float) -> None:
    for a, c, s, k in scatter(63, 26):
        x = (a * W + 40 * t * (0.5 + s)) % (W + 60) - 30
        y = (c * 260 - 9 * t + 12 * sin(tau * (t * 0.2 + k))) % 300
        for ray in range(5):
            b.line([(x, y), (x + (ray - 2) * 2.6 * (0.6 + s), y - 6 * (0.6 + s))], "#ffffff", 1, alpha=0.9)
        b.line([(x, y), (x - 1, y + 6)], "#c9b48a", 1)


def _border(b: Brush, t: float) -> None:
    with b.layer(0.92, 16):
        for i, (a, c, s, _) in enumerate(scatter(7, 40)):
            angle = tau * i / 40 + 0.02 * t
            b.circle(
                W / 2 + 372 * sin(angle), H / 2 - 226 * sin(angle + tau / 4), 30 + 30 * a + 6 * c + 4 * s, "#fffdf2"
            )
    low = ramp(t, 9.6, 10.4)
    if low:
        b.fill("#0a1024", alpha=0.5 * low)
        on = 1.0 if t % 0.8 < 0.5 else 0.25
        b.rect(286, 158, 62, 32, "#ff5f5a", 6, width=4, alpha=low * on)
        b.rect(350, 167, 7, 14, "#ff5f5a", 2, alpha=low * on)
        b.rect(292, 164, 11, 20, "#ff5f5a", 2, alpha=low * on)

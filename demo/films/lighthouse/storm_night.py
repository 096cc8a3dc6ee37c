"""The storm: one small lantern on huge waves, and at the worst moment the great light goes out."""

from __future__ import annotations

from math import pi

from demo.films.brush import Brush, H, W, down
from demo.films.lighthouse.cast import boat, tower
from demo.films.motion import pulse, ramp, scatter, wave
from demo.films.nature import beam, cloud, rain, swell

STRIKES = (1.5, 4.6, 6.2, 9.5)


def _flash(t: float) -> float:
    return max((max(0.0, 1 - abs(t - s) * 3.2) for s in STRIKES), default=0.0)


def _bolt(b: Brush, x: float, seed: int, light: float) -> None:
    points, y, px = [(x, -10.0)], -10.0, x
    for a, c, _, _ in scatter(seed, 9):
        y, px = y + 14 + 12 * c, px + 46 * (a - 0.5)
        points.append((px, y))
    for width, tint, alpha in ((16, "#9db4ff", 0.25), (6, "#cfd9ff", 0.5), (2.4, "#ffffff", 1.0)):
        b.poly(
            points,
            tint,
            closed=False,
            width=width,
            alpha=alpha * light,
            blur=width / 3 if width > 3 else 0,
            blend="screen",
        )
    b.poly(
        [points[4], (points[4][0] + 30, points[4][1] + 22), (points[4][0] + 38, points[4][1] + 52)],
        "#ffffff",
        closed=False,
        width=1.5,
        alpha=light,
    )
    b.glow(x, 60, 260, "#8ea2ff", 0.55 * light)


def draw(b: Brush, t: float, length: float) -> None:
    """The camera rides the waves; the beam turns until second seven."""
    flash, lit = _flash(t), 1 - ramp(t, 6.9, 7.1)
    if 6.2 < t < 6.9:
        lit = 0.35 + 0.65 * (int(t * 9) % 2)
    with b.camera(320 + wave(t, 3.1, 7), 180 + wave(t, 2.3, 6), 1.09, wave(t, 4, 1.5)):
        b.rect(-60, -60, W + 120, H + 120, down(0, 260, "#070a1c", "#141c3a", "#34466e"))
        for i, (x, y, s, seed) in enumerate(
            (
                (60, 46, 2.2, 1),
                (260, 30, 2.8, 2),
                (470, 52, 2.4, 3),
                (640, 34, 2.6, 4),
                (350, 92, 1.7, 6),
                (120, 104, 1.6, 7),
            )
        ):
            cloud(
                b, (x - t * (7 + 2 * i)) % 860 - 100, y, s, "#3a4668" if not flash else "#8795c8", "#0f1530", seed, 0.8
            )
        for strike, x, seed in zip(STRIKES, (520, 236, 590, 300), (5, 6, 8, 9), strict=True):
            light = max(0.0, 1 - abs(t - strike) * 3.2)
            if light > 0.05:
                _bolt(b, x, seed, light)
        swell(b, 238, 16, 240, down(215, 300, "#2b3b63", "#131b38"), t, 34, 2, "#7d8fbd")
        _rock(b, t, lit, flash)
        swell(b, 262, 24, 300, down(230, 340, "#24406a", "#0d1530"), t, 60, 4, "#9fb2d8")
        rise = wave(t, 3.2, 17)
        boat(b, 400 + wave(t, 5, 14), 262 + rise, 0.95, wave(t, 2.6, 15, 0.1), "#b04a3a", 0.8, sailor=True, dim=0.25)
        swell(b, 300, 30, 340, down(260, 380, "#1d3f66", "#081022"), t, 95, 6, "#c6d4ee")
        swell(b, 348, 26, 270, down(320, 390, "#14304f", "#050a18"), t, 130, 8, "#e1eaf8")
    rain(b, 3, 190, t, -0.42, 760, "#bccbf0", 22, 0.42)
    rain(b, 4, 60, t, -0.42, 980, "#dbe5ff", 34, 0.4, 1.6)
    if flash:
        b.fill("#b9c6ff", alpha=0.16 * flash, blend="screen")
    b.fill("#02040c", alpha=0.38 * ramp(t, 7, 7.6) - 0.1 * pulse(t, 9.2, 10.2))


def _rock(b: Brush, t: float, lit: float, flash: float) -> None:
    b.blob(
        [(-60, 360), (-20, 236), (60, 204), (112, 196), (160, 214), (206, 268), (240, 360)],
        down(196, 330, "#39435f" if flash else "#1c2440", "#0a0e1e"),
    )
    if lit > 0.03:
        angle = t * 1.25
        for k in (0, pi):
            beam(b, 110, 62, angle + k, 0.13, 640, "#ffe9ae", 0.85 * lit)
    tower(b, 110, 206, 132, lit, 0.62 - 0.4 * flash)
    b.rect(110 - 8, 186, 16, 20, "#0d1122", 8)
    for i, (a, c, s, _) in enumerate(scatter(33, 36)):
        burst = pulse((t + 0.9 * (i % 3)) % 2.7, 0, 1.6)
        b.circle(186 + 60 * a, 262 - 92 * burst * c, 1.2 + 2.4 * s, "#e6eefb", alpha=0.75 * burst)

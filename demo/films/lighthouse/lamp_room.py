"""Inside the lamp room: wrench, cogs, a borrowed bulb, and light."""

from __future__ import annotations

from math import cos, sin, tau

from demo.films.brush import Brush, H, W, across, down, mix, radial
from demo.films.lighthouse.cast import bulb, gull, keeper, lens
from demo.films.motion import between, ramp, scatter, wave
from demo.films.nature import drift, rain

ON = 8.0


def _cog(b: Brush, x: float, y: float, radius: float, turn: float, tint: str, teeth: int = 12) -> None:
    points = []
    for i in range(teeth * 4):
        reach = radius * (1.0 if i % 4 in (0, 1) else 0.84)
        angle = tau * (i / (teeth * 4) + turn)
        points.append((x + reach * cos(angle), y + reach * sin(angle)))
    b.poly([(px + 2, py + 3) for px, py in points], "#1a0f0a", alpha=0.45, blur=3)
    b.poly(
        points,
        radial(
            x - radius * 0.3, y - radius * 0.4, radius * 1.6, mix(tint, "#fff0c0", 0.4), tint, mix(tint, "#2a140a", 0.6)
        ),
    )
    b.circle(x, y, radius * 0.66, mix(tint, "#2a140a", 0.45), width=2)
    for k in range(5):
        angle = tau * (k / 5 + turn)
        b.circle(x + radius * 0.45 * cos(angle), y + radius * 0.45 * sin(angle), radius * 0.13, "#2b180f")
    b.circle(x, y, radius * 0.17, "#3a2417")


def draw(b: Brush, t: float, length: float) -> None:
    """Dark and brown until second eight, then gold."""
    light = ramp(t, ON, ON + 0.35)
    spark = light or (0.5 if 6.6 < t < 6.9 else 0.0)
    with b.camera(
        between(310, 336, ramp(t, 0, 11)),
        between(186, 178, ramp(t, 0, 11)),
        between(1.14, 1.02, ramp(t, ON - 1, length)),
    ):
        wall = [mix(a, c, spark) for a, c in (("#2c1a12", "#c98a3e"), ("#4a2b1a", "#e8b257"), ("#2a170f", "#a4622a"))]
        b.rect(-60, -60, W + 120, H + 120, across(-20, W + 20, *wall))
        for x in range(-40, W + 60, 34):
            b.line([(x, -40), (x, 300)], "#1c0f09", 2, alpha=0.35)
        _window(b, t)
        _shelf(b)
        turn = 0.02 * t if t < ON else 0.02 * ON + 0.16 * (t - ON)
        _cog(b, 92, 250, 58, turn, "#9a6a32")
        _cog(b, 172, 206, 36, -turn * 58 / 36 + 0.04, "#b8843c", 9)
        _cog(b, 168, 300, 44, -turn * 58 / 44, "#7f5227", 10)
        b.rect(-60, 318, W + 120, 110, down(318, 380, mix("#5d3720", "#a8692f", light), "#23120a"))
        for x in range(-40, W + 60, 58):
            b.line([(x, 319), (x - 26, 376)], "#1c0f09", 1.6, alpha=0.5)
        _lamp(b, light, spark)
        b.glow(270, 292, 150, "#ffb45a", 0.65 * (1 - 0.5 * light) + wave(t, 0.7, 0.05))
        _lantern(b, 268, 300)
        happy = t > ON
        keeper(
            b,
            322,
            326,
            1.34,
            t,
            0.86 if happy else 0.5 + (wave(t, 0.6, 0.05) if t < 4.4 else 0.08),
            "glad" if happy else ("cross" if t < 4.4 else "awe"),
            tool="wrench" if t < 4.4 else "",
        )
        _helper(b, t, light)
        drift(b, 21, 60, t, (3, -4), "#ffd99a", 1.5, 0.25 + 0.4 * light, 12, "screen")
    if light:
        b.glow(474, 168, 520, "#ffe6a0", 0.55 * light)
    b.fill("#120804", alpha=0.3 * (1 - spark), blend="over")


def _window(b: Brush, t: float) -> None:
    b.circle(206, 92, 62, "#1a0f0a")
    with b.inside(oval=(206, 92, 54, 54)):
        b.rect(140, 30, 130, 130, down(30, 150, "#0d1430", "#24345e", "#16213f"))
        rain(b, 12, 150, t, -0.35, 500, "#a9bce6", 16, 0.7)
        b.blob(
            [
                (140, 128),
                (170, 118 + wave(t, 2, 4)),
                (206, 130),
                (240, 116 - wave(t, 2, 4)),
                (280, 128),
                (280, 170),
                (140, 170),
            ],
            "#101b38",
        )
        if abs(t - 3.4) < 0.4:
            b.fill("#cfd8ff", alpha=0.7)
    b.circle(206, 92, 57, "#a87838", width=8)
    b.line([(206, 36), (206, 148)], "#a87838", 4)
    b.line([(150, 92), (262, 92)], "#a87838", 4)


def _shelf(b: Brush) -> None:
    for y in (92, 150):
        b.rect(10, y, 112, 6, "#6b4425")
    for i, (x, tint) in enumerate(((22, "#c75b4a"), (44, "#5f8f86"), (66, "#e0b050"), (92, "#7a6aa0"))):
        b.rect(x, 66 - 4 * (i % 2), 14, 26 + 4 * (i % 2), tint, 3)
        b.rect(x + 3, 60 - 4 * (i % 2), 8, 8, mix(tint, "#20100a", 0.5), 2)
    for i in range(9):
        b.rect(18 + 10 * i, 120 + 5 * (i % 3), 8, 30 - 5 * (i % 3), ("#8c3f38", "#3f6b70", "#c79a4a")[i % 3], 1)


def _lantern(b: Brush, x: float, y: float) -> None:
    b.rect(x - 9, y - 14, 18, 24, "#ffcf73", 3)
    b.glow(x, y, 30, "#fff0b0", 0.9)
    b.rect(x - 11, y - 19, 22, 6, "#5a3a20", 2)
    b.rect(x - 11, y + 9, 22, 6, "#5a3a20", 2)
    b.arc(x, y - 19, 8, 9, 180, 180, "#5a3a20")


def _lamp(b: Brush, light: float, spark: float) -> None:
    b.poly([(420, 330), (446, 252), (502, 252), (528, 330)], across(420, 528, "#8a5c2c", "#e0b060", "#6a4220"))
    b.rect(430, 244, 88, 12, "#c79548", 4)
    lens(b, 474, 168, 78, spark)
    bulb(b, 474, 164, 1.7, spark if spark else 0.0)
    if light:
        for i in range(14):
            a = tau * i / 14 + 0.1
            b.poly(
                [
                    (474, 168),
                    (474 + 520 * cos(a - 0.07), 168 + 520 * sin(a - 0.07)),
                    (474 + 520 * cos(a + 0.07), 168 + 520 * sin(a + 0.07)),
                ],
                radial(474, 168, 420, "#fff4c8", "#ffe09000"),
                alpha=0.3 * light,
                blend="screen",
            )


def _helper(b: Brush, t: float, light: float) -> None:
    if t < 3.4:
        gull(b, 586, 304, 1.3, flip=True, hat=True)
        return
    if t < 6.4:
        share = ramp(t, 3.8, 6.0)
        gull(
            b,
            between(640, 430, share),
            between(110, 190, share) + wave(t, 0.9, 6),
            1.3,
            t * 3,
            flip=True,
            carry="bulb",
            hat=True,
        )
        return
    hop = abs(sin(t * 7)) * 14 if light else 0
    gull(b, 580, 304 - hop, 1.3, t * 3 if light else None, flip=True, hat=True)
    for x, y, s, k in scatter(91, 8):
        if light:
            b.star(560 + 60 * x, 240 + 40 * y - 12 * ((t + k) % 1), 2 + 3 * s, "#fff2b0", tips=4, inner=0.3, alpha=0.8)

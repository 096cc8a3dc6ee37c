"""Who plays: the robot Xiaoluo with a bulb on its antenna, the sprout Doudou, a moon rabbit, the Earth."""

from __future__ import annotations

from math import cos, sin, tau

from demo.films.brush import Brush, across, down, mix, radial
from demo.films.motion import scatter, wave

STEEL, TEAL = "#eef1f4", "#3fb8b0"


def robot(
    b: Brush,
    x: float,
    y: float,
    scale: float = 1,
    t: float = 0,
    mood: str = "calm",
    arm: float = 0.1,
    flip: bool = False,
    tool: str = "",
    lamp: float = 0.6,
    hat: bool = False,
    roll: float = 0,
    dim: float = 0,
    tint: str = TEAL,
) -> None:
    """The robot on its tracks, about 92 tall; roll = how far it has driven, for the wheels."""
    white, shade, band = mix(STEEL, "#10142c", dim), mix("#aab4c4", "#0c1024", dim), mix(tint, "#0c1230", dim)
    with b.at(x, y, scale, wave(t, 2.4, 1), flip):
        b.rect(-27, -16, 54, 16, mix("#39404f", "#070a18", dim), 8)
        for k in (-18, -6, 6, 18):
            b.circle(k, -8, 5, mix("#7d8796", "#10142c", dim))
            angle = roll / 8 + k
            b.line([(k, -8), (k + 4 * cos(angle), -8 + 4 * sin(angle))], "#2a303c", 1.6)
        b.rect(-21, -46, 42, 32, across(-21, 21, white, white, shade), 9)
        b.rect(-21, -33, 42, 6, band)
        b.circle(-8, -39, 2.4, "#ff7a6a")
        b.circle(0, -39, 2.4, "#ffd15a")
        b.rect(6, -41, 10, 5, "#7ff0c0", 2)
        angle = tau * (0.22 - 0.5 * arm)
        hand = (20 + 25 * cos(angle), -38 + 25 * sin(angle))
        b.line([(-19, -38), (-29, -30), (-27, -20)], shade, 6)
        b.line([(19, -38), hand], shade, 6)
        b.circle(*hand, 5, band)
        _tool(b, tool, hand, t)
        head = -66 + wave(t, 1.7, 1)
        b.line([(0, head - 18), (wave(t, 1.1, 2), head - 34)], shade, 2.6)
        b.glow(wave(t, 1.1, 2), head - 36, 34, "#ffe27a", lamp)
        b.circle(wave(t, 1.1, 2), head - 36, 4.6, mix("#b89a5a", "#fff2b0", lamp))
        b.rect(-27, head - 20, 54, 39, across(-27, 27, white, white, shade), 17)
        b.rect(-21, head - 13, 42, 25, "#15213a", 11)
        _eyes(b, mood, head, t)
        if hat:
            b.oval(0, head - 17, 38, 7, "#e9c46a")
            b.blob([(-19, head - 18), (-15, head - 34), (0, head - 38), (15, head - 34), (19, head - 18)], "#f1d488")
            b.line([(-19, head - 20), (0, head - 17), (19, head - 20)], "#e2604a", 4)


def _eyes(b: Brush, mood: str, head: float, t: float) -> None:
    tint = {"cross": "#ff9a5a", "sad": "#7fb4ff"}.get(mood, "#7ff5e6")
    blink = mood == "calm" and t % 3.3 < 0.14
    for side in (-9, 9):
        y = head - 1
        if mood == "glad":
            b.arc(side, y + 2, 5, 6, 200, 140, tint, width=2.6)
        elif mood == "sleep" or blink:
            b.line([(side - 4.5, y), (side, y + 1.6), (side + 4.5, y)], tint, 2.4)
        elif mood == "heart":
            b.blob(
                [
                    (side, y + 6),
                    (side - 6, y - 1),
                    (side - 3, y - 5),
                    (side, y - 2),
                    (side + 3, y - 5),
                    (side + 6, y - 1),
                ],
                "#ff7f9f",
            )
        else:
            b.oval(side, y, 4.6, 6.6 if mood == "awe" else 5.2, tint)
            if mood in ("cross", "sad"):
                tilt = 3 if mood == "cross" else -3
                b.line(
                    [
                        (side - 6, y - 6 - tilt * (1 if side > 0 else -1)),
                        (side + 6, y - 6 + tilt * (1 if side > 0 else -1)),
                    ],
                    "#15213a",
                    5,
                )
        b.glow(side, y, 12, tint, 0.5)
    for side in (-17, 17):
        b.oval(side, head + 7, 3.4, 2.2, "#ff8fa0", alpha=0.75)


def _tool(b: Brush, tool: str, hand: tuple[float, float], t: float) -> None:
    x, y = hand
    if tool == "can":
        b.rect(x - 2, y - 8, 20, 18, "#e86a5a", 3)
        b.arc(x + 6, y - 8, 9, 8, 180, 180, "#b8483e", width=3)
        b.poly([(x + 16, y + 4), (x + 33, y - 9), (x + 37, y - 4), (x + 18, y + 10)], "#e86a5a")
    if tool == "umbrella":
        b.line([(x, y), (x, y - 62)], "#8a93a5", 3)
        b.blob(
            [
                (x - 82, y - 46),
                (x - 52, y - 82),
                (x, y - 98),
                (x + 52, y - 82),
                (x + 82, y - 46),
                (x + 42, y - 56),
                (x, y - 50),
                (x - 42, y - 56),
            ],
            across(x - 80, x + 80, "#6f8fe8", "#4f6fd0", "#38509f"),
        )
        for k in (-40, 0, 40):
            b.line([(x + k, y - 53), (x + k * 0.5, y - 76), (x, y - 98)], "#a8c0ff", 1.3, alpha=0.7)
    if tool == "torch":
        b.rect(x - 3, y - 5, 18, 9, "#5a6474", 3)
        b.glow(x + 18, y, 26, "#fff3c0", 0.9)
    if tool == "seed":
        b.glow(x + 2, y - 9, 22, "#b6ff8a", 0.8)
        b.oval(x + 2, y - 9, 4, 5.6, "#d9c27a")
    if tool == "shovel":
        b.line([(x - 3, y - 22), (x + 6, y + 22)], "#a8773e", 3)
        b.blob([(x, y + 18), (x + 12, y + 18), (x + 12, y + 32), (x + 7, y + 38), (x + 2, y + 32)], "#c0c8d4")


def sprout(
    b: Brush, x: float, y: float, size: float, t: float, grown: float = 1, glad: bool = True, pot: bool = True
) -> None:
    """Doudou: two leaves with a face between them, in an orange pot with y as its foot."""
    with b.at(x, y, size):
        top = -24 if pot else 0
        stem = 26 * grown
        sway = wave(t, 1.6, 4) * grown
        if grown > 0.02:
            b.line([(0, top), (sway * 0.4, top - stem * 0.5), (sway, top - stem)], "#5fbf4a", 5)
            for side in (-1, 1):
                with b.at(sway, top - stem, grown, side * (-14 + wave(t, 1.6, 8))):
                    b.blob(
                        [(0, 0), (side * 10, -13), (side * 30, -15), (side * 24, -1), (side * 10, 3)],
                        "#7fdc5a" if side < 0 else "#66c84c",
                    )
            b.circle(sway, top - stem, 11 * grown, "#a4ec6e")
            for side in (-4, 4):
                if glad:
                    b.arc(sway + side * grown, top - stem, 2.6, 2.6, 200, 140, "#2a4a20", width=1.7)
                else:
                    b.circle(sway + side * grown, top - stem - 0.6, 1.7, "#2a4a20")
            b.arc(sway, top - stem + (3 if glad else 6), 2.6, 2.2, 20 if glad else 200, 140, "#2a4a20", width=1.5)
        if pot:
            b.poly([(-17, -22), (17, -22), (12, 0), (-12, 0)], across(-16, 16, "#f0925a", "#c9643a"))
            b.rect(-20, -28, 40, 8, "#f5a46a", 3)


def moon_rabbit(
    b: Brush, x: float, y: float, scale: float, t: float, light: float = 1, flip: bool = False, hop: float = 0
) -> None:
    """A small shining rabbit, side view, looking right."""
    b.glow(x, y - 18 * scale - hop, 80 * scale, "#d6f2ff", 0.7 * light)
    with b.at(x, y - hop, scale, -0.6 * hop, flip):
        b.circle(-24, -13, 7, "#ffffff")
        b.blob([(-24, -10), (-16, -28), (6, -30), (18, -16), (14, 0), (-18, 0)], down(-30, 0, "#ffffff", "#c8dcf4"))
        for k, lean in ((8, -4), (17, 3)):
            b.blob(
                [
                    (k - 4, -38),
                    (k + lean - 6, -62),
                    (k + lean, -66 + wave(t, 2, 1.5)),
                    (k + lean + 4, -60),
                    (k + 4, -38),
                ],
                "#ffffff",
            )
            b.line([(k, -42), (k + lean, -58)], "#ffb6c8", 3)
        b.circle(14, -32, 13, "#ffffff")
        b.circle(19, -34, 2.6, "#2a2a4a")
        b.circle(22, -28, 2.6, "#ff9fb4", alpha=0.8)
        b.circle(27, -31, 1.4, "#ff8fa0")


def earth(b: Brush, x: float, y: float, radius: float, t: float, night: float = 0.62) -> None:
    """The Earth with seas, lands, clouds and a night side."""
    b.glow(x, y, radius * 1.75, "#6fb8ff", 0.75)
    b.circle(x, y, radius, radial(x - radius * 0.3, y - radius * 0.3, radius * 1.4, "#7fd4ff", "#2f86dc", "#164a9f"))
    with b.inside(oval=(x, y, radius, radius)):
        for i, (a, c, s, k) in enumerate(scatter(8, 9)):
            px = x + ((a * 2.6 + 0.012 * t) % 2.6 - 1.3) * radius
            py = y + (c * 1.7 - 0.85) * radius
            shape = [
                (
                    px + radius * (0.16 + 0.3 * s * (0.6 + 0.4 * sin(3 * j + i))) * cos(tau * j / 9),
                    py + radius * (0.1 + 0.2 * k) * sin(tau * j / 9),
                )
                for j in range(9)
            ]
            b.blob(shape, ("#6fc06a", "#8fcf6f", "#d9c78a")[i % 3])
        for a, c, s, k in scatter(18, 15):
            px = x + ((a * 2.6 + 0.03 * t) % 2.6 - 1.3) * radius
            b.oval(
                px,
                y + (c * 1.9 - 0.95) * radius,
                radius * (0.14 + 0.3 * s),
                radius * (0.03 + 0.05 * k),
                "#ffffff",
                alpha=0.75,
                blur=radius / 30,
            )
        b.circle(x + radius * 0.55, y + radius * 0.4, radius * 1.2, "#050a24", alpha=night, blur=radius * 0.25)


def craters(
    b: Brush, seed: int, count: int, top: float, bottom: float, dark: str, light: str, shift: float = 0
) -> None:
    """Rings on the ground that flatten towards the horizon."""
    rows = sorted(scatter(seed, count), key=lambda row: row[1])
    for x, y, s, _ in rows:
        depth = y**1.3
        px, py = (x * 900 - 130 - shift * (0.2 + depth)), top + 6 + depth * (bottom - top)
        rx = (6 + 44 * s) * (0.25 + depth)
        b.oval(px, py, rx, rx * 0.3, dark, alpha=0.7)
        b.oval(px + rx * 0.06, py + rx * 0.07, rx * 0.86, rx * 0.22, mix(dark, "#000000", 0.35), alpha=0.6)
        b.arc(px, py, rx, rx * 0.3, 10, 160, light, width=1.4, alpha=0.8)

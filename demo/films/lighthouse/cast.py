"""Who plays: the keeper A-Deng, the gull Baozi, the young whale with a star on its cheek, a boat, the tower."""

from __future__ import annotations

from math import cos, sin, tau

from demo.films.brush import Brush, across, down, mix, radial
from demo.films.motion import wave

RED, CREAM, COAT = "#d8433b", "#fbf3e2", "#f4b52e"


def keeper(
    b: Brush,
    x: float,
    y: float,
    scale: float = 1,
    t: float = 0,
    arm: float = 0.2,
    mood: str = "calm",
    flip: bool = False,
    tool: str = "",
    dim: float = 0,
) -> None:
    """The keeper from his boots up (about 100 tall). arm: 0 hangs, 1 straight up; mood: calm, glad, cross, awe."""
    coat, shade, skin, beard = (mix(c, "#1a2036", dim) for c in (COAT, "#d18b1a", "#f3b894", "#fffaf0"))
    with b.at(x, y, scale, wave(t, 3, 1.2), flip):
        for side in (-10, 10):
            b.rect(side - 7, -14, 15, 14, mix("#35435c", "#0c1020", dim), 5)
        angle = tau * (0.25 - 0.5 * arm)
        hand = (24 + 30 * cos(angle), -58 + 30 * sin(angle))
        b.line([(-18, -56), (-30, -42), (-29, -28)], shade, 12)
        b.circle(-29, -25, 6, skin)
        b.blob(
            [(-20, -68), (20, -68), (27, -34), (31, -10), (0, -6), (-31, -10), (-27, -34)],
            across(-30, 32, coat, coat, shade),
        )
        for high in (-46, -32, -19):
            b.circle(1, high, 2.2, mix("#8a5a12", "#101020", dim))
        b.line([(19, -58), hand], coat, 12)
        b.circle(*hand, 6.4, skin)
        if tool == "brush":
            b.line([hand, (hand[0] + 9, hand[1] - 14)], "#8b5e3c", 3)
            b.rect(hand[0] + 5, hand[1] - 22, 11, 9, RED, 2)
        if tool == "wrench":
            b.line([hand, (hand[0] + 8, hand[1] - 22)], "#aab4c4", 5)
            b.arc(hand[0] + 10, hand[1] - 28, 6, 6, 100, 260, "#aab4c4", width=4.5)
        if tool == "bun":
            bun(b, hand[0] + 4, hand[1] - 7, 0.8)
        b.circle(0, -80, 19, skin)
        b.blob(
            [
                (-19, -80),
                (-12, -73),
                (0, -70),
                (12, -73),
                (19, -80),
                (20, -64),
                (10, -48),
                (0, -43),
                (-10, -48),
                (-20, -64),
            ],
            beard,
        )
        _face(b, mood, beard, skin, dim)
        b.blob([(-18, -88), (-15, -104), (0, -109), (15, -104), (18, -88), (0, -91)], coat)
        b.blob([(-29, -84), (-18, -91), (0, -93), (18, -91), (29, -84), (16, -86), (0, -88), (-16, -86)], shade)


def _face(b: Brush, mood: str, beard: str, skin: str, dim: float) -> None:
    ink = "#2b2320"
    for side in (-7, 7):
        if mood == "glad":
            b.arc(side, -80, 3.4, 3, 200, 140, ink, width=2)
        else:
            b.circle(side, -81, 3 if mood == "awe" else 2.2, ink)
            b.circle(side + 0.8, -82, 0.8, "#ffffff")
        tilt = {"cross": 4, "awe": -2}.get(mood, 0) * (1 if side < 0 else -1)
        b.line([(side - 5, -87 - tilt / 2), (side + 5, -87 + tilt / 2)], beard, 3)
        b.circle(side * 1.75, -75, 3.6, mix("#ef8f7c", "#20182c", dim), alpha=0.6)
    b.oval(0, -76, 4.4, 3.8, mix(skin, "#e07f62", 0.55))
    if mood in ("glad", "awe"):
        b.oval(0, -66, 4, 3 if mood == "glad" else 4.5, "#8c3b36")
    else:
        b.line([(-4, -66), (0, -65), (4, -66)], "#b7a99a", 1.6)


def bun(b: Brush, x: float, y: float, scale: float = 1) -> None:
    """A steamed bun."""
    with b.at(x, y, scale):
        b.blob([(-11, 5), (-9, -5), (0, -11), (9, -5), (11, 5), (0, 7)], "#fff8ea")
        for k in (-4, 0, 4):
            b.line([(0, -10), (k, -4)], "#dfc9a4", 1.1)


def gull(
    b: Brush,
    x: float,
    y: float,
    scale: float = 1,
    flap: float | None = None,
    flip: bool = False,
    tint: str = "#ffffff",
    carry: str = "",
    hat: bool = False,
    dim: float = 0,
) -> None:
    """The gull, very round. flap in rounds moves the wings; None = it stands."""
    white, grey = mix(tint, "#1a2340", dim), mix("#aeb9c9", "#141a30", dim)
    with b.at(x, y, scale, 0, flip):
        if flap is None:
            for side in (-4, 4):
                b.line([(side, 12), (side, 20), (side + 4, 20)], "#f09a36", 2)
        up = 0 if flap is None else sin(tau * flap)
        b.blob([(-28, 2), (-16, -4), (-12, 8)], grey)
        b.blob([(-17, 0), (-9, -13), (6, -15), (15, -4), (13, 9), (0, 15), (-13, 11)], white)
        b.circle(11, -14, 10.5, white)
        if flap is None:
            b.blob([(-16, -3), (-4, -8), (6, 1), (-6, 9), (-20, 6)], grey)
        else:
            for depth, tone in ((-6, mix(grey, white, 0.3)), (0, grey)):
                b.blob(
                    [
                        (-8, -4 + depth),
                        (6, -6 + depth),
                        (-4, -12 - 17 * up),
                        (-22, -16 - 32 * up),
                        (-30, -12 - 34 * up),
                        (-18, -4 - 10 * up),
                    ],
                    tone,
                )
        b.poly([(19, -16), (31, -12), (19, -10)], "#f09a36")
        b.circle(13, -16, 2.1, "#1b1b22")
        b.circle(13.7, -16.7, 0.7, "#ffffff")
        b.circle(9, -11, 2.4, "#ffb3a0", alpha=0.7)
        if carry == "bun":
            bun(b, 32, -8, 0.8)
        if carry == "bulb":
            bulb(b, 31, -2, 0.8, 0.25)
        if hat:
            b.blob([(2, -22), (11, -32), (21, -21), (11, -24)], COAT)


def bulb(b: Brush, x: float, y: float, scale: float, light: float) -> None:
    """A light bulb that shines by `light`."""
    b.glow(x, y, 60 * light * scale + 1, "#ffd884", light)
    with b.at(x, y, scale):
        b.rect(-4, -11, 8, 8, "#8f98a8", 1.5)
        b.circle(0, 4, 9.5, mix("#b9c6cf", "#fff3b8", light), alpha=0.92)
        b.line([(-3, 3), (-1, 6), (1, 2), (3, 6)], mix("#6a7078", "#ff9d2e", light), 1.2)


def whale(
    b: Brush,
    x: float,
    y: float,
    scale: float = 1,
    t: float = 0,
    turn: float = 0,
    flip: bool = False,
    light: str = "#7fb6e8",
    dark: str = "#2b5fa5",
    glad: bool = True,
    shine: float = 0,
) -> None:
    """The whale, nose to the right, about 190 long."""
    tail = wave(t, 2.6, 9)
    with b.at(x, y, scale, turn, flip):
        b.blob(
            [
                (-72, -2),
                (-92, -6 + tail),
                (-116, -30 + tail * 1.6),
                (-122, -22 + tail * 1.6),
                (-106, -1 + tail * 1.3),
                (-120, 17 + tail * 1.6),
                (-112, 22 + tail * 1.6),
                (-90, 8 + tail),
                (-70, 10),
            ],
            dark,
        )
        body = [
            (92, 2),
            (78, -26),
            (40, -42),
            (-6, -38),
            (-50, -20),
            (-86, -4 + tail * 0.5),
            (-86, 6 + tail * 0.5),
            (-48, 24),
            (0, 39),
            (46, 37),
            (80, 24),
        ]
        b.blob(body, down(-42, 40, light, dark))
        b.blob(
            [(90, 8), (60, 14), (18, 15), (-18, 21), (0, 38), (46, 36.5), (79, 24)], down(8, 40, "#f4fbff", "#c3d8ee")
        )
        for k in range(5):
            b.line([(76 - 15 * k, 18 + k), (62 - 15 * k, 27 + k), (50 - 15 * k, 34)], dark, 1, alpha=0.28)
        b.blob([(20, 22), (34, 24), (16, 52 + tail * 0.5), (-8, 60 + tail), (-2, 42)], dark)
        b.line([(90, 6), (76, 12), (60, 10 if glad else 15)], "#17305c", 2)
        b.circle(56, -1, 5, "#10203f")
        b.circle(57.6, -2.8, 1.8, "#ffffff")
        b.circle(46, 9, 6, "#ff9fae", alpha=0.5)
        b.glow(20, -16, 30, "#fff2a8", 0.25 + shine)
        b.star(20, -16, 9, "#ffe98a", turn=0.03)
        for k, r in ((-12, 2.2), (-24, 1.6), (-34, 2), (0, 1.4)):
            b.circle(k, -24 + 0.25 * -k, r, "#cfe6ff", alpha=0.6)


def fluke(b: Brush, x: float, y: float, scale: float, lift: float, tint: str) -> None:
    """Only the tail, above the water; lift 0 = hidden, 1 = high."""
    with (
        b.inside([(x - 90 * scale, y - 200), (x + 90 * scale, y - 200), (x + 90 * scale, y), (x - 90 * scale, y)]),
        b.at(x, y + 62 * scale * (1 - lift), scale),
    ):
        b.blob(
            [
                (-9, 20),
                (-5, -22),
                (-26, -46),
                (-50, -52),
                (-42, -38),
                (-14, -24),
                (0, -30),
                (14, -24),
                (42, -38),
                (50, -52),
                (26, -46),
                (5, -22),
                (9, 20),
            ],
            tint,
        )


def boat(
    b: Brush,
    x: float,
    y: float,
    scale: float,
    turn: float = 0,
    hull: str = "#c8553d",
    lantern: float = 0,
    sailor: bool = False,
    dim: float = 0,
    cabin: bool = True,
) -> None:
    """A little fishing boat, waterline at y."""
    with b.at(x, y, scale, turn):
        b.line([(6, -14), (6, -62)], mix("#6b4a32", "#10121e", dim), 3)
        b.poly([(6, -60), (30, -53), (6, -47)], mix("#ffd166", "#1a1c2c", dim))
        if cabin:
            b.rect(-24, -34, 24, 24, mix(CREAM, "#1c2236", dim), 3)
            b.rect(-27, -38, 30, 6, mix("#3d6b8c", "#141a2c", dim), 2)
            b.rect(-18, -28, 11, 10, "#ffe3a0" if lantern else mix("#88b8cc", "#141a2c", dim), 2)
        if sailor:
            b.circle(20, -25, 6, "#eab592")
            b.blob([(12, -8), (14, -20), (26, -20), (28, -8)], "#5b8f6b")
            b.blob([(12, -27), (20, -36), (28, -27)], "#33506b")
        b.blob(
            [(-42, -14), (0, -10), (46, -17), (36, 7), (0, 11), (-32, 7)],
            down(-16, 12, mix(hull, "#14162a", dim), mix("#7a2f28", "#0c0d1a", dim)),
        )
        b.line([(-40, -11), (0, -7), (43, -13)], mix(CREAM, "#2a2d44", dim), 2.4)
        if lantern:
            b.glow(6, -64, 70, "#ffcf73", lantern)
            b.circle(6, -64, 4.6, "#fff0c0")


def tower(
    b: Brush, x: float, y: float, height: float, lit: float = 0, dim: float = 0, bands: int = 5, fresh: float = 1
) -> None:
    """The lighthouse from its foot; fresh = how much of the stripes has new paint (from the top)."""
    low, high = height * 0.17, height * 0.105
    red, white = mix(RED, "#161a30", dim), mix(CREAM, "#2b3354", dim)
    old = mix("#c98b84", "#161a30", dim)

    def edge(share: float) -> float:
        return low + (high - low) * share

    for i in range(bands):
        a, c = i / bands, (i + 1) / bands
        worn = (i + 0.5) / bands < 1 - fresh
        base = white if i % 2 else (old if worn else red)
        wide = edge(a)
        b.poly(
            [
                (x - edge(a), y - a * height),
                (x + edge(a), y - a * height),
                (x + edge(c), y - c * height),
                (x - edge(c), y - c * height),
            ],
            across(x - wide, x + wide, base, base, mix(base, "#20304f", 0.35)),
        )
    for share in (0.28, 0.62):
        b.rect(
            x - high * 0.28,
            y - share * height - high * 0.5,
            high * 0.56,
            high * 0.85,
            mix("#36506e", "#ffdf94", 0.9 if lit else 0),
            high * 0.28,
        )
    top = y - height
    b.rect(x - high * 1.5, top - high * 0.3, high * 3, high * 0.36, mix("#39465e", "#0e1224", dim), 2)
    b.rect(
        x - high * 0.8,
        top - high * 1.7,
        high * 1.6,
        high * 1.45,
        mix("#86aebc", "#fff2bf", lit) if dim < 0.3 or lit else "#222a44",
        2,
    )
    for k in (-0.8, 0, 0.8):
        b.line(
            [(x + k * high, top - high * 1.7), (x + k * high, top - high * 0.3)], mix("#39465e", "#0e1224", dim), 1.6
        )
    b.blob(
        [
            (x - high * 1.15, top - high * 1.65),
            (x - high * 0.5, top - high * 2.5),
            (x, top - high * 2.75),
            (x + high * 0.5, top - high * 2.5),
            (x + high * 1.15, top - high * 1.65),
            (x, top - high * 1.75),
        ],
        red,
    )
    b.circle(x, top - high * 2.85, high * 0.16, mix("#ffd166", "#2b2f48", dim))
    if lit:
        b.glow(x, top - high, height * 0.55, "#ffe9a8", 0.9 * lit)


def lens(b: Brush, x: float, y: float, radius: float, light: float) -> None:
    """The great glass of the lamp, ring in ring."""
    b.circle(
        x,
        y,
        radius,
        radial(
            x,
            y,
            radius,
            mix("#5a6f76", "#fffbe2", light),
            mix("#43565f", "#ffd778", light),
            mix("#2f3d48", "#d98a2a", light),
        ),
    )
    for k in range(1, 6):
        b.circle(x, y, radius * k / 6, mix("#9fc0c4", "#fff8dc", light), width=1.6, alpha=0.5)
    for k in range(12):
        a = tau * k / 12
        b.line(
            [(x + radius * 0.35 * cos(a), y + radius * 0.35 * sin(a)), (x + radius * cos(a), y + radius * sin(a))],
            "#ffffff",
            0.8,
            alpha=0.25,
        )
    b.circle(x, y, radius + 3, "#b07a34", width=6)
    b.circle(x, y, radius + 3, "#f3cf83", width=1.5)

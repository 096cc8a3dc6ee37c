"""Who plays: the courier cat Meiqiu (black, red scarf, parcel), a raccoon, a bear, a penguin, a dog cook, a rabbit."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, across, down, mix
from demo.films.motion import wave

INK, SCARF, EYE = "#2a2938", "#ea3f45", "#ffd84f"


def parcel(b: Brush, x: float, y: float, size: float, light: float = 0, turn: float = 0, opened: float = 0) -> None:
    """The parcel, bottom centre at (x, y); light leaks out of it."""
    if light:
        b.glow(x, y - size * 0.4, size * 2.6, "#ffe08a", light)
    with b.at(x, y, size / 30, turn):
        b.rect(-15, -22, 30, 22, across(-15, 15, "#d9a566", "#b67f45"), 2)
        b.rect(-3, -22, 6, 22, "#4fa3d8")
        if opened < 0.5:
            b.rect(-15, -14, 30, 5, "#4fa3d8")
            b.blob([(0, -22), (-9, -30), (-10, -22)], "#6fc0ee")
            b.blob([(0, -22), (9, -30), (10, -22)], "#6fc0ee")
        else:
            b.poly([(-15, -22), (-24, -31), (-9, -31), (0, -22)], "#c8935a")
            b.poly([(15, -22), (24, -31), (9, -31), (0, -22)], "#c8935a")


def _cat_head(b: Brush, mood: str, tint: str) -> None:
    b.poly([(-17, -6), (-16, -26), (-3, -15)], tint)
    b.poly([(17, -6), (16, -26), (3, -15)], tint)
    b.poly([(-14, -10), (-14, -20), (-7, -14)], "#f29aa6")
    b.poly([(14, -10), (14, -20), (7, -14)], "#f29aa6")
    b.blob([(-20, 0), (-15, -12), (0, -16), (15, -12), (20, 0), (14, 11), (0, 14), (-14, 11)], tint)
    for side in (-8, 8):
        if mood == "sleep":
            b.arc(side, -1, 4.6, 3, 20, 140, EYE, width=2)
        elif mood == "glad":
            b.arc(side, 0, 4.6, 4.6, 200, 140, EYE, width=2.2)
        else:
            b.oval(side, -1, 5.2, 5.8 if mood == "awe" else 4.8, EYE)
            b.oval(side + (1 if mood == "look" else 0), -1, 1.7 if mood != "awe" else 2.7, 4.2, INK)
            b.circle(side + 1.4, -3, 1.1, "#ffffff")
        if mood == "cross":
            b.line([(side - 5 if side < 0 else side + 5, -9), (side + 4 if side < 0 else side - 4, -6)], INK, 3)
        b.line([(side * 1.4, 5), (side * 2.9, 3)], "#d8d8e4", 0.8)
        b.line([(side * 1.4, 7), (side * 2.9, 8)], "#d8d8e4", 0.8)
    b.poly([(-2.4, 4), (2.4, 4), (0, 6.4)], "#f29aa6")
    b.line([(-4, 8.5), (-2, 9.5), (0, 7.5), (2, 9.5), (4, 8.5)], "#cfcfdd", 1)


def cat_sitting(
    b: Brush,
    x: float,
    y: float,
    scale: float = 1,
    t: float = 0,
    mood: str = "calm",
    flip: bool = False,
    tint: str = INK,
    arm: float = 0,
    scarfed: bool = True,
) -> None:
    """The cat seen from the front, sitting; about 75 tall."""
    with b.at(x, y, scale, 0, flip):
        tail = wave(t, 2.2, 7)
        b.line([(16, -5), (34, -8), (40 + tail, -24), (34 + tail, -36)], tint, 8)
        b.blob([(-15, -44), (15, -44), (23, -14), (20, 0), (-20, 0), (-23, -14)], tint)
        b.oval(-9, -3, 9, 5, mix(tint, "#ffffff", 0.14))
        b.oval(9, -3, 9, 5, mix(tint, "#ffffff", 0.14))
        b.oval(0, -24, 9, 12, mix(tint, "#ffffff", 0.12))
        if arm:
            b.line([(14, -34), (26, -40 - 16 * arm)], tint, 8)
        if scarfed:
            scarf(b, -44, t)
        with b.at(0, -58 + wave(t, 2.6, 0.8)):
            _cat_head(b, mood, tint)


def scarf(b: Brush, y: float, t: float) -> None:
    """The red scarf round a neck at (0, y)."""
    b.blob([(-17, y - 3), (0, y + 2), (17, y - 3), (16, y + 5), (0, y + 9), (-16, y + 5)], SCARF)
    b.blob(
        [(-10, y + 3), (-3, y + 5), (-7 + wave(t, 1.7, 2), y + 24), (-16 + wave(t, 1.7, 2), y + 22)],
        mix(SCARF, "#6a1020", 0.25),
    )


def cat_walking(
    b: Brush,
    x: float,
    y: float,
    scale: float = 1,
    t: float = 0,
    pace: float = 1,
    mood: str = "look",
    load: bool = True,
    light: float = 0,
    leap: float = 0,
    scarfed: bool = True,
    flip: bool = False,
) -> None:
    """The cat from the side, head to the right; pace in steps a second, leap 0..1 stretches it in the air."""
    with b.at(x, y, scale, -14 * leap, flip):
        tail = wave(t, 1.3, 6)
        b.line([(-32, -30), (-48, -36 - tail), (-54, -54 - tail), (-46, -64)], INK, 7.5)
        for i, (lx, phase) in enumerate(((-24, 0.0), (-16, 0.5), (16, 0.25), (24, 0.75))):
            swing = sin(tau * (t * pace + phase)) * 8 if not leap else (-20 if lx < 0 else 20) * leap
            lift = max(0.0, sin(tau * (t * pace + phase + 0.25))) * 4 if not leap else 8 * leap
            b.line(
                [(lx, -18), (lx + swing * 0.5, -9), (lx + swing, -2 - lift)],
                INK if i % 2 else mix(INK, "#ffffff", 0.1),
                7,
            )
        b.blob([(-36, -28), (-24, -37), (6, -36), (30, -38), (36, -26), (26, -14), (-22, -13), (-35, -18)], INK)
        if load:
            with b.at(-6, -34 - 1.2 * abs(wave(t, 1 / pace, 1))):
                parcel(b, 0, 0, 27, light)
            b.line([(-10, -36), (-12, -14)], "#8b5e3c", 2)
        if scarfed:
            b.blob([(22, -40), (36, -30), (28, -24), (18, -32)], SCARF)
            b.blob(
                [
                    (22, -36),
                    (6, -42 + wave(t, 0.8, 4)),
                    (-8, -38 + wave(t, 0.8, 7)),
                    (-6, -32 + wave(t, 0.8, 6)),
                    (18, -29),
                ],
                mix(SCARF, "#6a1020", 0.2),
            )
        with b.at(36, -50 + wave(t, 0.5 / pace, 0.8), 0.96):
            _cat_head(b, mood, INK)


def raccoon(
    b: Brush,
    x: float,
    y: float,
    scale: float = 1,
    t: float = 0,
    flip: bool = False,
    hold: str = "",
    mood: str = "sly",
    pace: float = 0,
) -> None:
    """The masked follower, upright, about 70 tall, looking right."""
    with b.at(x, y, scale, wave(t, 0.5, 3) if pace else 0, flip):
        fur, dark = "#8f8b96", "#3c3946"
        for i in range(5):
            b.circle(-24 - 5 * i, -12 - 4 * i + wave(t, 1.8, i), 9 - i * 0.6, fur if i % 2 else dark)
        step = wave(t, 0.5, 6) if pace else 0
        b.line([(-8, -12), (-9 + step, -2)], dark, 8)
        b.line([(8, -12), (9 - step, -2)], dark, 8)
        b.blob([(-14, -40), (14, -40), (20, -16), (12, -6), (-12, -6), (-20, -16)], fur)
        b.oval(2, -20, 11, 12, "#c9c4cc")
        b.line([(12, -34), (26, -32 - (8 if hold else 0))], dark, 7)
        if hold == "scarf":
            b.blob([(20, -44), (36, -44), (34, -20 + wave(t, 1.4, 2)), (28, -8), (23, -22)], SCARF)
        if hold == "umbrella":
            b.line([(27, -38), (27, -92)], "#6b4a32", 2.5)
            b.blob(
                [(-16, -84), (-4, -104), (27, -114), (58, -104), (70, -84), (48, -90), (27, -86), (6, -90)], "#f0a53c"
            )
        for side in (-14, 14):
            b.circle(side, -68, 7, dark)
            b.circle(side, -67, 3.6, "#d7a8ac")
        b.blob([(-20, -54), (-12, -68), (0, -70), (12, -68), (20, -54), (10, -44), (0, -42), (-10, -44)], fur)
        b.blob([(-19, -56), (-8, -63), (0, -58), (8, -63), (19, -56), (10, -50), (0, -53), (-10, -50)], dark)
        b.oval(0, -47, 6, 4.4, "#e9e4ea")
        b.circle(0, -49, 2.2, "#18161e")
        for side in (-8, 8):
            b.circle(side, -57, 3, "#ffffff")
            b.circle(side + 0.8, -57 + (0.6 if mood == "shy" else 0), 1.5, "#18161e")
            if mood == "shy":
                b.circle(side * 1.6, -49, 3, "#f08a8a", alpha=0.6)


def bear(b: Brush, x: float, y: float, scale: float, t: float, lean: float = 0) -> None:
    """A sleepy bear in a blue coat, sitting; the head leans by `lean` degrees."""
    with b.at(x, y, scale):
        b.blob(
            [(-40, -70), (0, -82), (40, -70), (48, -20), (40, 0), (-40, 0), (-48, -20)],
            across(-46, 46, "#3f5f92", "#2f4874"),
        )
        for high in (-56, -38, -20):
            b.circle(0, high, 3, "#e8c66a")
        with b.at(0, -78, 1, lean + wave(t, 3, 1.6)):
            for side in (-24, 24):
                b.circle(side, -48, 11, "#8a5a3a")
                b.circle(side, -48, 6, "#c98f68")
            b.oval(0, -26, 35, 31, "#9c6842")
            b.oval(0, -14, 16, 12, "#dcb48c")
            b.oval(0, -20, 6, 4.4, "#2d1c14")
            for side in (-14, 14):
                b.arc(side, -30, 5, 3.4, 20, 140, "#2d1c14", width=2.4)
            b.circle(5, -6, 2 + 4 * abs(wave(t, 3, 1)), "#bfe6ff", alpha=0.75)


def penguin(b: Brush, x: float, y: float, scale: float, t: float) -> None:
    """A penguin that reads its newspaper upside down."""
    with b.at(x, y, scale):
        b.blob([(-26, -58), (0, -84), (26, -58), (28, -16), (18, 0), (-18, 0), (-28, -16)], "#2e3448")
        b.blob([(-17, -56), (0, -66), (17, -56), (18, -14), (0, -4), (-18, -14)], "#f6f3ec")
        for side in (-8, 8):
            b.circle(side, -64, 4.6, "#ffffff")
            b.circle(side, -64 + wave(t, 4, 1.2), 2, "#1b1b22")
        b.poly([(-6, -58), (6, -58), (0, -51)], "#f2a33a")
        b.rect(-34, -48, 68, 38, "#efe8d8", 2)
        b.line([(0, -48), (0, -10)], "#b9ae98", 1.4)
        for side in (-30, 5):
            b.rect(side, -20, 24, 5, "#5a5548")
            for row in range(4):
                b.line([(side, -44 + 6 * row), (side + 24, -44 + 6 * row)], "#a29a88", 1.4)
        b.oval(-34, -28, 5, 9, "#2e3448")
        b.oval(34, -28, 5, 9, "#2e3448")


def cook(b: Brush, x: float, y: float, scale: float, t: float, arms: float = 0, glad: bool = False) -> None:
    """The noodle cook, a round orange dog with a headband; shown from the waist up."""
    with b.at(x, y, scale):
        b.blob([(-34, 0), (-36, -40), (-20, -56), (20, -56), (36, -40), (34, 0)], "#f4f1ea")
        b.line([(-6, -54), (6, -30), (-2, 0)], "#c9c2b4", 2)
        for side in (-1, 1):
            b.line([(30 * side, -44), (48 * side, -38 - 14 * arms), (40 * side, -52 - 26 * arms)], "#f4f1ea", 13)
            b.circle(40 * side, -56 - 26 * arms, 8, "#f0a552")
        for side in (-22, 22):
            b.poly([(side - 11, -96), (side + (8 if side > 0 else -8), -122), (side + 11, -98)], "#e0913c")
        b.oval(0, -82, 33, 29, "#f0a552")
        b.blob([(-29, -80), (-14, -84), (0, -76), (14, -84), (29, -80), (20, -60), (0, -53), (-20, -60)], "#fff4e2")
        b.rect(-32, -106, 64, 10, "#f8f8f4", 5)
        b.circle(0, -101, 5, "#e0433c")
        for side in (-13, 13):
            if glad:
                b.arc(side, -84, 4.6, 4, 200, 140, "#2a1a10", width=2.6)
            else:
                b.circle(side, -85, 3.2, "#2a1a10")
            b.circle(side * 1.6, -74, 5, "#ff9f86", alpha=0.6)
        b.oval(0, -75, 5, 3.6, "#2a1a10")
        b.blob([(-7, -69), (0, -66), (7, -69), (4, -60), (-4, -60)], "#d9564f")


def rabbit(b: Brush, x: float, y: float, scale: float, t: float, mood: str = "calm") -> None:
    """Grandmother rabbit in a shawl and round glasses, about 100 tall."""
    with b.at(x, y, scale, wave(t, 4, 1)):
        for side in (-1, 1):
            b.blob(
                [
                    (6 * side, -88),
                    (4 * side, -120),
                    (12 * side, -138 + wave(t, 3, 2)),
                    (20 * side, -118),
                    (17 * side, -88),
                ],
                "#f7efe8",
            )
            b.blob(
                [
                    (9 * side, -92),
                    (8 * side, -116),
                    (12 * side, -130 + wave(t, 3, 2)),
                    (16 * side, -114),
                    (14 * side, -92),
                ],
                "#f5b9b4",
            )
        b.blob([(-22, -60), (22, -60), (34, -10), (24, 0), (-24, 0), (-34, -10)], down(-60, 0, "#7a5aa6", "#573f86"))
        b.blob([(-26, -62), (0, -56), (26, -62), (31, -34), (0, -24), (-31, -34)], "#f0b6c4")
        for k in range(-3, 4):
            b.line([(k * 8, -30 + abs(k) * -1.4), (k * 8, -23 + abs(k) * -1.4)], "#f0b6c4", 2)
        b.oval(0, -76, 26, 23, "#fbf5ee")
        for side in (-10, 10):
            b.circle(side, -78, 8, "#8f6f3f", width=1.8)
            if mood == "glad":
                b.arc(side, -77, 4, 3.6, 200, 140, "#3a2a2a", width=2)
            else:
                b.circle(side, -78, 2.8, "#3a2a2a")
            b.circle(side * 1.8, -68, 4.6, "#ff9ea6", alpha=0.6)
        b.line([(-2, -79), (2, -79)], "#8f6f3f", 1.6)
        b.poly([(-3, -70), (3, -70), (0, -67)], "#e88a92")
        b.circle(0, -97, 9, "#fbf5ee")

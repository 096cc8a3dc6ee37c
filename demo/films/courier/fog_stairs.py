"""Before daybreak on the long stairs: fog, lamps, steps behind - and the truth about the follower."""

from __future__ import annotations

from demo.films.brush import Brush, H, W, down, mix
from demo.films.courier.cast import cat_sitting, cat_walking, parcel, raccoon
from demo.films.motion import between, pulse, ramp, scatter, wave
from demo.films.nature import drift, ridge


def _step(i: int) -> tuple[float, float]:
    """The left end and height of a step."""
    return -40 + 48 * i, 336 - 15.5 * i


def _height(x: float) -> float:
    return 336 - 15.5 * (x + 40) / 48


def _lamp(b: Brush, x: float, foot: float, t: float, phase: float) -> None:
    light = 0.85 + wave(t, 1.9, 0.08, phase)
    b.line([(x, foot), (x, foot - 108)], "#2d4a50", 4)
    b.line([(x, foot - 104), (x + 12, foot - 112), (x + 20, foot - 104)], "#2d4a50", 3)
    b.glow(x + 20, foot - 92, 120, "#ffe3a0", 0.85 * light)
    b.glow(x + 20, foot - 92, 34, "#fff8e0", light)
    b.rect(x + 13, foot - 103, 14, 17, "#fff3c8", 4)
    b.poly([(x + 9, foot - 102), (x + 20, foot - 112), (x + 31, foot - 102)], "#2d4a50")


def _house(b: Brush, x: float, y: float, wide: float, high: float, tint: str, roof: str, lit: bool) -> None:
    b.rect(x, y - high, wide, high + 160, down(y - high, y + 60, tint, mix(tint, "#4d7276", 0.6)))
    b.poly([(x - 9, y - high), (x + wide / 2, y - high - 30), (x + wide + 9, y - high)], roof)
    for k in range(2):
        b.rect(x + wide * (0.2 + 0.42 * k), y - high + 22, wide * 0.2, 24, "#ffe2a0" if lit and k else "#5f8388", 2)
        b.rect(x + wide * (0.17 + 0.42 * k), y - high + 46, wide * 0.26, 4, "#496b70")


def draw(b: Brush, t: float, length: float) -> None:
    """The cat climbs and rests; at five something comes; at seven it turns out to be a scarf."""
    with b.camera(
        between(300, 348, ramp(t, 0, length)), between(196, 172, ramp(t, 0, length)), between(1.04, 1.16, ramp(t, 4, 9))
    ):
        b.rect(-60, -60, W + 120, H + 120, down(-40, 340, "#6d98a0", "#93b8b6", "#c4d8cb", "#e4e4d0"))
        ridge(b, 4, 200, 70, 300, "#8fb3b2", 3 * t)
        _fog(b, t, 150, 5, 0.6)
        for i, (x, y, wide, high, lit) in enumerate(
            (
                (-30, 230, 92, 90, True),
                (96, 214, 78, 112, False),
                (300, 150, 86, 74, True),
                (418, 116, 96, 82, False),
                (548, 84, 104, 70, True),
            )
        ):
            _house(
                b,
                x,
                y,
                wide,
                high,
                ("#a9c2bc", "#b8b8a8", "#a7b9bd")[i % 3],
                ("#6d8a8c", "#8f7f78", "#64828a")[i % 3],
                lit,
            )
        _fog(b, t, 208, 9, 0.55)
        for i in range(18):
            x, y = _step(i)
            b.rect(x, y, 900, 18, down(y, y + 16, "#a8b4aa", "#62807f"))
            b.rect(x, y, 900, 3, "#d8dccb")
        b.poly([(-60, 352), (820, 68), (820, 460), (-60, 460)], down(150, 380, "#7d9a98", "#33565c"), alpha=0.55)
        for i in range(7):
            x = -20 + 110 * i
            b.line([(x, _height(x) + 6), (x, _height(x) - 34)], "#2f4c52", 3)
        b.line([(-60, _height(-60) - 33), (760, _height(760) - 33)], "#2f4c52", 4)
        for x, p in ((40, 0.0), (258, 0.4), (486, 0.7)):
            _lamp(b, x, _height(x) + 6, t, p)
        _meeting(b, t)
        _fog(b, t, 330, 13, 0.75)
        drift(b, 12, 40, t, (9, -3), "#fff6dc", 1.6, 0.45, 12)


def _fog(b: Brush, t: float, base: float, seed: int, alpha: float) -> None:
    for x, y, s, k in scatter(seed, 15):
        px = (x * 900 + 11 * t * (0.5 + s)) % 900 - 130
        b.oval(px, base + 34 * (y - 0.5), 90 + 80 * s, 13 + 15 * k, "#eef3ea", alpha=alpha * 0.55, blur=13)


def _meeting(b: Brush, t: float) -> None:
    rest = 4.2
    if t < rest:
        x = between(120, 342, t / rest)
        cat_walking(b, x, _height(x) + 9, 1.0, t, 1.1, "calm", light=0.3, scarfed=False)
    else:
        x = 352.0
        mood = "look" if t < 5 else "cross" if t < 7 else "awe" if t < 8 else "glad"
        parcel(b, x + 62, _height(x + 62) + 8, 34, 0.4 + wave(t, 1.8, 0.12))
        cat_sitting(b, x, _height(x) + 9, 1.15, t, mood, flip=True, arm=0.5 if t > 9.4 else 0, scarfed=t > 8.2)
    walk = ramp(t, 4.6, 6.8)
    if t > 4.4:
        rx = between(40, 268, walk)
        raccoon(
            b,
            rx,
            _height(rx) + 8,
            1.05,
            t,
            hold="scarf" if t < 8.2 else "umbrella",
            mood="shy" if t > 7 else "sly",
            pace=1 if walk < 1 else 0,
        )
    if t > 8.4:
        share = ramp(t, 8.4, 9.0)
        b.blob(
            [(310, 112), (299, 100), (303, 92), (310, 97), (317, 92), (321, 100)],
            "#ff7f8f",
            alpha=share * (0.7 + wave(t, 0.8, 0.3)),
        )
    if 5 < t < 7:
        b.line([(352, 118), (352, 106)], "#e8483f", 4, alpha=pulse(t, 5, 7))
        b.circle(352, 126, 2.6, "#e8483f", alpha=pulse(t, 5, 7))

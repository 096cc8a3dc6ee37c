"""Rain and neon: a black cat with a parcel crosses a street that is its own mirror."""

from __future__ import annotations

from math import sin, tau

from demo.films.brush import Brush, H, W, down
from demo.films.courier.cast import cat_walking
from demo.films.motion import between, pulse, ramp, scatter, wave
from demo.films.nature import rain

GROUND = 262


def _sign(b: Brush, kind: int, x: float, y: float, tint: str, on: float) -> None:
    """A neon sign without letters: fish, bowl, moon, cup, bone, heart."""
    b.rect(x - 26, y - 24, 52, 48, "#0c0a1e", 6, alpha=0.7)
    b.rect(x - 26, y - 24, 52, 48, tint, 6, width=2, alpha=0.35 + 0.65 * on)
    for width, share in ((7, 0.3), (2.6, 1.0)):
        how = {"alpha": share * (0.2 + 0.8 * on), "blend": "screen"}
        if kind == 0:
            b.line(
                [
                    (x + 18, y),
                    (x + 4, y - 11),
                    (x - 10, y),
                    (x - 20, y + 9),
                    (x - 20, y - 9),
                    (x - 10, y),
                    (x + 4, y + 11),
                    (x + 18, y),
                ],
                tint,
                width,
                **how,
            )
        elif kind == 1:
            b.arc(x, y - 4, 18, 18, 0, 180, tint, width=width, **how)
            b.line([(x - 20, y - 4), (x + 20, y - 4)], tint, width, **how)
            for k in (-8, 0, 8):
                b.line([(x + k, y - 9), (x + k + 3, y - 13), (x + k, y - 18)], tint, width * 0.8, **how)
        elif kind == 2:
            b.arc(x, y, 16, 16, 40, 280, tint, width=width, **how)
            b.arc(x + 6, y, 11, 12, 60, 240, tint, width=width, **how)
        elif kind == 3:
            b.rect(x - 13, y - 9, 22, 22, tint, 5, width=width, **how)
            b.arc(x + 10, y + 1, 8, 7, 270, 180, tint, width=width, **how)
        elif kind == 4:
            b.star(x, y, 17, tint, width=width, **how)
        else:
            b.line(
                [
                    (x, y + 16),
                    (x - 17, y - 2),
                    (x - 10, y - 14),
                    (x, y - 6),
                    (x + 10, y - 14),
                    (x + 17, y - 2),
                    (x, y + 16),
                ],
                tint,
                width,
                **how,
            )
    b.glow(x, y, 74, tint, 0.5 * on)


SIGNS = (
    (0, 92, 120, "#ff3f9a", 0.0),
    (1, 214, 84, "#ffb02e", 0.3),
    (2, 318, 138, "#3fd8ff", 0.5),
    (4, 424, 76, "#b06bff", 0.7),
    (5, 520, 130, "#ff4f6a", 0.15),
    (3, 612, 92, "#4dffc3", 0.85),
)


def _street(b: Brush, t: float) -> None:
    for i, (a, c, _s, k) in enumerate(scatter(6, 9)):
        x, top = i * 78 - 30, 40 + 70 * c
        b.rect(x, top, 70 + 18 * a, 300, down(top, GROUND, ("#3a2a78", "#4a2470", "#2b2f7a")[i % 3], "#1d1240"))
        for row in range(8):
            for col in range(3):
                if (row * 3 + col + i) % 4 == 0:
                    b.rect(
                        x + 10 + col * 21,
                        top + 14 + row * 24,
                        11,
                        13,
                        ("#ffd27a", "#7fe3ff", "#ff9ad0")[(i + row) % 3],
                        1,
                        alpha=0.35 + 0.3 * k,
                    )
    for x, tint in ((10, "#ff5fae"), (130, "#ffa94d"), (262, "#45d3ff"), (388, "#9a6bff"), (508, "#ff6b7f")):
        b.rect(x, 176, 112, 86, down(176, 262, "#2b1c4a", "#1a1030"))
        b.rect(x + 8, 196, 62, 54, down(196, 250, tint, "#2b1c4a"), 3, alpha=0.85)
        b.line([(x + 39, 196), (x + 39, 250)], "#1a1030", 2)
        b.rect(x + 78, 196, 26, 66, "#120b26", 3)
        for k in range(8):
            b.poly(
                [
                    (x - 2 + k * 14.5, 176),
                    (x + 12.5 + k * 14.5, 176),
                    (x + 12.5 + k * 14.5, 190),
                    (x + 5 + k * 14.5, 195),
                    (x - 2 + k * 14.5, 190),
                ],
                tint if k % 2 else "#f6e9ff",
                alpha=0.9,
            )
        b.glow(x + 39, 224, 80, tint, 0.35)
    for kind, x, y, tint, phase in SIGNS:
        flicker = 0.25 if kind == 4 and int(t * 7) % 5 == 0 else 1
        _sign(b, kind, x, y, tint, flicker * (0.85 + wave(t, 1.6, 0.15, phase)))
    for k, y0 in enumerate((34, 52)):
        b.line([(-10, y0), (220, y0 + 26), (430, y0 + 20), (660, y0 - 6 + 8 * k)], "#0b0820", 1.6)
    for i in range(15):
        x = 20 + i * 44
        b.circle(x, 60 + 22 * sin(tau / 2 * x / W) - 5, 3, ("#ff6fb5", "#ffd36a", "#66e0ff")[i % 3])
        b.glow(x, 60 + 22 * sin(tau / 2 * x / W) - 5, 20, ("#ff6fb5", "#ffd36a", "#66e0ff")[i % 3], 0.6)


def draw(b: Brush, t: float, length: float) -> None:
    """The cat walks right; at second seven a taxi splashes, at ten it reaches the tram stop."""
    with b.camera(
        between(300, 336, ramp(t, 0, length)),
        between(184, 190, ramp(t, 0, length)),
        between(1.02, 1.14, ramp(t, 0, length)),
    ):
        b.rect(-60, -60, W + 120, H + 120, down(0, 250, "#120a33", "#2d1459", "#55206f"))
        _street(b, t)
        b.rect(-60, GROUND, W + 120, H, down(GROUND, H, "#3a1f66", "#120a2a"))
        with b.layer(0.55, 2.6, "screen"), b.inside([(-60, GROUND), (W + 60, GROUND), (W + 60, H + 60), (-60, H + 60)]):
            for i, (_, x, _, tint, p) in enumerate(SIGNS):
                for k in range(9):
                    y = GROUND + 6 + 11 * k
                    wide = 44 - 3 * k + wave(t, 1.1, 7, p + 0.23 * k)
                    b.oval(x + wave(t, 1.7, 6, 0.31 * k + i), y, wide * 0.7, 4, tint, alpha=0.75 - 0.06 * k)
        x = between(60, 500, t / length)
        with b.layer(0.3, 1.5), b.at(x, 330, 1):
            b.canvas.scale(1, -0.6)
            cat_walking(b, 0, 18, 1.15, t, 1.4)
        b.glow(x, 300, 120, "#ff9fe0", 0.55)
        b.oval(x, 326, 66, 7, "#ffb8ec", alpha=0.25, blur=4)
        cat_walking(b, x, 322, 1.15, t, 1.4, "cross" if 7.2 < t < 9 else "look", light=0.35 + wave(t, 1.8, 0.12))
        _taxi(b, t)
        for i, (a, c, s, k) in enumerate(scatter(17, 40)):
            share = (t * 1.3 + k) % 1
            b.oval(
                a * W,
                GROUND + 14 + 84 * c,
                2 + 12 * share * (0.5 + s),
                0.8 + 3 * share,
                ("#ff9fd6", "#8fe9ff")[i % 2],
                width=1,
                alpha=0.6 * (1 - share),
            )
    rain(b, 3, 170, t, -0.16, 620, "#c9c4ff", 18, 0.4)
    rain(b, 8, 40, t, -0.16, 820, "#ffd3f0", 30, 0.45, 1.5)


def _taxi(b: Brush, t: float) -> None:
    if 5.4 < t < 8.4:
        x = between(820, -220, (t - 5.4) / 3.0)
        with b.at(x, 352):
            b.glow(-92, -26, 90, "#fff3b0", 0.9)
            b.blob(
                [(-92, -14), (-88, -36), (-54, -42), (-36, -68), (38, -68), (62, -42), (94, -36), (96, -12)], "#f5c11e"
            )
            b.blob([(-44, -42), (-30, -62), (-4, -62), (-4, -42)], "#1b2344")
            b.blob([(4, -42), (4, -62), (34, -62), (50, -42)], "#1b2344")
            b.rect(-14, -80, 26, 12, "#fff6cf", 3)
            for wheel in (-56, 58):
                b.circle(wheel, -10, 16, "#17121f")
                b.circle(wheel, -10, 7, "#8b8798")
    splash = pulse(t, 6.8, 8.0)
    if splash:
        for a, c, s, k in scatter(23, 60):
            b.circle(
                between(60, 500, t / 12) + 170 * (a - 0.5),
                330 - 100 * splash * c * (0.4 + s),
                1.2 + 3 * k,
                "#b9d8ff",
                alpha=0.85 * splash,
            )

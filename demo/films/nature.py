"""Sky, weather, water and growing things, shared by the scenes."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin, tau

from demo.films.brush import Brush, Fill, H, W, across, down, mix, radial
from demo.films.motion import noise, scatter, wave


def stars(
    b: Brush, seed: int, count: int, t: float, depth: float = H, tint: str = "#ffffff", size: float = 1.3
) -> None:
    """Twinkling stars down to y=depth, fewer near the bottom."""
    for x, y, s, phase in scatter(seed, count):
        light = 0.55 + 0.45 * sin(tau * (t * (0.15 + 0.25 * s) + phase))
        b.circle(x * W, y**1.3 * depth, 0.35 + size * s**4, tint, alpha=light * (0.35 + 0.65 * s))


def moon(
    b: Brush, x: float, y: float, radius: float, tint: str = "#fff4d6", shade: str = "#e3d3ae", halo: float = 4
) -> None:
    """A full moon with seas and a halo."""
    b.glow(x, y, radius * halo, tint, 0.5)
    b.circle(x, y, radius, tint)
    with b.inside(oval=(x, y, radius, radius)):
        b.circle(x + radius * 0.35, y + radius * 0.3, radius * 1.05, shade, alpha=0.25, blur=radius / 6)
        for dx, dy, r in (
            (-0.35, -0.25, 0.28),
            (0.25, 0.1, 0.2),
            (-0.1, 0.45, 0.16),
            (0.45, -0.4, 0.12),
            (0.05, -0.6, 0.1),
        ):
            b.circle(x + dx * radius, y + dy * radius, r * radius, shade, alpha=0.6, blur=radius / 22)


def cloud(b: Brush, x: float, y: float, scale: float, light: str, shade: str, seed: int = 1, alpha: float = 1) -> None:
    """A heap of soft balls, lit from above, flat below."""
    puffs = [(i / 9, 0.3 + 0.7 * s, h) for i, (s, h, _, _) in enumerate(scatter(seed, 10))]
    with b.layer(alpha):
        for part, tint, lift in ((0, shade, 0.0), (1, light, 7.0)):
            for place, size, high in puffs:
                px = x + (place - 0.5) * 120 * scale
                py = y - (6 + 26 * high) * scale * (1 - 1.7 * abs(place - 0.5)) - lift * scale * part
                radius = (8 + 19 * size * (1.0 - 1.2 * abs(place - 0.5))) * scale * (0.9 if part else 1)
                b.circle(px, py, radius, tint, blur=1.1 * scale)


def ridge(
    b: Brush, seed: int, base: float, height: float, wide: float, fill: Fill, shift: float = 0, octaves: int = 4
) -> None:
    """A row of hills; wide = pixels a hill, shift = parallax in pixels."""
    tops = [(x, base - height * (0.5 + 0.5 * noise((x + shift) / wide, seed, octaves))) for x in range(-8, W + 17, 8)]
    b.poly([(-8, H + 4), *tops, (W + 16, H + 4)], fill)


def sea(b: Brush, top: float, colours: Sequence[str], t: float, sparkle: str, seed: int = 7, count: int = 90) -> None:
    """A calm sea from y=top down, with glints that grow towards us."""
    b.rect(0, top, W, H - top, down(top, H, *colours))
    for x, y, s, phase in scatter(seed, count):
        depth = y**1.7
        light = max(0.0, sin(tau * (t * (0.1 + 0.2 * s) + phase)))
        width = 3 + 26 * depth * (0.4 + s)
        b.oval(
            (x * 1.1 - 0.05) * W + wave(t, 6, 6, phase),
            top + 2 + depth * (H - top),
            width,
            0.5 + 1.2 * depth,
            sparkle,
            alpha=0.5 * light,
        )


def glitter(
    b: Brush, x: float, top: float, width: float, tint: str, t: float, seed: int = 5, count: int = 60, bottom: float = H
) -> None:
    """The path of light that a sun or lamp lays on water."""
    for px, y, s, phase in scatter(seed, count):
        depth = y**1.4
        spread = width * (0.25 + depth)
        light = 0.35 + 0.65 * max(0.0, sin(tau * (t * 0.35 + phase)))
        b.oval(
            x + (px - 0.5) * spread,
            top + 2 + depth * (bottom - top),
            2 + 15 * depth * s,
            0.6 + 1.3 * depth,
            tint,
            alpha=light * 0.75,
            blend="screen",
        )


def swell(
    b: Brush,
    base: float,
    height: float,
    wide: float,
    fill: Fill,
    t: float,
    speed: float,
    seed: int,
    foam: str | None = None,
) -> None:
    """One row of waves that travels sideways; foam rides the tops."""
    tops = []
    for x in range(-8, W + 17, 6):
        u = (x + speed * t) / wide
        tops.append(
            (
                x,
                base
                - height * (0.6 * sin(tau * u) + 0.4 * noise(u * 0.7, seed, 3) + 0.25 * sin(tau * (2.1 * u + 0.3))),
            )
        )
    b.poly([(-8, H + 4), *tops, (W + 16, H + 4)], fill)
    if foam:
        b.line(tops, foam, 2, alpha=0.55)
        for (x, y), (a, c, s, _) in zip(tops, scatter(seed + 1, len(tops)), strict=True):
            if y < base - height * 0.25:
                b.circle(x + 8 * a, y + 2 + 9 * c, 0.8 + 1.6 * s, foam, alpha=0.6)


def rain(
    b: Brush,
    seed: int,
    count: int,
    t: float,
    slant: float,
    speed: float,
    tint: str,
    length: float = 16,
    alpha: float = 0.4,
    width: float = 1,
) -> None:
    """Streaks that fall with the wind; slant = sideways pixels a downward pixel."""
    for x, y, s, light in scatter(seed, count):
        fall = (y * 1.2 + t * speed * (0.8 + 0.4 * s) / H) % 1.2 - 0.1
        px = (x * 1.5 - 0.25) * W + slant * fall * H
        reach = length * (0.5 + s)
        b.line([(px, fall * H), (px + slant * reach, fall * H + reach)], tint, width, alpha=alpha * (0.4 + 0.6 * light))


def drift(
    b: Brush,
    seed: int,
    count: int,
    t: float,
    speed: tuple[float, float],
    tint: str,
    size: float,
    alpha: float = 0.8,
    sway: float = 10,
    blend: str = "over",
    blur: float = 0,
) -> None:
    """Specks that float: dust, pollen, snow, bubbles, fireflies; they wrap round the edges."""
    for x, y, s, phase in scatter(seed, count):
        px = (x * W + speed[0] * t * (0.5 + s) + sway * sin(tau * (t * 0.13 + phase))) % (W + 40) - 20
        py = (y * H + speed[1] * t * (0.5 + s) + 0.5 * sway * cos(tau * (t * 0.17 + phase))) % (H + 40) - 20
        light = 0.6 + 0.4 * sin(tau * (t * 0.3 + phase))
        b.circle(px, py, size * (0.35 + 0.9 * s), tint, alpha=alpha * light, blend=blend, blur=blur)


def petals(
    b: Brush, seed: int, count: int, t: float, speed: tuple[float, float], tints: Sequence[str], size: float = 4
) -> None:
    """Turning petals or leaves on the wind."""
    for i, (x, y, s, phase) in enumerate(scatter(seed, count)):
        px = (x * W + speed[0] * t * (0.6 + s) + 14 * sin(tau * (t * 0.2 + phase))) % (W + 40) - 20
        py = (y * H + speed[1] * t * (0.6 + s)) % (H + 40) - 20
        with b.at(px, py, 0.5 + 0.8 * s, 360 * (phase + 0.22 * t)):
            b.oval(0, 0, size, size * (0.25 + 0.3 * abs(sin(tau * (t * 0.25 + phase)))), tints[i % len(tints)])


def grass(
    b: Brush,
    seed: int,
    base: float,
    count: int,
    height: float,
    t: float,
    tints: Sequence[str],
    left: float = 0,
    right: float = W,
    wind: float = 6,
) -> None:
    """Blades that bend together in gusts."""
    for i, (x, y, s, phase) in enumerate(scatter(seed, count)):
        px = left + x * (right - left)
        bend = wind * (0.6 + s) * (0.5 + sin(tau * (t * 0.35 - px / 260 + 0.1 * phase)))
        top = height * (0.45 + 0.75 * s)
        foot = base + 9 * y
        b.line(
            [(px, foot), (px + bend * 0.35, foot - top * 0.55), (px + bend, foot - top)], tints[i % len(tints)], 1.3 + s
        )


def beam(
    b: Brush, x: float, y: float, angle: float, spread: float, reach: float, tint: str, alpha: float = 0.5
) -> None:
    """A cone of light from a lamp; angle and spread in radians."""
    points = [(x, y)]
    points += [(x + reach * cos(angle + k * spread), y + reach * sin(angle + k * spread)) for k in (-1, -0.4, 0.4, 1)]
    shader = radial(x, y, reach, tint[:7] + "d0", tint[:7] + "60", tint[:7] + "18", tint[:7] + "00")
    b.poly(points, shader, alpha=alpha, blend="screen", blur=5)
    b.poly([points[0], points[2], points[3]], shader, alpha=alpha * 0.7, blend="screen", blur=3)


def curtain(b: Brush, seed: int, base: float, height: float, tint: str, t: float, alpha: float = 0.5) -> None:
    """An aurora: a wavy foot from which rays rise and fade."""
    for i in range(0, W + 24, 5):
        u = i / 210
        foot = base + 26 * noise(u + t * 0.03, seed, 3) + 12 * sin(tau * (u * 0.7 + t * 0.05))
        ray = height * (0.65 + 0.35 * noise(u * 3 + t * 0.11, seed + 1, 3))
        light = 0.55 + 0.45 * noise(u * 1.7 - t * 0.07, seed + 2, 3)
        lean = 14 * noise(u * 0.8, seed + 3, 2)
        shader = down(foot - ray, foot + 8, tint + "00", tint + "55", tint + "ff", tint + "00")
        b.poly(
            [(i - 4, foot + 8), (i + 5, foot + 8), (i + 5 + lean, foot - ray), (i - 4 + lean, foot - ray)],
            shader,
            alpha=alpha * max(0.05, light),
            blend="screen",
        )


def flower(b: Brush, x: float, y: float, size: float, petal: str, heart: str, count: int = 6, turn: float = 0) -> None:
    """An open blossom seen from the front."""
    for i in range(count):
        angle = tau * (i / count + turn)
        with b.at(x + size * 0.55 * cos(angle), y + size * 0.55 * sin(angle), 1, 360 * (i / count + turn)):
            b.oval(0, 0, size * 0.55, size * 0.33, petal)
    b.circle(x, y, size * 0.34, heart)


def tuft(b: Brush, x: float, y: float, radius: float, dark: str, light: str, seed: int) -> None:
    """A round crown of leaves, lit from the upper left."""
    for i, (px, py, s, k) in enumerate(scatter(seed, 26)):
        angle, reach = tau * px, radius * py**0.6
        fill = mix(
            dark,
            light,
            min(1.0, max(0.0, 0.5 - (sin(angle) + cos(angle) * 0.6) * py * 0.45 + 0.25 * (k - 0.5) + 0.01 * i)),
        )
        b.circle(x + reach * cos(angle), y + reach * 0.8 * sin(angle), radius * (0.24 + 0.2 * s), fill)


def shade_sides(b: Brush, tint: str, alpha: float = 0.6) -> None:
    """Darker left and right edges, to keep the eye in the middle."""
    b.fill(across(0, W, tint[:7] + "ff", tint[:7] + "00", tint[:7] + "00", tint[:7] + "ff"), alpha=alpha)

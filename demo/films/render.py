"""From a scene and a time to a finished picture: bloom, vignette, grain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import skia
from PIL import Image

from demo.films import FILMS, SCENE_SECONDS, SIZE, draw_scene, scene_at
from demo.films.brush import Brush, radial

QUALITY = 85


def _bloom(surface: skia.Surface, strength: float = 0.28) -> None:
    """Let bright places shine into their surroundings."""
    image = surface.makeImageSnapshot()
    keep = 1.7  # contrast: only what is brighter than the middle glows
    bright = skia.ColorFilters.Matrix([keep, 0, 0, 0, -0.75, 0, keep, 0, 0, -0.75, 0, 0, keep, 0, -0.75, 0, 0, 0, 1, 0])
    soft = skia.ImageFilters.Blur(11, 11, skia.TileMode.kClamp, skia.ImageFilters.ColorFilter(bright))
    paint = skia.Paint(ImageFilter=soft, BlendMode=skia.BlendMode.kScreen)
    paint.setAlphaf(strength)
    surface.getCanvas().drawImage(image, 0, 0, skia.SamplingOptions(), paint)


def _vignette(brush: Brush) -> None:
    shader = radial(SIZE[0] / 2, SIZE[1] / 2, 400, "#00000000", "#00000000", "#00000010", "#00000060")
    brush.fill(shader, blend="multiply")


def _grain(pixels: np.ndarray, seed: int, strength: float = 1.6) -> np.ndarray:
    """Film grain; seeded by the picture's own place in time."""
    speck = np.random.default_rng(seed).normal(0, strength, pixels.shape[:2])[:, :, None]
    return np.clip(pixels + speck, 0, 255).astype(np.uint8)


def picture(film: str, time: float) -> Image.Image:
    """One finished picture of a film, 640 x 360 RGB."""
    scene, t = scene_at(film, time)
    surface = skia.Surface(*SIZE)
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorBLACK)
    brush = Brush(canvas)
    draw_scene(film, scene)(brush, t, SCENE_SECONDS)
    _bloom(surface)
    _vignette(brush)
    rgba = np.asarray(surface.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType), dtype=np.float64)
    return Image.fromarray(_grain(rgba[:, :, :3], seed=round(time * 1000) + 1_000_000 * list(FILMS).index(film)))


def save_frames(film: str, folder: Path, seconds: range) -> None:
    """Write `<second, six digits>.jpg` for each second (the picture of its middle, so that no cut falls on it)."""
    folder.mkdir(parents=True, exist_ok=True)
    for second in seconds:
        picture(film, second + 0.5).save(folder / f"{second:06d}.jpg", quality=QUALITY, optimize=True, subsampling=2)


HIGHLIGHTS = (
    ("lighthouse", 28.2),
    ("lighthouse", 64.0),
    ("courier", 2.0),
    ("courier", 65.0),
    ("moon", 17.6),
    ("moon", 67.0),
)
"""Moments of the preview: film and second."""


def save_preview(path: Path, size: tuple[int, int] = (384, 216), seconds: float = 1.75, fps: int = 8) -> None:
    """A small moving picture of the highlights, for the README."""
    frames = [
        picture(film, start + i / fps).resize(size, Image.Resampling.LANCZOS)
        for film, start in HIGHLIGHTS
        for i in range(round(seconds * fps))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=1000 // fps, loop=0, quality=62, method=4)

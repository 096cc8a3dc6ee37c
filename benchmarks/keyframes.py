"""How long the key frames of a film of two hours take, and in how much memory.

`python -m benchmarks.keyframes [--frames 7400]` draws so many frames in shots of 2 to 12 seconds (a gradient and
some shapes in a palette of its own for each place, panned, with grain; a third of the shots return to an earlier
place), writes them as JPEG as they would come from a film, and chooses among them. The target is 7,400 frames in 2 GB.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from generation.corpus import keyframes

SIZE = (320, 180)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=7_400)
    count = parser.parse_args().frames
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder:
        shots = _draw(Path(folder), count)
        before = _peak()
        start, worked = time.perf_counter(), time.process_time()
        frames = {second: f"{folder}/{second:06d}.jpg" for second in range(count)}
        chosen = keyframes.of_frames(frames, keyframes.Options())
        spent, worked = time.perf_counter() - start, time.process_time() - worked
    print(
        f"{count:,} frames of {shots} places: {len(chosen)} key frames in {spent:.1f} s ({worked:.1f} s of processor)"
    )
    print(f"peak memory {_peak():,.0f} MB ({before:,.0f} MB before)")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _draw(folder: Path, count: int) -> int:
    """Write the film; the number of different places in it."""
    draw = random.Random(0)
    grain = np.random.default_rng(0).normal(0, 4, (SIZE[1], SIZE[0], 3)).astype(np.float32)
    places = second = 0
    while second < count:
        if not places or draw.random() < 2 / 3:
            place, places = places, places + 1
        else:
            place = draw.randrange(places)
        base = _place(place)
        for step in range(min(draw.randint(2, 12), count - second)):
            pixels = np.roll(base, 4 * step, axis=1) + np.roll(grain, 977 * second)
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"{second:06d}.jpg", quality=85)
            second += 1
    return places


def _place(place: int) -> np.ndarray:
    """A gradient between two colours of the place and four discs of others: (height, width, 3)."""
    rng = np.random.default_rng(place)
    colours = rng.integers(0, 256, (6, 3)).astype(np.float32)
    x, y = np.meshgrid(np.linspace(0, 1, SIZE[0]), np.linspace(0, 1, SIZE[1]))
    share = np.clip(x * rng.uniform(0.2, 1) + y * rng.uniform(0.2, 1) - 0.2, 0, 1)[..., None]
    pixels = (colours[0] * (1 - share) + colours[1] * share).astype(np.float32)
    for colour, (cx, cy, radius) in zip(colours[2:], rng.uniform(0.1, 0.9, (4, 3)), strict=True):
        pixels[(x - cx) ** 2 + (y - cy) ** 2 < (0.3 * radius) ** 2] = colour
    return pixels


if __name__ == "__main__":
    main()

"""How long the key frames of a film of two hours take, and in how much memory.

`python -m benchmarks.keyframes [--frames 7400]` draws so many frames in shots of 2 to 12 seconds (a drifting gradient
and some shapes in a palette of its own for each place; a third of the shots return to an earlier place), writes them
as JPEG as they would come from a film, and chooses among them. The target is 7,400 frames in 2 GB.
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
    places = second = 0
    while second < count:
        if not places or draw.random() < 2 / 3:
            place, places = places, places + 1
        else:
            place = draw.randrange(places)
        for step in range(min(draw.randint(2, 12), count - second)):
            _frame(place, step).save(folder / f"{second:06d}.jpg", quality=85)
            second += 1
    return places


def _frame(place: int, step: int) -> Image.Image:
    """A wide gradient between two colours of the place, four discs of others that move, and grain."""
    rng = np.random.default_rng(place)
    colours = rng.integers(0, 256, (6, 3)).astype(float)
    x, y = np.meshgrid(np.linspace(0, 1, SIZE[0]), np.linspace(0, 1, SIZE[1]))
    share = np.clip(x * rng.uniform(0.2, 1) + y * rng.uniform(0.2, 1) - 0.2 + 0.01 * step, 0, 1)[..., None]
    pixels = colours[0] * (1 - share) + colours[1] * share
    for colour, (cx, cy, radius, speed) in zip(colours[2:], rng.uniform(0.1, 0.9, (4, 4)), strict=True):
        pixels[(x - cx - 0.02 * speed * step) ** 2 + (y - cy) ** 2 < (0.3 * radius) ** 2] = colour
    grain = np.random.default_rng((place, step)).normal(0, 4, pixels.shape)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()

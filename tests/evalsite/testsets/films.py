"""Small films made for tests: a bar that grows with time, on a ground that grows brighter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np


def film(
    path: Path,
    codec: str = "libx264",
    *,
    seconds: float = 2,
    size: tuple[int, int] = (64, 36),
    rate: int = 10,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a film; `options` are the container's."""
    width, height = size
    with av.open(str(path), "w", options=options or {}) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * rate)):
            picture = np.full((height, width, 3), 60 + number % 120, np.uint8)
            picture[:, : 1 + number * width // round(seconds * rate)] = (200, 40, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path

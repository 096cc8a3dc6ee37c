"""Vectors of frames: read from a corpus' feature files, or computed from the frames as they come.

A corpus keeps ``features/<backbone>.safetensors`` (video id -> (seconds, dim) float16) and
``features/<backbone>.json`` (which second each row is, and which weights made them).
"""

import json
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from generation.corpus.backbones import Backbone, dimension
from generation.corpus.records import Corpus
from generation.errors import UserError

BATCH = 32


class Features(Protocol):
    """Whatever turns frames into vectors."""

    dim: int
    digest: str

    def lookup(self, frames: Sequence[str | None]) -> Tensor:
        """Frames as samples name them -> (n, dim) float32; ``None`` (no frame) becomes zeros."""
        ...


class NoFeatures:
    """Zeros for every frame: for corpora without frames, and systems told to see nothing."""

    digest = "none"

    def __init__(self, dim: int) -> None:
        self.dim = dim

    def lookup(self, frames: Sequence[str | None]) -> Tensor:
        return torch.zeros(len(frames), self.dim)


class LiveFeatures:
    """Computed on demand by a backbone, the last few thousand kept. The backbone is loaded at the first frame."""

    def __init__(
        self,
        backbone: str,
        *,
        weights: Path | None = None,
        device: torch.device | str = "cpu",
        expected: str = "",
        kept: int = 4096,
    ) -> None:
        self.name, self.dim, self.digest = backbone, dimension(backbone), expected
        self._weights, self._device, self._kept = weights, device, kept
        self._backbone: Backbone | None = None
        self._cache: OrderedDict[str, Tensor] = OrderedDict()

    def lookup(self, frames: Sequence[str | None]) -> Tensor:
        found = {frame: self._cache[frame] for frame in frames if frame in self._cache}
        missing = list(dict.fromkeys(frame for frame in frames if frame is not None and frame not in found))
        for i in range(0, len(missing), BATCH):
            part = missing[i : i + BATCH]
            found.update(zip(part, self._network()(part), strict=True))
        self._cache.update(found)
        for frame in found:
            self._cache.move_to_end(frame)
        while len(self._cache) > self._kept:
            self._cache.popitem(last=False)
        zero = torch.zeros(self.dim, dtype=torch.float16)
        return torch.stack([zero if f is None else found[f] for f in frames]).float()

    def _network(self) -> Backbone:
        if self._backbone is None:
            self._backbone = Backbone(self.name, weights=self._weights, device=self._device)
            if self.digest not in ("", "none", self._backbone.digest):
                raise UserError(
                    f"The checkpoint was trained on features of other {self.name} weights ({self.digest[:12]}) "
                    f"than those found here ({self._backbone.digest[:12]})."
                )
        return self._backbone


class StoredFeatures:
    """Read from the feature files of one or more corpora; a video's rows are read when first asked for."""

    def __init__(self, corpora: Sequence[Corpus], backbone: str) -> None:
        self.dim = dimension(backbone)
        self._where: dict[str, tuple[Path, str, int]] = {}
        self._videos: OrderedDict[tuple[Path, str], Tensor] = OrderedDict()
        digests = {self._index(corpus, backbone) for corpus in corpora if any(v.frames for v in corpus.videos)}
        if len(digests) > 1:
            raise UserError(f"The corpora's {backbone} features were made with different weights; make them anew.")
        self.digest = digests.pop() if digests else "none"

    def _index(self, corpus: Corpus, backbone: str) -> str:
        folder = (corpus.root or Path()) / "features"
        path = folder / f"{backbone}.safetensors"
        try:
            index = json.loads((folder / f"{backbone}.json").read_text(encoding="utf-8"))
            with safe_open(path, framework="pt") as file:
                stored = set(file.keys())
        except FileNotFoundError as error:
            raise UserError(
                f"Corpus {corpus.name} has no {backbone} features; make them with: "
                f"python -m generation features {corpus.root} --backbone {backbone}"
            ) from error
        except (OSError, ValueError, SafetensorError) as error:
            raise UserError(f"{folder / backbone}.* cannot be read: {error}; make the features anew.") from error
        for video in corpus.videos:
            rows = {second: row for row, second in enumerate(index["videos"].get(video.id, []))}
            for second, frame in video.frames.items():
                if second not in rows or video.id not in stored:
                    raise UserError(
                        f"{path} lacks second {second} of video {video.id}; make the features anew with: "
                        f"python -m generation features {corpus.root} --backbone {backbone}"
                    )
                self._where[frame] = (path, video.id, rows[second])
        digest: str = index["weights"]
        return digest

    def _video(self, path: Path, video: str) -> Tensor:
        key = (path, video)
        if key not in self._videos:
            with safe_open(path, framework="pt") as file:
                self._videos[key] = file.get_tensor(video)
        self._videos.move_to_end(key)
        while len(self._videos) > 512:  # of about 3 MB each at paper scale
            self._videos.popitem(last=False)
        return self._videos[key]

    def lookup(self, frames: Sequence[str | None]) -> Tensor:
        out = torch.zeros(len(frames), self.dim)
        for i, frame in enumerate(frames):
            if frame is not None:
                if frame not in self._where:
                    raise UserError(f"Frame {frame} is not in the corpus whose features were loaded.")
                path, video, row = self._where[frame]
                out[i] = self._video(path, video)[row]
        return out


def for_corpora(corpora: Sequence[Corpus], backbone: str) -> Features:
    """What a system with this backbone sees of these corpora; ``"none"`` and corpora without frames give zeros."""
    if backbone == "none":
        return NoFeatures(1)
    if not any(video.frames for corpus in corpora for video in corpus.videos):
        return NoFeatures(dimension(backbone))
    return StoredFeatures(corpora, backbone)


def extract(corpus: Corpus, backbone: Backbone, *, progress: Any = iter) -> Path:
    """Compute the vectors of every frame and write both files; ``progress`` wraps the list of videos."""
    if corpus.root is None:
        raise UserError(f"Corpus {corpus.name} lies in no folder; prepare it first.")
    tensors, seconds = {}, {}
    for video in progress([v for v in corpus.videos if v.frames]):
        ordered = sorted(video.frames)
        parts = [ordered[i : i + BATCH] for i in range(0, len(ordered), BATCH)]
        tensors[video.id] = torch.cat([backbone([video.frames[s] for s in part]) for part in parts])
        seconds[video.id] = ordered
    if not tensors:
        raise UserError(f"Corpus {corpus.name} has no frames, so there is nothing to make features of.")
    return save(corpus.root / "features", backbone.name, tensors, seconds, weights=backbone.digest)


def save(
    folder: Path, backbone: str, tensors: dict[str, Tensor], seconds: dict[str, list[int]], *, weights: str
) -> Path:
    """Write vectors (video id -> (rows, dim)) and the second of each row; ``weights`` names what made them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{backbone}.safetensors"
    half = {video: rows.half().contiguous() for video, rows in tensors.items()}
    save_file(half, path.with_suffix(".part"))
    dim = next(iter(tensors.values())).shape[1]
    about = {"format": 1, "backbone": backbone, "dim": dim, "weights": weights, "videos": seconds}
    path.with_suffix(".json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    path.with_suffix(".part").replace(path)
    return path

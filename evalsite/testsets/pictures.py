"""Pictures from strangers: found inside one folder only, bounded, and proved sound by decoding them once."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from evalsite.testsets.jsonl import shown

BYTE_LIMIT = 10 * 2**20
PIXEL_LIMIT = 40_000_000
KINDS = {"JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png"), "WEBP": ("image/webp", ".webp")}


class Picture(NamedTuple):
    """A sound picture: where it lies and what it is."""

    path: Path
    digest: str
    content_type: str
    suffix: str
    width: int
    height: int


class PictureError(ValueError):
    """A picture that cannot be used; the text is a sentence."""


class Folder:
    """The folder that a test set's frame names are relative to. Every name is looked at once."""

    def __init__(self, root: Path | None) -> None:
        self.root = root.resolve() if root else None
        self.pictures: dict[str, Picture] = {}  # by digest
        self._names: dict[str, Picture | PictureError] = {}
        self._files: dict[Path, str] = {}

    def digest(self, name: str) -> str:
        """SHA-256 of the named picture; PictureError says why it cannot be used."""
        if name not in self._names:
            try:
                self._names[name] = self._look(name)
            except PictureError as error:
                self._names[name] = error
        found = self._names[name]
        if isinstance(found, PictureError):
            raise found
        return found.digest

    def _look(self, name: str) -> Picture:
        path = self._inside(name)
        content = read_bounded(path, name)
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self.pictures:
            self.pictures[digest] = inspect(content, name, path, digest)
        return self.pictures[digest]

    def _inside(self, name: str) -> Path:
        """The regular file of that name in the folder, links followed; PictureError where it leads elsewhere."""
        if self.root is None:
            raise PictureError(f"The picture {shown(name)} cannot be found: no folder was given (--frames DIR).")
        try:
            path = (self.root / name).resolve()
            inside = path.is_relative_to(self.root) and not Path(name).is_absolute()
            sound = inside and path.is_file()
        except (OSError, RuntimeError, ValueError):  # a name too long, a loop of links
            inside, sound = True, False
        if not inside:
            raise PictureError(f"The picture {shown(name)} lies outside the folder of frames.")
        if not sound:
            raise PictureError(f"The picture {shown(name)} is not in the folder of frames, {self.root}.")
        return path


def read_bounded(path: Path, name: str) -> bytes:
    """The file's bytes; PictureError where there are too many or it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTE_LIMIT + 1)
    except OSError as error:
        raise PictureError(f"The picture {shown(name)} cannot be read: {error.strerror}.") from None
    if len(content) > BYTE_LIMIT:
        raise PictureError(f"The picture {shown(name)} is larger than 10 MiB.")
    return content


def inspect(content: bytes, name: str, path: Path, digest: str) -> Picture:
    """Decode the picture once. Its size is read from the header first, so that a bomb is never unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            with Image.open(io.BytesIO(content), formats=list(KINDS)) as image:
                _within_limits(image, name)
                image.load()
                content_type, suffix = KINDS[image.format or ""]
                return Picture(path, digest, content_type, suffix, image.width, image.height)
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise PictureError(f"The picture {shown(name)} has more than 40 megapixels.") from None
    except Exception:  # Pillow's decoders raise many kinds; each means a broken picture
        raise PictureError(f"The picture {shown(name)} is not a sound JPEG, PNG or WebP file.") from None


def _within_limits(image: Image.Image, name: str) -> None:
    if image.width * image.height > PIXEL_LIMIT:
        raise PictureError(f"The picture {shown(name)} has {image.width} x {image.height} pixels, over 40 megapixels.")
    if getattr(image, "is_animated", False):
        raise PictureError(f"The picture {shown(name)} is animated; a frame is a still picture.")

"""Frames from strangers, bounded, and proved sound by decoding them once."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from evalsite.testsets.folders import FileError, Folder

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

    def columns(self) -> dict[str, object]:
        """What the database keeps of it beside digest and file."""
        return {"content_type": self.content_type, "width": self.width, "height": self.height}


class Pictures(Folder[Picture]):
    """The folder that `frames` are relative to."""

    subject, option, byte_limit = gettext_lazy("The picture %(name)s"), "frames", 10 * 2**20

    def inspect(self, content: bytes, name: str, path: Path, digest: str) -> Picture:
        """Decode the picture. Raises FileError."""
        return inspect(content, name, path, digest)


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
    except FileError:
        raise
    except Image.DecompressionBombError:
        raise FileError(_("%(file)s has more than 40 megapixels.") % Pictures.about(name)) from None
    except Exception:  # Pillow's decoders raise many kinds; each means a broken picture
        raise FileError(_("%(file)s is not a sound JPEG, PNG or WebP file.") % Pictures.about(name)) from None


def _within_limits(image: Image.Image, name: str) -> None:
    if image.width * image.height > PIXEL_LIMIT:
        told = Pictures.about(name, width=image.width, height=image.height)
        raise FileError(_("%(file)s has %(width)s x %(height)s pixels, over 40 megapixels.") % told)
    if getattr(image, "is_animated", False):
        raise FileError(_("%(file)s is animated; a frame is a still picture.") % Pictures.about(name))

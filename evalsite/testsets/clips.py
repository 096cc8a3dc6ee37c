"""Clips from strangers: a few seconds of film, bounded, in a container and a codec that every browser plays."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evalsite.testsets import containers
from evalsite.testsets.folders import FileError, Folder

LONGEST = 60  # seconds; raters watch it again and again
PIXEL_LIMIT = 1920 * 1080


class ClipFile(NamedTuple):
    """A clip: where it lies and what it is."""

    path: Path
    digest: str
    content_type: str
    suffix: str
    width: int
    height: int
    duration: float

    def columns(self) -> dict[str, object]:
        """What the database keeps of it beside digest and file."""
        names = ("content_type", "width", "height", "duration")
        return {name: getattr(self, name) for name in names}


class Clips(Folder[ClipFile]):
    """The folder that `clip` is relative to."""

    subject, option, byte_limit = gettext_lazy("The clip %(name)s"), "clips", 16 * 2**20

    def inspect(self, content: bytes, name: str, path: Path, digest: str) -> ClipFile:
        """Read what the file says of itself. Raises FileError."""
        try:
            film = containers.read(content)
        except containers.ContainerError as error:
            raise FileError(_faulty(name, str(error))) from None
        if fault := _beyond_limits(film):
            raise FileError(_faulty(name, fault))
        return ClipFile(path, digest, film.content_type, film.suffix, film.width, film.height, film.duration)


def _faulty(name: str, fault: str) -> str:
    return _("%(file)s %(fault)s.") % Clips.about(name, fault=fault)


def _beyond_limits(film: containers.Film) -> str:
    if not (math.isfinite(film.duration) and film.duration > 0):
        return _("does not say how long it is; write it anew, for example with ffmpeg -i CLIP -c copy NEW")
    if film.duration > LONGEST:
        told = {"seconds": f"{film.duration:.0f}", "limit": LONGEST}
        return _("lasts %(seconds)s seconds; at most %(limit)s are shown") % told
    if not 0 < film.width * film.height <= PIXEL_LIMIT:
        told = {"width": film.width, "height": film.height}
        return _("has %(width)s x %(height)s pixels; at most those of 1920 x 1080 are shown") % told
    return ""

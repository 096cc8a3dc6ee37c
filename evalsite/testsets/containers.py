"""Reads what a film file says of itself: container, codec, size, duration. Nothing is decoded, nothing is believed.

Boxes of MP4 (ISO/IEC 14496-12) and elements of WebM (RFC 8794, Matroska) are walked along one fixed path; every
length must stay within what holds it, so that a file that was cut off is found out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import NamedTuple

from django.utils.translation import gettext as _

MP4_CODECS = {"avc1": "H.264", "avc3": "H.264", "av01": "AV1", "vp09": "VP9"}
WEBM_CODECS = {"V_VP8": "VP8", "V_VP9": "VP9", "V_AV1": "AV1"}


class Film(NamedTuple):
    """A film's first track of pictures; `duration` in seconds, 0 where the file does not say."""

    content_type: str
    suffix: str
    codec: str
    width: int
    height: int
    duration: float


class ContainerError(ValueError):
    """Not a film this site can show; the text ends a sentence that began with the file."""


class _Part(NamedTuple):
    """One box or element: its name and where its content lies."""

    name: str
    start: int
    end: int


def read(content: bytes) -> Film:
    """What the file is. Raises ContainerError."""
    try:
        if content[4:8] == b"ftyp":
            return _mp4(content)
        if content[:4] == b"\x1a\x45\xdf\xa3":
            return _webm(content)
    except (struct.error, IndexError, KeyError, StopIteration, ValueError) as error:
        if isinstance(error, ContainerError):
            raise
        raise ContainerError(_("is cut off or broken")) from None
    raise ContainerError(_("is not an MP4 or WebM file"))


def _mp4(content: bytes) -> Film:
    whole = list(_boxes(content, 0, len(content)))  # up to the last byte: the first thing a broken copy loses
    movie = next((box for box in whole if box.name == "moov"), None)
    if movie is None:
        raise ContainerError(_("has no index (moov); it was not written to its end"))
    for track in _all(content, movie, "trak"):
        media = next(_all(content, track, "mdia"))
        handler = next(_all(content, media, "hdlr"))
        if content[handler.start + 8 : handler.start + 12] == b"vide":
            return _mp4_track(content, media, _mp4_duration(content, movie))
    raise ContainerError(_("holds no pictures"))


def _mp4_track(content: bytes, media: _Part, duration: float) -> Film:
    table = next(_all(content, next(_all(content, media, "minf")), "stbl"))
    description = next(_all(content, table, "stsd"))
    entry = next(_boxes(content, description.start + 8, description.end))
    width, height = struct.unpack_from(">HH", content, entry.start + 24)
    return Film("video/mp4", ".mp4", _known(entry.name, MP4_CODECS), width, height, duration)


def _mp4_duration(content: bytes, movie: _Part) -> float:
    header = next(_all(content, movie, "mvhd"))
    if content[header.start]:
        scale, length = struct.unpack_from(">IQ", content, header.start + 20)
    else:
        scale, length = struct.unpack_from(">II", content, header.start + 12)
    return length / scale if scale else 0.0


def _all(content: bytes, parent: _Part, name: str) -> Iterator[_Part]:
    return (box for box in _boxes(content, parent.start, parent.end) if box.name == name)


def _boxes(content: bytes, start: int, end: int) -> Iterator[_Part]:
    while start < end:
        size, kind = struct.unpack_from(">I4s", content, start)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", content, start + 8), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise ContainerError(_("is cut off or broken"))
        yield _Part(kind.decode("latin-1"), start + head, start + size)
        start += size


def _webm(content: bytes) -> Film:
    header, segment = islice(_elements(content, 0, len(content)), 2)
    if _fields(content, header)["4282"].rstrip(b"\0") != b"webm" or segment.name != "18538067":
        raise ContainerError(_("is not an MP4 or WebM file"))
    parts = {part.name: part for part in _until_pictures(content, segment)}
    tracks = parts["1654ae6b"]
    for entry in _elements(content, tracks.start, tracks.end):
        track = _fields(content, entry)
        if entry.name == "ae" and track["83"] == b"\x01":
            return _webm_track(track, _webm_duration(_fields(content, parts["1549a966"])))
    raise ContainerError(_("holds no pictures"))


def _webm_track(track: dict[str, bytes], duration: float) -> Film:
    pixels = _fields(track["e0"], _Part("", 0, len(track["e0"])))
    width, height = (int.from_bytes(pixels[name]) for name in ("b0", "ba"))
    codec = track["86"].rstrip(b"\0").decode("ascii")
    return Film("video/webm", ".webm", _known(codec, WEBM_CODECS), width, height, duration)


def _webm_duration(info: dict[str, bytes]) -> float:
    if "4489" not in info:
        return 0.0
    [ticks] = struct.unpack(">f" if len(info["4489"]) == 4 else ">d", info["4489"])
    return float(ticks) * int.from_bytes(info.get("2ad7b1", b"\x0f\x42\x40")) / 1e9


def _until_pictures(content: bytes, segment: _Part) -> Iterator[_Part]:
    """What stands before the first cluster of pictures: a cluster's own length may be left open."""
    elements = _elements(content, segment.start, segment.end)
    return takewhile(lambda part: part.name != "1f43b675", elements)


def _fields(content: bytes, parent: _Part) -> dict[str, bytes]:
    return {part.name: content[part.start : part.end] for part in _elements(content, parent.start, parent.end)}


def _elements(content: bytes, start: int, end: int) -> Iterator[_Part]:
    """EBML: an id of one to four bytes, a length of one to eight whose first byte says how many, the content."""
    while start < end:
        name = content[start : start + 9 - content[start].bit_length()]
        at = start + len(name)
        count = 9 - content[at].bit_length()
        size = int.from_bytes(content[at : at + count]) & (1 << 7 * count) - 1
        if size == (1 << 7 * count) - 1:  # left open by whoever wrote it as a stream
            size = end - at - count
        if not 1 <= count <= 8 or at + count + size > end:
            raise ContainerError(_("is cut off or broken"))
        yield _Part(name.hex(), at + count, at + count + size)
        start = at + count + size


def _known(codec: str, codecs: dict[str, str]) -> str:
    if codec not in codecs:
        shown = "".join(char for char in codec if char.isprintable())[:20]
        names = sorted(set(codecs.values()))
        told = {"codec": shown, "others": ", ".join(names[:-1]), "last": names[-1]}
        raise ContainerError(
            _("is coded as %(codec)s, which not every browser plays; %(others)s and %(last)s are welcome") % told
        )
    return codecs[codec]

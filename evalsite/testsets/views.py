"""Frames and clips by address: `/frames/<sha256>`, `/clips/<sha256>`, for staff and for raters who have consented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import etag, require_safe

from evalsite.testsets import frames
from evalsite.testsets.models import Clip, Frame

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PIECE = 64 * 1024


def _digest(request: HttpRequest, digest: str) -> str:
    return f'"{digest}"'


def _may_see(request: HttpRequest) -> bool:
    return frames.admitted(request.session) or bool(request.user.is_active and request.user.is_staff)


def _kept_for_ever(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@require_safe
def frame(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The picture, to be kept by the browser for ever: an address stands for one content."""
    if not _may_see(request):
        raise PermissionDenied
    return _kept_for_ever(request, _picture(request, digest=digest))


@require_safe
def clip(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The clip, whole or the part asked for: Safari plays nothing that cannot be had in parts."""
    if not _may_see(request):
        raise PermissionDenied
    response = _kept_for_ever(request, _film(request, digest=digest))
    response["Accept-Ranges"] = "bytes"
    return response


@etag(_digest)
def _picture(request: HttpRequest, digest: str) -> HttpResponseBase:
    row = get_object_or_404(Frame, digest=digest)
    return FileResponse(_opened(row), content_type=row.content_type, filename=f"{digest}")


@etag(_digest)
def _film(request: HttpRequest, digest: str) -> HttpResponseBase:
    row = get_object_or_404(Clip, digest=digest)
    file = _opened(row)
    size = default_storage.size(row.file)
    part = _part(request, digest, size)
    if part is None:
        return FileResponse(file, content_type=row.content_type, filename=f"{digest}")
    first, last = part
    if first > last:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(last - first + 1)}
    pieces = _pieces(file, first, last - first + 1)
    return StreamingHttpResponse(pieces, status=206, content_type=row.content_type, headers=headers)


def _opened(row: Frame | Clip) -> IO[Any]:
    try:
        return default_storage.open(row.file)
    except FileNotFoundError:
        raise Http404("The store has lost this file; import its test set anew.") from None


def _part(request: HttpRequest, digest: str, size: int) -> tuple[int, int] | None:
    """(first byte, last byte) of the one range asked for; None: all of it, also where the request makes no sense.

    A first byte after the last one stands for a range that the file does not have.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or request.headers.get("If-Range", f'"{digest}"') != f'"{digest}"':
        return None
    first, last = asked.groups()
    if first:
        end = min(int(last), size - 1) if last else size - 1
        return (int(first), end) if not last or int(first) <= int(last) else None
    return (max(0, size - int(last)), size - 1) if last else None


def _pieces(file: IO[Any], first: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while length and (piece := file.read(min(_PIECE, length))):
            length -= len(piece)
            yield piece

"""Frames by address: `/frames/<sha256>`, for staff and for raters who have consented."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import etag, require_safe

from evalsite.testsets import frames
from evalsite.testsets.models import Frame


def _digest(request: HttpRequest, digest: str) -> str:
    return f'"{digest}"'


def _may_see(request: HttpRequest) -> bool:
    return frames.admitted(request.session) or bool(request.user.is_active and request.user.is_staff)


@require_safe
def frame(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The picture, to be kept by the browser for ever: an address stands for one content."""
    if not _may_see(request):
        raise PermissionDenied
    response = _picture(request, digest=digest)
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@etag(_digest)
def _picture(request: HttpRequest, digest: str) -> HttpResponseBase:
    row = get_object_or_404(Frame, digest=digest)
    try:
        content = default_storage.open(row.file)
    except FileNotFoundError:
        raise Http404("The store has lost this frame; import its test set's pictures again.") from None
    return FileResponse(content, content_type=row.content_type, filename=f"{digest}")

"""Tidy data of one study, streamed: what the `export` command writes, byte by byte, or a JSON array of its rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evalsite.api.campaigns import CONFLICT, asked_simulated, find, unblinded
from evalsite.api.serializers import SimulatedSerializer
from evalsite.reports import export
from evalsite.reports.rows import Chosen


class FileRenderer(BaseRenderer):
    """A format to be asked for by `?format=` or by the header Accept; the rows themselves are streamed by the view."""

    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        raise NotImplementedError("Answers of this format are streamed; errors are JSON.")


class CsvRenderer(FileRenderer):
    media_type, format = "text/csv", "csv"


class JsonLinesRenderer(FileRenderer):
    media_type, format = "application/x-ndjson", "jsonl"


class ParquetRenderer(FileRenderer):
    media_type, format = "application/vnd.apache.parquet", "parquet"


FORMATS = [JSONRenderer, CsvRenderer, JsonLinesRenderer, ParquetRenderer]


def as_array(lines: Iterator[bytes]) -> Iterator[bytes]:
    """JSON Lines, in pieces of whole lines, as one JSON array. A line holds no raw newline but its own."""
    yield b"["
    between = b"\n"
    for piece in lines:
        if piece:
            yield between + piece.rstrip(b"\n").replace(b"\n", b",\n")
            between = b",\n"
    yield b"\n]\n"


class Export(APIView):
    """One table of a study. Raters are pseudonyms; revisions that no longer count are kept and marked."""

    renderer_classes = FORMATS
    what = "judgments"

    @extend_schema(
        parameters=[
            SimulatedSerializer,
            OpenApiParameter(
                "format", enum=[str(renderer.format) for renderer in FORMATS], description="json by default"
            ),
        ],
        responses={
            (200, "application/json"): OpenApiResponse(OpenApiTypes.OBJECT, description="an array of rows"),
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
            (409, "application/json"): CONFLICT,
        },
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        campaign, simulated = find(slug), asked_simulated(request)
        if self.what in export.TELLING:
            unblinded(request, campaign, simulated=simulated)
        form = str(request.accepted_renderer.format)
        chosen = Chosen(simulated=simulated)
        lines = export.stream(campaign, self.what, "jsonl" if form == "json" else form, chosen)
        kind = export.FORMATS.get(form, "application/json")
        answer = StreamingHttpResponse(as_array(lines) if form == "json" else lines, content_type=kind)
        answer["Content-Disposition"] = f'attachment; filename="{slug}-{self.what}.{form}"'
        answer["Cache-Control"] = "no-store"
        return answer

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)

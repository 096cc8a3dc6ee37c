"""The page of the API's documentation: Swagger UI from our own static files, without a word of inline script."""

from drf_spectacular.views import SpectacularSwaggerSplitView


class Docs(SpectacularSwaggerSplitView):
    template_name = "api/docs.html"

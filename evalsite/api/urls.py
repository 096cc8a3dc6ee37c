"""Addresses of this room. Each is taken with and without the last slash, so that a program never meets a redirect."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, re_path
from drf_spectacular.views import SpectacularAPIView

from evalsite.api import campaigns, docs, exports, views

SLUG = r"(?P<slug>[-a-z0-9_]{1,64})"
PK = r"(?P<pk>[0-9]{1,18})"


def address(pattern: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    return re_path(rf"^{pattern}/?$" if pattern else "^$", view, name=name)


app_name = "api"
urlpatterns = [
    address("", views.Index.as_view(), "index"),
    address("testsets", views.TestSets.as_view(), "testsets"),
    address(f"testsets/{SLUG}", views.TestSetDetail.as_view(), "testset"),
    address(f"testsets/{SLUG}/samples", views.Samples.as_view(), "samples"),
    address("systems", views.Systems.as_view(), "systems"),
    address("runs", views.Runs.as_view(), "runs"),
    address(f"runs/{PK}", views.RunDetail.as_view(), "run"),
    address(f"runs/{PK}/outputs", views.RunOutputs.as_view(), "outputs"),
    address("campaigns", views.Campaigns.as_view(), "campaigns"),
    address(f"campaigns/{SLUG}", views.CampaignDetail.as_view(), "campaign"),
    address(f"campaigns/{SLUG}/report", campaigns.CampaignReport.as_view(), "report"),
    address(f"campaigns/{SLUG}/progress", campaigns.CampaignProgress.as_view(), "progress"),
    *(
        address(f"campaigns/{SLUG}/{what}", exports.Export.as_view(what=what), what)
        for what in ("judgments", "items", "raters")
    ),
    address(f"campaigns/{SLUG}/invitations", campaigns.CampaignInvitations.as_view(), "invitations"),
    address("schema", SpectacularAPIView.as_view(), "schema"),
    address("docs", docs.Docs.as_view(url_name="api:schema"), "docs"),
    re_path("", views.Unknown.as_view()),
]

"""Addresses of this room."""

from django.urls import path, re_path

from evalsite.staff import campaigns, health, home, invitations, removal, runs, testsets

app_name = "staff"
urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("staff/testsets/", testsets.listing, name="testsets"),
    path("staff/testsets/new/", testsets.new, name="testset_new"),
    path("staff/testsets/of/<slug:slug>/", testsets.detail, name="testset"),
    path("staff/testsets/of/<slug:slug>/outputs/", testsets.outputs, name="outputs_new"),
    path("staff/runs/", runs.listing, name="runs"),
    path("staff/runs/new/", runs.new, name="run_new"),
    path("staff/runs/<int:pk>/", runs.detail, name="run"),
    path("staff/runs/<int:pk>/resume/", runs.resume, name="run_resume"),
    path("staff/runs/<int:pk>/delete/", removal.delete_run, name="run_delete"),
    path("staff/campaigns/", campaigns.listing, name="campaigns"),
    path("staff/campaigns/new/", campaigns.new, name="campaign_new"),
    path("staff/campaigns/of/<slug:slug>/", campaigns.detail, name="campaign"),
    path("staff/campaigns/of/<slug:slug>/edit/", campaigns.edit, name="campaign_edit"),
    path("staff/campaigns/of/<slug:slug>/clone/", campaigns.clone, name="campaign_clone"),
    path("staff/campaigns/of/<slug:slug>/invite/", invitations.invite, name="invite"),
    path("staff/campaigns/of/<slug:slug>/open-link/", invitations.open_link, name="open_link"),
    path("staff/campaigns/of/<slug:slug>/open-link/off/", removal.close_open_link, name="open_link_close"),
    path("staff/campaigns/of/<slug:slug>/delete/", removal.delete_campaign, name="campaign_delete"),
    re_path(
        r"^staff/campaigns/of/(?P<slug>[-\w]+)/(?P<action>start|pause|resume|close)/$", campaigns.move, name="move"
    ),
]

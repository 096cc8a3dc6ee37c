"""The address map. Each room keeps its own; this page only joins them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("evalsite.staff.urls")),
    path("", include("evalsite.rating.urls")),
    path("", include("evalsite.testsets.urls")),
    path("reports/", include("evalsite.reports.urls")),
    path("api/v1/", include("evalsite.api.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("evalsite.staff.accounts")),
    path("admin/", admin.site.urls),
]

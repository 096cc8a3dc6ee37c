"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from evalsite.staff import health

app_name = "staff"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

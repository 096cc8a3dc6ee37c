"""Addresses of this room."""

from django.urls import re_path

from evalsite.testsets import views

urlpatterns = [
    re_path(r"^frames/(?P<digest>[0-9a-f]{64})$", views.frame, name="frame"),
    re_path(r"^clips/(?P<digest>[0-9a-f]{64})$", views.clip, name="clip"),
]

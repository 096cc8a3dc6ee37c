"""Tells Django of this room."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "evalsite.api"
    label = "api"

"""Tells Django of this room."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "evalsite.staff"
    label = "staff"

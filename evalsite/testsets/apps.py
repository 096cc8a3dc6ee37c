"""Tells Django of this room."""

from django.apps import AppConfig


class TestsetsConfig(AppConfig):
    name = "evalsite.testsets"
    label = "testsets"

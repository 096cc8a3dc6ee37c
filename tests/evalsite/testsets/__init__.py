"""Tests of the room of test sets, systems and runs."""

"""The cast, for this room."""

from tests.evalsite.cast import *  # noqa: F403

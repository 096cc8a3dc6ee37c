"""Three short animated films, drawn by code, one picture a second.

A film is a package with a list of scenes; a scene is a module with one function `draw(brush, t, length)`,
where t is continuous time in seconds since the scene began. Everything random comes from fixed seeds, so
the same second always gives the same picture.
"""

from __future__ import annotations

from importlib import import_module

FILMS: dict[str, tuple[str, ...]] = {
    "lighthouse": ("harbour_dawn", "cliff_day", "storm_night", "lamp_room", "deep_water", "aurora_bay"),
    "courier": ("neon_rain", "night_tram", "noodle_shop", "rooftops", "fog_stairs", "sunrise_balcony"),
    "moon": ("earthrise", "greenhouse", "meteor_night", "crystal_cave", "meadow_dream", "moon_garden"),
}
SCENE_SECONDS = 12
SIZE = (640, 360)


def duration(film: str) -> int:
    """Length of a film in whole seconds."""
    return SCENE_SECONDS * len(FILMS[film])


def scene_at(film: str, time: float) -> tuple[str, float]:
    """The scene shown at a time of a film, and the time since that scene began."""
    index = min(int(time // SCENE_SECONDS), len(FILMS[film]) - 1)
    return FILMS[film][index], time - index * SCENE_SECONDS


def check_film(film: str) -> None:
    """Raise ValueError with the known names where a film does not exist."""
    if film not in FILMS:
        raise ValueError(f"unknown film {film!r}: choose one of {', '.join(FILMS)}")


def draw_scene(film: str, scene: str):
    """The drawing function of a scene; needs the drawing library of the `dev` extra."""
    return import_module(f"demo.films.{film}.{scene}").draw

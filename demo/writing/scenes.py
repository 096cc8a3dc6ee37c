"""What the films are called, what each scene shows, and which of its seconds are kept for the test."""

from __future__ import annotations

from dataclasses import dataclass

from demo.films import FILMS, SCENE_SECONDS

TITLES = {
    "lighthouse": "灯塔与鲸 · The Lighthouse and the Whale",
    "courier": "煤球快递 · The Courier Cat",
    "moon": "月亮上的园丁 · The Gardener on the Moon",
}


@dataclass(frozen=True)
class Scene:
    """One scene: its test seconds [start, end), counted from its own beginning; moods; what is seen."""

    test: tuple[int, int]
    moods: tuple[str, ...]
    seen: str


SCENES = {
    "harbour_dawn": Scene(
        (4, 8),
        ("funny", "pretty"),
        "Pink dawn in a harbour. A white-bearded keeper in a yellow coat lifts his breakfast bun; a gull "
        "steals it; a whale's tail shows far out.",
    ),
    "cliff_day": Scene(
        (8, 12),
        ("funny", "cosy"),
        "Blue noon on a green cliff. The keeper paints the red and white lighthouse; the paint bucket "
        "falls on the gull, which turns red.",
    ),
    "storm_night": Scene(
        (0, 4),
        ("tense",),
        "A black storm at sea. Lightning, a little red boat with a lantern, the turning beam - until the "
        "light goes out at second seven.",
    ),
    "lamp_room": Scene(
        (4, 8),
        ("touching", "tense"),
        "The brown lamp room. Cogs, a wrench, a burnt-out bulb; the gull in a rain hat brings a new one; "
        "everything turns gold.",
    ),
    "deep_water": Scene(
        (7, 10),
        ("touching", "pretty"),
        "Teal water with jellyfish. The boat sinks; a round blue whale with a star on its cheek takes it "
        "on its back and rises into the light.",
    ),
    "aurora_bay": Scene(
        (5, 8),
        ("pretty", "touching"),
        "Green and violet aurora over the calm bay. The whale leaps across the sky; keeper, gull and boat"
        " wave good-bye.",
    ),
    "neon_rain": Scene(
        (8, 12),
        ("pretty", "funny"),
        "Magenta and cyan neon in the rain. A black cat with a red scarf carries a shining parcel; a "
        "yellow taxi splashes it.",
    ),
    "night_tram": Scene(
        (8, 12),
        ("cosy", "funny"),
        "Yellow light in the last tram. A penguin reads its paper upside down; a sleepy bear sinks onto "
        "the cat, which dares not move.",
    ),
    "noodle_shop": Scene(
        (4, 8),
        ("cosy", "funny"),
        "A red noodle shop with lanterns. A dog cook swings noodles, gives an extra egg; the parcel "
        "knocks from inside.",
    ),
    "rooftops": Scene(
        (4, 8),
        ("funny", "tense"),
        "Blue roofs under a huge moon. The cat leaps, loses its scarf; a masked raccoon follows and ends "
        "in the washing.",
    ),
    "fog_stairs": Scene(
        (3, 7),
        ("touching",),
        "Grey-green fog on long stairs with lamps. The tired cat sits down; the raccoon comes - to give "
        "back the scarf.",
    ),
    "sunrise_balcony": Scene(
        (6, 9),
        ("pretty", "touching"),
        "Golden sunrise on a balcony. Grandmother rabbit opens the parcel: butterflies, petals, spring; "
        "the cat falls asleep.",
    ),
    "earthrise": Scene(
        (4, 8),
        ("touching", "pretty"),
        "Grey moon, black sky, the Earth rising. A small robot digs a hole and plants its only seed.",
    ),
    "greenhouse": Scene(
        (8, 11),
        ("cosy", "funny"),
        "A lush green dome. The robot waters an empty pot until a sprout with a face pops up; they dance.",
    ),
    "meteor_night": Scene(
        (8, 12),
        ("tense", "touching"),
        "Violet sky, orange meteors. The dome cracks; the robot holds a blue umbrella over the sprout.",
    ),
    "crystal_cave": Scene(
        (4, 8),
        ("pretty",),
        "A dark cave of violet and cyan crystals. A shining rabbit leads the robot to a lake of ice-blue water.",
    ),
    "meadow_dream": Scene(
        (4, 8),
        ("cosy", "touching"),
        "A yellow-green meadow in a white dream border. Kites, a windmill, the sprout on legs; then a red"
        " empty battery.",
    ),
    "moon_garden": Scene(
        (5, 8),
        ("touching", "pretty"),
        "A huge pink tree in bloom on the violet moon. Lanterns, dancing robots and rabbits; petals fly to the Earth.",
    ),
}


def segments(film: str) -> list[dict[str, object]]:
    """The film cut into train and test segments, each inside one scene, in order, without gaps."""
    rows: list[dict[str, object]] = []
    for index, scene in enumerate(FILMS[film]):
        begin = index * SCENE_SECONDS
        start, end = SCENES[scene].test
        for low, high, split in ((0, start, "train"), (start, end, "test"), (end, SCENE_SECONDS, "train")):
            if low < high:
                rows.append(
                    {"start": begin + low, "end": begin + high, "split": split, "scene": scene.replace("_", "-")}
                )
    return rows

"""The demo corpus keeps to its format, its promises and its split."""

import json
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.films import FILMS, SCENE_SECONDS, SIZE, duration
from demo.writing.__main__ import build
from demo.writing.spread import read_lines, read_stock

Comments = dict[str, list[tuple[float, str]]]


@pytest.fixture(scope="module")
def index(demo_corpus: Path) -> dict:
    return json.loads((demo_corpus / "corpus.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def comments(demo_corpus: Path) -> Comments:
    found: Comments = {}
    for film in FILMS:
        rows = (demo_corpus / "comments" / f"{film}.jsonl").read_text(encoding="utf-8").splitlines()
        found[film] = [(row["t"], row["text"]) for row in map(json.loads, rows)]
    return found


def split_of(index: dict, film: str, time: float) -> str:
    video = next(video for video in index["videos"] if video["id"] == film)
    return next(s["split"] for s in video["segments"] if s["start"] <= time < s["end"])


def test_the_index_names_every_film_with_its_length_and_says_it_was_written_for_the_demo(index: dict) -> None:
    assert index["format"] == 1
    assert index["licence"] == "MIT"
    assert "no real viewer" in index["note"]
    assert {v["id"]: v["duration"] for v in index["videos"]} == {film: duration(film) for film in FILMS}
    assert sum(v["duration"] for v in index["videos"]) >= 180


def test_segments_cover_each_film_without_gap_or_overlap(index: dict) -> None:
    for video in index["videos"]:
        rows = video["segments"]
        assert rows[0]["start"] == 0
        assert rows[-1]["end"] == video["duration"]
        assert all(before["end"] == after["start"] for before, after in pairwise(rows))
        assert {row["split"] for row in rows} == {"train", "test"}


def test_every_scene_is_seen_in_training_and_in_the_test_at_about_seventy_to_thirty(index: dict) -> None:
    seconds: dict[str, Counter] = defaultdict(Counter)
    for video in index["videos"]:
        for row in video["segments"]:
            seconds[row["scene"]][row["split"]] += row["end"] - row["start"]
    assert len(seconds) >= 15
    assert all(count["train"] > count["test"] >= 3 for count in seconds.values())
    test, whole = sum(c["test"] for c in seconds.values()), sum(c.total() for c in seconds.values())
    assert 0.25 < test / whole < 0.35


def test_comments_are_sorted_valid_and_within_the_film(comments: Comments) -> None:
    for film, rows in comments.items():
        times = [time for time, _ in rows]
        assert times == sorted(times)
        assert times[0] >= 0
        assert times[-1] < duration(film)
        for _, text in rows:
            assert text == text.strip()
            assert 1 <= len(text) <= 40
            assert not any(unicodedata.category(sign).startswith("C") for sign in text), text
            assert not set(text) & set("<>&"), text


def test_there_are_enough_comments_and_most_are_distinct_and_short(comments: Comments) -> None:
    texts = [text for rows in comments.values() for _, text in rows]
    assert len(texts) >= 1_800
    assert len(set(texts)) >= 1_000
    assert 5 < np.mean([len(text) for text in texts]) < 10


def test_comments_do_not_sit_on_whole_seconds_and_come_in_bursts(comments: Comments) -> None:
    times = np.array([time for rows in comments.values() for time, _ in rows])
    assert np.mean(times % 1 == 0) < 0.03
    counts = [n for rows in comments.values() for n in Counter(int(time) for time, _ in rows).values()]
    assert np.var(counts) > 1.5 * np.mean(counts), "people pile up on moments, more than chance would"


def test_at_least_sixty_test_seconds_have_three_comments_at_that_very_second(index: dict, comments: Comments) -> None:
    seconds = Counter(
        (film, int(t)) for film, rows in comments.items() for t, _ in rows if split_of(index, film, t) == "test"
    )
    assert sum(count >= 3 for count in seconds.values()) >= 60


def test_no_window_of_a_test_second_holds_a_comment_of_a_train_window(index: dict, comments: Comments) -> None:
    seen: dict[str, set] = {"train": set(), "test": set()}
    for video in index["videos"]:
        rows = comments[video["id"]]
        for s in video["segments"]:
            for second in range(s["start"], s["end"]):
                low, high = max(s["start"], second - 5), min(s["end"], second + 6)
                seen[s["split"]] |= {(video["id"], i) for i, (t, _) in enumerate(rows) if low <= t < high}
    assert seen["train"]
    assert seen["test"]
    assert not seen["train"] & seen["test"]
    assert len(seen["train"]) + len(seen["test"]) == sum(map(len, comments.values()))


def test_only_stock_phrases_occur_on_both_sides_of_the_split(index: dict, comments: Comments, repository: Path) -> None:
    sides: dict[str, Counter] = {"train": Counter(), "test": Counter()}
    for film, rows in comments.items():
        for time, text in rows:
            sides[split_of(index, film, time)][text] += 1
    stock = {phrase for mood in read_stock(repository / "demo" / "writing" / "stock.txt").values() for phrase in mood}
    common = sides["train"].keys() & sides["test"].keys()
    assert {text for text in common - stock if len(set(text)) > 1 and len(text) > 5} == set()
    assert sum(sides["test"][text] for text in common) / sides["test"].total() < 0.2


def test_the_first_greet_and_the_last_say_farewell(comments: Comments) -> None:
    for rows in comments.values():
        greetings = [time for time, text in rows if text.startswith("第一！")]
        farewells = [time for time, text in rows if "撒花" in text and "开播" not in text and "花瓣" not in text]
        assert max(greetings) < 3
        assert min(farewells) > 60


def test_the_committed_corpus_is_what_the_written_lines_give(tmp_path: Path, demo_corpus: Path) -> None:
    build(tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(made) == len(FILMS) + 2
    for path in made:
        assert (tmp_path / path).read_bytes() == (demo_corpus / path).read_bytes(), (
            f"{path}: run python -m demo.writing"
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("好美\n", "line 1: a comment needs a [scene] and an @time before it"),
        ("[nowhere]\n", "line 1: film moon has no scene 'nowhere'"),
        ("[earthrise]\n@soon\n", "line 2: write @2-5"),
    ],
)
def test_a_mistake_in_the_written_lines_is_named_by_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "moon.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"moon\.txt") as caught:
        list(read_lines(path, "moon"))
    assert message in str(caught.value)


def test_every_second_has_a_frame_of_the_right_size_that_decodes(demo_corpus: Path) -> None:
    total = 0
    for film in FILMS:
        names = sorted(path.name for path in (demo_corpus / "frames" / film).iterdir())
        assert names == [f"{second:06d}.jpg" for second in range(duration(film))]
        for name in names:
            path = demo_corpus / "frames" / film / name
            total += path.stat().st_size
            with Image.open(path) as image:
                image.load()
                assert (image.format, image.size, image.mode) == ("JPEG", SIZE, "RGB")
    assert total <= 9_000_000


def histogram(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("HSV").resize((160, 90))).reshape(-1, 3)
    return np.histogramdd(pixels, bins=(12, 4, 4), range=((0, 256),) * 3)[0].ravel() / len(pixels)


def test_every_scene_looks_more_like_itself_than_like_any_other(demo_corpus: Path) -> None:
    scenes: dict[str, list[np.ndarray]] = {}
    for film, names in FILMS.items():
        for number, name in enumerate(names):
            seconds = range(number * SCENE_SECONDS, (number + 1) * SCENE_SECONDS)
            scenes[name] = [histogram(demo_corpus / "frames" / film / f"{second:06d}.jpg") for second in seconds]

    def distance(one: str, two: str) -> float:
        return float(np.mean([np.abs(a - b).sum() for a in scenes[one][::2] for b in scenes[two][1::2]]))

    for scene in scenes:
        nearest = min(distance(scene, other) for other in scenes if other != scene)
        assert nearest > 1.15 * distance(scene, scene), scene

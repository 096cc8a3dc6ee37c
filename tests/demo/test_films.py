"""The films can be drawn again, and come out the same."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.films import FILMS, SCENE_SECONDS, duration, scene_at
from demo.films.__main__ import main
from demo.films.motion import noise, ramp, scatter

try:
    import skia  # noqa: F401
except ImportError as error:
    CANNOT_DRAW = f"the drawing library of the dev extra cannot be imported: {error}"
else:
    CANNOT_DRAW = ""
needs_drawing = pytest.mark.skipif(bool(CANNOT_DRAW), reason=CANNOT_DRAW)

MOMENTS = [("lighthouse", 6), ("lighthouse", 65), ("courier", 9), ("courier", 67), ("moon", 20), ("moon", 70)]


def test_a_time_belongs_to_the_scene_that_is_running() -> None:
    assert scene_at("moon", 0) == ("earthrise", 0)
    assert scene_at("moon", SCENE_SECONDS + 0.5) == ("greenhouse", 0.5)
    assert scene_at("moon", duration("moon") - 0.5)[0] == "moon_garden"


def test_curves_of_time_are_smooth_and_numbers_that_look_random_stay_the_same() -> None:
    assert [ramp(t, 1, 3) for t in (0, 1, 2, 3, 9)] == [0, 0, 0.5, 1, 1]
    assert scatter(3, 5) == scatter(3, 5) != scatter(4, 5)
    assert all(-1 <= noise(x / 7, 5) <= 1 for x in range(200))


def test_an_unknown_film_is_refused_with_the_known_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--film", "opera"]) == 1
    assert "unknown film 'opera': choose one of lighthouse, courier, moon" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_corpus_can_be_used_without_the_drawing_library() -> None:
    script = "import sys; sys.modules['skia'] = None; import demo.films, demo.writing.__main__"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).resolve().parents[2])


def test_without_the_drawing_library_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['skia'] = None\n"
        f"from demo.films.__main__ import main; sys.exit(main([{str(tmp_path)!r}]))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 1
    assert "pip install -e .[dev]" in done.stderr
    assert "Traceback" not in done.stderr


@needs_drawing
@pytest.mark.parametrize(("film", "second"), MOMENTS)
def test_drawing_again_gives_the_committed_frame(film: str, second: int, demo_corpus: Path) -> None:
    from demo.films.render import picture

    drawn = np.asarray(picture(film, second + 0.5), dtype=float)
    with Image.open(demo_corpus / "frames" / film / f"{second:06d}.jpg") as image:
        kept = np.asarray(image, dtype=float)
    assert np.abs(drawn - kept).mean() < 6, "JPEG alone differs by 2 to 4"


@needs_drawing
@pytest.mark.parametrize("film", FILMS)
def test_the_same_moment_is_the_same_picture_and_a_later_one_is_not(film: str) -> None:
    from demo.films.render import picture

    one, again, later = (np.asarray(picture(film, time), dtype=float) for time in (30.5, 30.5, 31.5))
    assert np.array_equal(one, again)
    assert np.abs(one - later).mean() > 2


@needs_drawing
def test_frames_are_written_by_second_and_only_for_the_films_asked_for(tmp_path: Path) -> None:
    from demo.films.render import save_frames

    save_frames("courier", tmp_path / "courier", range(3, 5))
    assert sorted(path.name for path in (tmp_path / "courier").iterdir()) == ["000003.jpg", "000004.jpg"]

"""`python -m demo.films OUT`: draw every frame of every film into OUT/<film>/<second>.jpg."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from demo.films import FILMS, check_film, duration


def main(arguments: list[str] | None = None) -> int:
    """Draw the films; 0 where all is written."""
    parser = argparse.ArgumentParser(prog="python -m demo.films", description="Draw the films of the demo corpus.")
    parser.add_argument("out", type=Path, nargs="?", help="folder to write <film>/<second, six digits>.jpg into")
    parser.add_argument("--film", action="append", help="only this film (may be given again); default: all")
    parser.add_argument("--preview", type=Path, help="instead: write one small moving WebP picture to this file")
    options = parser.parse_args(arguments)
    if not (options.out or options.preview):
        parser.error("name the folder OUT, or --preview FILE")
    films = options.film or list(FILMS)
    try:
        for film in films:
            check_film(film)
        from demo.films import render  # the drawing library is in the `dev` extra only
    except ImportError as error:  # not installed, or a system library it needs (libEGL, libGL) is absent
        print(f"cannot draw ({error}): run `pip install -e .[dev]`, then try again", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if options.preview:
        render.save_preview(options.preview)
        return 0
    for film in films:
        render.save_frames(film, options.out / film, range(duration(film)))
        print(f"{film}: {duration(film)} frames in {options.out / film}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

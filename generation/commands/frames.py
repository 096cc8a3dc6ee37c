"""Take one frame a second of the video files in a folder, where `prepare` finds them: frames/<file's name>/."""

import argparse
from pathlib import Path

from generation.commands import _shared
from generation.corpus import film
from generation.errors import UserError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with the video files beside the comments")
    parser.add_argument("--height", type=int, default=360, help="of the pictures, at most")


def run(args: argparse.Namespace) -> None:
    if not args.folder.is_dir():
        raise UserError(f"{args.folder} is no folder; a folder of video files is expected.")
    if args.height < 1:
        raise UserError(f"--height {args.height}: at least one pixel is expected.")
    found = film.films(args.folder)
    if not found:
        raise UserError(f"{args.folder} holds no video files ({', '.join(film.ENDINGS)}).")
    for path in _shared.bar("frames")(found):
        out = args.folder / "frames" / path.stem
        if out.exists():
            _shared.say(f"{out} is there already.")
        else:
            _shared.say(f"{out}: {film.extract(path, out, height=args.height)} frames.")

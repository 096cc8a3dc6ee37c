"""Choose the key frames of a film, of folders of frames or of a corpus, with a contact sheet to look at.

OUT gets sheet.html and keyframes.json. Of films and frames it also gets frames/<film>/<second>.jpg; of a corpus, whose
comments are gathered to the key frames, corpus/ (to train and evaluate on) and samples.jsonl (the test set).
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from generation.commands import _shared
from generation.corpus import film, keyframes, prepare, testset, windows
from generation.corpus.keyframes import KeyFrame
from generation.corpus.readers import own
from generation.corpus.records import SPLITS
from generation.errors import UserError
from generation.sheets import contact, html

Chosen = Mapping[str, list[KeyFrame]]


def arguments(parser: argparse.ArgumentParser) -> None:
    standard = keyframes.Options()
    parser.add_argument(
        "source", type=Path, metavar="FILM|FOLDER", help="a video file; a folder of them, of frames, or a corpus"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument("--distance", type=float, default=standard.distance, help="of descriptors; more: fewer frames")
    parser.add_argument("--median", action="store_true", help="the median similarity instead: few frames of long films")
    parser.add_argument("--coefficients", type=int, choices=keyframes.COEFFICIENTS, default=standard.coefficients)
    parser.add_argument("--piece", type=int, default=standard.piece, help="frames clustered together, at most")
    parser.add_argument("--height", type=int, default=360, help="of the pictures taken from films, at most")
    parser.add_argument("--split", choices=SPLITS, default="test", help="whose key frames samples.jsonl holds")
    parser.add_argument("--min-references", type=int, default=1, help="distinct comments a sample must have")


def run(args: argparse.Namespace) -> None:
    options = keyframes.Options(args.coefficients, args.distance, args.median, args.piece)
    if not args.source.exists():
        raise UserError(f"{args.source} does not exist; a video file, a folder of frames or a corpus is expected.")
    if args.height < 1:
        raise UserError(f"--height {args.height}: at least one pixel is expected.")
    with _new_folder(args.out) as out:
        read = _corpus if (args.source / "corpus.json").is_file() else _films
        chosen = read(args, options, out)
        keyframes.save(out / "keyframes.json", chosen, options)
    stands = sum(len(key.seconds) for keys in chosen.values() for key in keys)
    _shared.say(f"{sum(map(len, chosen.values()))} key frames of {stands} frames; look at {args.out / 'sheet.html'}.")


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder that takes the name ``out`` when all is in it."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is not empty; name a new folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=out.name + ".", suffix=".part", dir=out.parent))
    try:
        yield part
        part.chmod(0o755)
        if out.exists():
            out.rmdir()
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _corpus(args: argparse.Namespace, options: keyframes.Options, out: Path) -> Chosen:
    corpus = own.read(args.source)
    chosen = keyframes.of_corpus(corpus, options, _shared.bar("videos"))
    gathered = keyframes.gathered(corpus, chosen)
    said = keyframes.comments_by_key(gathered)
    html.write(out / "sheet.html", contact.sheet(chosen, {v.id: v.frames for v in gathered.videos}, said))
    gathered = prepare.write(gathered, out / "corpus")
    samples = windows.with_references(windows.samples(gathered, args.split), args.min_references)
    if samples:
        testset.write(samples, out / "samples.jsonl", out / "corpus" / "frames")
        _shared.say(f"{len(samples)} samples; frames are relative to {args.out / 'corpus' / 'frames'}.")
    else:
        _shared.say(f"No key frame of the split {args.split!r} has {args.min_references} comments: no samples.jsonl.")
    return chosen


def _films(args: argparse.Namespace, options: keyframes.Options, out: Path) -> Chosen:
    chosen: dict[str, list[KeyFrame]] = {}
    kept: dict[str, dict[int, str]] = {}
    for name, frames in _sources(args.source, out, args.height):
        chosen[name] = keyframes.of_frames(frames, options, progress=_shared.bar(name))
        kept[name] = _keep(frames, chosen[name], out / "frames" / name)
    html.write(out / "sheet.html", contact.sheet(chosen, kept))
    return chosen


def _sources(source: Path, out: Path, height: int) -> Iterator[tuple[str, Mapping[int, str]]]:
    """(name, pictures by second) of each film; the pictures of a video file are there until the next is asked for."""
    if source.is_file() or film.films(source):
        for path in [source] if source.is_file() else film.films(source):
            frames = out / "all" / path.stem
            film.extract(path, frames, height=height)
            yield path.stem, own.find_frames(frames)
            shutil.rmtree(out / "all")
        return
    folders = [source, *sorted(path for path in source.iterdir() if path.is_dir())]
    found = [(path.name, frames) for path in folders if (frames := own.find_frames(path))]
    if not found:
        raise UserError(
            f"{source} holds no corpus.json, no video files ({', '.join(film.ENDINGS)}) "
            "and no pictures named by their second."
        )
    yield from found


def _keep(frames: Mapping[int, str], keys: list[KeyFrame], folder: Path) -> dict[int, str]:
    """The key frames' pictures in ``folder``, by second; linked where the file system allows."""
    folder.mkdir(parents=True)
    kept = {}
    for second in (key.second for key in keys):
        target = folder / f"{second:06d}{Path(frames[second]).suffix.lower()}"
        try:
            os.link(frames[second], target)
        except OSError:
            shutil.copyfile(frames[second], target)
        kept[second] = str(target)
    return kept

"""LiveBot (Ma et al. 2019) in each shape it is passed on in; which one a folder holds is seen by its files.

``*.ass`` (raw, as downloaded, a title each), ``comment/<id>.txt`` (``id<TAB>second<TAB>text``) or ``train.json``
(processed). train.txt, dev.txt and test.txt beside the first two give the splits. Frames lie in ``img/<id>/<k>.bmp``,
k from 1: a comment of second s belongs to picture k = s, the rule of LiveBot's training files (its test files took the
next one). Or, made by this project, in ``frames/<id>/<second>.jpg``.

Of the processed dev and test files the second of each truth is known but not that of the surrounding comments, so
these are left out; prefer one of the other shapes, and the split of the VideoIC authors, as the first one leaks.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from generation.corpus.readers._moments import Moments, listed
from generation.corpus.readers.own import find_frames
from generation.corpus.records import SPLITS, Comment, Corpus, Video, safe_id
from generation.corpus.text import normalise
from generation.errors import UserError

_STYLE = re.compile(r"\{[^}]*\}")
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:[.:]\d+)?)")
_FIELDS = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
_FRAME = re.compile(r"(\d+)\.(bmp|jpe?g|png)", re.IGNORECASE)


def read(source: Path) -> Corpus:
    """The videos of a folder; with splits, where the folder tells them."""
    if (source / "train.json").is_file() or (source / "train-context.json").is_file():
        return _processed(source)
    if (source / "comment").is_dir():
        paths, comments = sorted((source / "comment").glob("*.txt")), _lines
    else:
        paths, comments = sorted(source.glob("*.ass")), _dialogue
    if not paths:
        raise UserError(f"{source} holds none of LiveBot's shapes: *.ass, comment/*.txt or train.json.")
    splits = listed(source)
    if splits:  # only the listed videos belong to the data set
        absent = sorted(set(splits) - {path.stem for path in paths})
        if absent:
            raise UserError(f"{source / splits[absent[0]]}.txt lists {absent[0]}, which is not in the folder.")
        paths = [path for path in paths if path.stem in splits]
    videos = (_video(source, path, comments(path), splits.get(path.stem)) for path in paths)
    return Corpus(name=safe_id(source.name), videos=tuple(videos))


def _video(source: Path, path: Path, comments: Iterable[Comment], split: str | None) -> Video:
    ordered = tuple(sorted((c for c in comments if c.text), key=lambda c: c.time))
    frames = find_frames(source / "frames" / path.stem) or _images(source / "img" / path.stem)
    last = max([c.time for c in ordered[-1:]] + [float(s) for s in frames], default=0.0)
    return Video(safe_id(path.stem), ordered, last + 1, title=path.stem, split=split, frames=frames)


def _images(folder: Path) -> dict[int, str]:
    """Pictures by their number, which is that of the second they belong to."""
    found = [(_FRAME.fullmatch(path.name), path) for path in folder.iterdir()] if folder.is_dir() else []
    return {int(name[1]): str(path) for name, path in found if name is not None}


def _open(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}; UTF-8 is expected.") from error


def _lines(path: Path) -> Iterator[Comment]:
    for number, line in enumerate(_open(path), start=1):
        fields = line.split("\t", 2)
        if line.strip():
            if len(fields) != 3 or not fields[1].strip().isdigit():
                raise UserError(f"{path}, line {number}: id, second and text with tabs between are expected.")
            yield Comment(float(fields[1]), normalise(fields[2]))


def _dialogue(path: Path) -> Iterator[Comment]:
    """The Dialogue lines; the Format line says which field is which, and only the last may hold commas."""
    names = [name.strip() for name in _FIELDS.split(",")]
    events = False
    for number, line in enumerate(_open(path), start=1):
        kind, _, rest = line.partition(":")
        if line.startswith("["):
            events = line.strip().lower() == "[events]"
        elif events and kind == "Format":
            names = [name.strip() for name in rest.split(",")]
            if "Start" not in names or names[-1] != "Text":
                raise UserError(f"{path}, line {number}: the format lacks Start, or Text is not last in it.")
        elif kind == "Dialogue":
            fields = dict(zip(names, rest.strip().split(",", len(names) - 1), strict=False))
            clock = _CLOCK.fullmatch(fields.get("Start", "").strip())
            if clock is None or "Text" not in fields:
                raise UserError(f"{path}, line {number}: a start like 0:01:02.50 and a text are expected.")
            text = re.sub(r"\\[Nnh]", " ", _STYLE.sub("", fields["Text"]))
            seconds = float(clock[3].replace(":", "."))
            yield Comment(int(clock[1]) * 3600 + int(clock[2]) * 60 + seconds, normalise(text))


def _processed(source: Path) -> Corpus:
    """JSON lines; the files with contexts where there are no others, as they hold the same comments."""
    moments = Moments()
    for split in SPLITS:
        names = [f"{split}.json", f"{split}-context.json", f"{split}-candidate.json"]
        path = next((source / name for name in names if (source / name).is_file()), None)
        if path is not None:
            moments.read(path, split)
    return moments.corpus(source.name)

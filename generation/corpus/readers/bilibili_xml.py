"""Danmaku as Bilibili ships it: ``<d p="seconds,mode,size,colour,sent,pool,...">text</d>``.

Kept are the comments people typed (modes 1 to 6 of pool 0). Left out are positioned and scripted ones (modes 7 to 9)
and the pools of subtitles and of code, because those are layout and lyrics, not comments. Real files hold characters
that XML forbids; these are dropped before parsing.
"""

import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from generation.corpus.readers.own import find_frames
from generation.corpus.records import Comment, Corpus, Video, safe_id
from generation.corpus.text import normalise
from generation.errors import UserError

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]+|[0-9]+);")
_DECLARED = re.compile(rb'^\s*<\?xml[^>]*encoding=["\']([\w.\-]+)["\']')
_SCRIPT = re.compile(r'\s*\[\s*("|\d+,).*', re.DOTALL)  # positioned text that old files mark as scrolling
TYPED = frozenset({1, 2, 3, 4, 5, 6})


def read(source: Path) -> Corpus:
    """One file, or every ``*.xml`` of a folder; frames may lie in ``frames/<file's stem>/`` beside them."""
    paths = sorted(source.glob("*.xml")) if source.is_dir() else [source]
    if not paths or not all(path.is_file() for path in paths):
        raise UserError(f"{source} holds no .xml file of danmaku.")
    videos = [_video(path) for path in paths]
    ids = [video.id for video in videos]
    twice = next((i for i in ids if ids.count(i) > 1), None)
    if twice is not None:
        raise UserError(f"{source}: two files give the same video id {twice!r}; rename one.")
    return Corpus(name=safe_id(source.stem), videos=tuple(videos))


def _video(path: Path) -> Video:
    comments = read_comments(path)
    frames = find_frames(path.parent / "frames" / path.stem)
    last = max([c.time for c in comments[-1:]] + [float(s) for s in frames], default=0.0)
    return Video(id=safe_id(path.stem), comments=comments, duration=last + 1, title=path.stem, frames=frames)


def read_comments(path: Path) -> tuple[Comment, ...]:
    """The typed comments of one file, by time."""
    text = _decode(path)
    if "<!DOCTYPE" in text[:2000]:
        raise UserError(f"{path} declares a document type, which danmaku never do; it is not read.")
    text = _REFERENCE.sub(_legal_reference, _ILLEGAL.sub("", text))
    try:
        root = ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314 - no document type, see above
    except ET.ParseError as error:
        raise UserError(f"{path} is not well-formed XML: {error}.") from error
    found = (_comment(path, number, d) for number, d in enumerate(root.iter("d"), start=1))
    return tuple(sorted((c for c in found if c is not None and c.text), key=lambda c: c.time))


def _decode(path: Path) -> str:
    """By the declared encoding, then UTF-8, then GB 18030 (files saved by old Chinese tools)."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    declared = _DECLARED.match(data)
    encodings = [declared.group(1).decode()] if declared else []
    for encoding in [*encodings, "utf-8-sig", "gb18030"]:
        try:
            return data.decode(encoding).lstrip("\ufeff")
        except (UnicodeDecodeError, LookupError):
            continue
    raise UserError(f"{path} is neither UTF-8 nor GB 18030; convert it to UTF-8.")


def _legal_reference(found: re.Match[str]) -> str:
    """A character reference as it is, or nothing where XML forbids the character."""
    digits = found.group(1)
    code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    return "" if code > 0x10FFFF or _ILLEGAL.match(chr(code)) else found.group(0)


def _comment(path: Path, number: int, element: ET.Element) -> Comment | None:
    """The comment of one ``<d>``, or None where it is not typed text."""
    fields = element.get("p", "").split(",")
    try:
        time, mode, pool = float(fields[0]), int(fields[1]), int(fields[5])
    except (IndexError, ValueError) as error:
        raise UserError(f"{path}, comment {number}: p={element.get('p')!r} is not seconds,mode,...,pool.") from error
    if mode not in TYPED or pool != 0 or time < 0:  # players shift a few comments to before the start
        return None
    if not math.isfinite(time):
        raise UserError(f"{path}, comment {number}: the time {fields[0]} is not a number of seconds.")
    text = element.text or ""
    return None if _SCRIPT.fullmatch(text) else Comment(time, normalise(text.replace("/n", " ")))

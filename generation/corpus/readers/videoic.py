"""VideoIC (Wang et al. 2020): raw (info.json, comments/<aid>.json, division/) or processed for MML-CG (JSON lines)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generation.corpus.readers._moments import Moments, lines, second, whole
from generation.corpus.readers.own import find_frames
from generation.corpus.records import SPLITS, Comment, Corpus, Video, safe_id
from generation.corpus.text import normalise
from generation.errors import UserError


def read(source: Path) -> Corpus:
    """The videos of a folder of either shape, with the published splits."""
    if (source / "comments").is_dir():
        return _raw(source)
    moments = Moments()
    for split in SPLITS:
        if (source / f"{split}.json").is_file():
            moments.read(source / f"{split}.json", split)
    if not moments.splits:
        raise UserError(f"{source} holds neither comments/ (raw VideoIC) nor train.json (processed).")
    return moments.corpus(source.name)


def _raw(source: Path) -> Corpus:
    info = whole(source / "info.json") if (source / "info.json").is_file() else {}
    if not isinstance(info, dict):
        raise UserError(f"{source / 'info.json'}: an object of videos by aid is expected.")
    divided = _divided(source / "division")
    names = list(divided) or sorted(path.stem for path in (source / "comments").glob("*.json"))
    if not names:
        raise UserError(f"{source / 'comments'} holds no .json files.")
    videos = (_video(source, aid, *divided.get(aid, (None, {})), info.get(aid) or {}) for aid in names)
    return Corpus(name=safe_id(source.name), videos=tuple(videos))


def _divided(folder: Path) -> dict[str, tuple[str | None, dict[str, Any]]]:
    """Split and entry of each video the division lists."""
    found: dict[str, tuple[str | None, dict[str, Any]]] = {}
    for split in SPLITS:
        path = folder / f"{split}.json"
        for number, entry in lines(path) if path.is_file() else ():
            if "aid" not in entry:
                raise UserError(f'{path}, line {number}: the entry has no "aid".')
            aid = str(entry["aid"])
            if aid in found:
                raise UserError(f"{path}, line {number}: video {aid} is in {found[aid][0]} too; keep it in one.")
            found[aid] = (split, entry)
    return found


def _video(source: Path, aid: str, split: str | None, entry: dict[str, Any], info: dict[str, Any]) -> Video:
    comments = tuple(_comments(source / "comments" / f"{aid}.json"))
    frames = find_frames(source / "frames" / aid)
    last = max([c.time for c in comments[-1:]] + [float(s) for s in frames], default=0.0)
    about = {**info, **entry}
    try:
        duration = float(about.get("duration") or 0)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{source}: the duration of video {aid} is {about['duration']!r}; seconds are expected."
        ) from error
    category = str(entry.get("class") or info.get("v_class") or "")
    title = str(about.get("title", aid))
    return Video(safe_id(aid), comments, max(duration, last + 1), title, category, split, frames=frames)


def _comments(path: Path) -> Iterator[Comment]:
    """Comments as typed, by second; the keys are strings and in no order."""
    data = whole(path)
    if not isinstance(data, dict):
        raise UserError(f"{path}: an object of lists of comments by second is expected.")
    for time, found in sorted((second(key, str(path)), value) for key, value in data.items()):
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise UserError(f"{path}: second {time} is {found!r}; a list of comments is expected.")
        yield from (Comment(float(time), text) for text in map(normalise, found) if text)

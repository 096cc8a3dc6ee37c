"""What a line of samples.jsonl and of outputs.jsonl must be. Looks at whole files; writes nothing."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from evalsite.testsets.clips import Clips
from evalsite.testsets.errors import InputError, Problems
from evalsite.testsets.fields import TEXT_LIMIT, Fields
from evalsite.testsets.folders import FileError
from evalsite.testsets.jsonl import Reader, shown
from evalsite.testsets.models import Output, Run, Sample, TestSet
from evalsite.testsets.pictures import Pictures

WINDOW = 5  # seconds on either side of a sample's own second
RANK_LIMIT = 1000
SAMPLE_KEYS = (
    "id", "video", "title", "time", "duration", "frames", "clip", "clip_start", "context", "references", "split",
)  # fmt: skip
OUTPUT_KEYS = ("sample", "rank", "text", "score")


class Folders(NamedTuple):
    """Where the files that lines name are looked for."""

    pictures: Pictures
    clips: Clips


class CheckedSamples(NamedTuple):
    """A samples.jsonl without faults: SHA-256 of the file, number of samples."""

    digest: str
    total: int


class CheckedOutputs(NamedTuple):
    """An outputs.jsonl without faults; `depth` is the highest rank, `missing` counts samples without outputs."""

    digest: str
    total: int
    depth: int
    missing: int


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def samples(path: Path, folders: Folders, progress: Callable[[int], None]) -> CheckedSamples:
    """Look at every line, picture and clip; InputError lists all faults."""
    problems = Problems(path.name)
    reader = Reader(path, problems)
    lines: dict[str, int] = {}
    for row in reader.rows():
        sample = _sample(Fields(row.data, row.line, problems), folders)
        first = lines.setdefault(sample.key, row.line) if sample.key else row.line
        if first != row.line:
            told = {"id": shown(sample.key), "line": first}
            problems.add(row.line, "id", _("The id %(id)s is taken by line %(line)s.") % told)
        progress(reader.bytes_read)
    if not lines and not problems.found:
        problems.add(None, "", _("The file holds no samples."))
    problems.stop_if_any()
    return CheckedSamples(reader.digest, len(lines))


def read_samples(path: Path, folders: Folders) -> Iterator[Sample]:
    """The samples of a checked file, not yet in the database. A file that was changed in between is refused."""
    problems = Problems(path.name)
    for row in Reader(path, problems).rows():
        sample = _sample(Fields(row.data, row.line, problems), folders)
        problems.stop_if_any()
        yield sample
    problems.stop_if_any()


def _sample(fields: Fields, folders: Folders) -> Sample:
    """The line as a sample; faults are noted in `fields`."""
    second = fields.whole("time", required=True, high=10**7)
    sample = Sample(
        key=fields.label("id", limit=200, required=True),
        video=fields.label("video", limit=200, required=True),
        title=fields.label("title", limit=300),
        time=float(second or 0),
        duration=fields.number("duration", low=0) or None,  # 0 is how some writers say "unknown"
        frames=_frames(fields, folders.pictures),
        context=_context(fields, second),
        references=fields.texts("references"),
        split=fields.label("split", limit=32) or "test",
        extra={name: value for name, value in fields.data.items() if name not in SAMPLE_KEYS},
    )
    _clip(fields, folders.clips, sample, second)
    _mistyped_keys(fields, SAMPLE_KEYS)
    return sample


def _clip(fields: Fields, folder: Clips, sample: Sample, second: int | None) -> None:
    """The film around the moment; it begins five seconds before it unless the line says otherwise."""
    name = fields.label("clip", limit=1000)
    start = fields.number("clip_start", low=0)
    if not name:
        if start is not None:
            fields.note("clip_start", _("The line names no clip."))
        return
    try:
        found = folder.look(name)
    except FileError as error:
        fields.note("clip", str(error))
        return
    if second is not None:
        sample.clip, sample.clip_start = found.digest, max(0.0, second - WINDOW) if start is None else start
        if not sample.clip_start <= second < sample.clip_start + found.duration:
            end = sample.clip_start + found.duration
            told = {"start": f"{sample.clip_start:g}", "end": f"{end:g}", "second": second}
            fields.note("clip", _("It shows seconds %(start)s to %(end)s, and not second %(second)s.") % told)


def _frames(fields: Fields, folder: Pictures) -> list[str]:
    digests = []
    for index, name in enumerate(fields.items("frames")):
        place = f"frames[{index}]"
        if fields.as_text(name, place, limit=1000, required=True):
            try:
                digests.append(folder.look(name).digest)
            except FileError as error:
                fields.note(place, str(error))
    return digests


def _context(fields: Fields, second: int | None) -> list[dict[str, Any]]:
    """The surrounding comments, each within five seconds of the moment and outside its own second.

    Only time and text are kept: whatever else a dump says of a comment (who wrote it, ...) is not for this site.
    """
    comments = []
    for entry in fields.objects("context"):
        time = entry.number("time", required=True, low=0)
        text = entry.text("text", limit=TEXT_LIMIT, required=True)
        if time is not None and second is not None:
            _in_window(entry, time, second)
        comments.append({"time": time, "text": text})
    return comments


def _in_window(entry: Fields, time: float, second: int) -> None:
    if second <= time < second + 1:
        where = _("%(time)s lies in second %(second)s itself, for which systems are to write; leave it out.")
        entry.note("time", where % {"time": f"{time:g}", "second": second})
    elif not second - WINDOW <= time < second + WINDOW + 1:
        told = {"time": f"{time:g}", "window": WINDOW, "second": second}
        entry.note("time", _("%(time)s is not within %(window)s seconds of %(second)s.") % told)


def _mistyped_keys(fields: Fields, known: tuple[str, ...]) -> None:
    """A key that differs by a letter from one that is absent is a mistake; other unknown keys are welcome."""
    absent = [name for name in known if name not in fields.data]
    for name in fields.data.keys() - set(known):
        if near := difflib.get_close_matches(name.lower(), absent, n=1, cutoff=0.8):
            told = {"key": repr(near[0])}
            fields.note(name, _("The key is unknown; %(key)s is meant, it seems.") % told)


def outputs(path: Path, testset: TestSet, progress: Callable[[int], None]) -> CheckedOutputs:
    """Look at every line; InputError lists all faults."""
    problems = Problems(path.name)
    reader = Reader(path, problems)
    keys = set(testset.samples.values_list("key", flat=True))
    lines: dict[tuple[str, int], int] = {}
    for row in reader.rows():
        fields = Fields(row.data, row.line, problems)
        place = _output(fields)[:2]
        if place[0] and place[0] not in keys:
            told = {"slug": repr(testset.slug), "sample": shown(place[0])}
            fields.note("sample", _("The test set %(slug)s has no sample %(sample)s.") % told)
        elif all(place) and lines.setdefault(place, row.line) != row.line:
            given = {"rank": place[1], "sample": shown(place[0]), "line": lines[place]}
            fields.note("rank", _("Rank %(rank)s of sample %(sample)s is given by line %(line)s already.") % given)
        progress(reader.bytes_read)
    if not lines and not problems.found:
        problems.add(None, "", _("The file holds no outputs."))
    if not problems.found:
        _no_gaps(lines, problems)
    problems.stop_if_any()
    named = {key for key, _rank in lines}
    return CheckedOutputs(reader.digest, len(lines), max(rank for _key, rank in lines), len(keys) - len(named))


class _OutputLine(NamedTuple):
    sample: str
    rank: int
    text: str
    score: float | None


def _output(fields: Fields) -> _OutputLine:
    """The line as an output; a text of blanks alone is a null. Faults are noted in `fields`."""
    text = fields.text("text", limit=TEXT_LIMIT)
    if "text" not in fields.data:
        fields.note("text", _('The value is missing; write "" where the system said nothing.'))
    _mistyped_keys(fields, OUTPUT_KEYS)
    return _OutputLine(
        sample=fields.text("sample", limit=200, required=True),
        rank=fields.whole("rank", required=True, low=1, high=RANK_LIMIT) or 0,
        text=text if text.strip() else "",
        score=fields.number("score", low=-1e300, high=1e300),
    )


def _no_gaps(lines: dict[tuple[str, int], int], problems: Problems) -> None:
    for (key, rank), line in lines.items():
        if rank > 1 and (key, rank - 1) not in lines:
            told = {"sample": shown(key), "rank": rank, "before": rank - 1}
            problems.add(line, "rank", _("Sample %(sample)s has rank %(rank)s but no rank %(before)s.") % told)


def read_outputs(path: Path, run: Run) -> Iterator[Output]:
    """The outputs of a checked file, not yet in the database."""
    problems = Problems(path.name)
    ids = dict(run.testset.samples.values_list("key", "pk"))
    for row in Reader(path, problems).rows():
        key, rank, text, score = _output(Fields(row.data, row.line, problems))
        problems.stop_if_any()
        if key not in ids:
            raise InputError(path.name, problems.found)
        yield Output(run=run, sample_id=ids[key], rank=rank, text=text, score=score)

"""Reads test sets and outside outputs from JSON Lines: the whole file, or every fault with its line and nothing else.

A file is read twice. First everything is looked at and nothing kept; only when no fault was found are the pictures
stored and, in one transaction, the rows written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evalsite.testsets import checking, systems
from evalsite.testsets.checking import CheckedOutputs, Folders
from evalsite.testsets.clips import Clips
from evalsite.testsets.errors import InputError, Problem, UserError
from evalsite.testsets.folders import OF_COMMANDS, Wording
from evalsite.testsets.frames import Shelf
from evalsite.testsets.models import HUMAN, Clip, Frame, Output, Run, Sample, TestSet
from evalsite.testsets.pictures import Pictures

_CHUNK = 500
Progress = Callable[[str, int, int], None]  # (what is done, how much, of how much)


def _silent(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


class ImportedTestSet(NamedTuple):
    """What an import made; `stored` counts the pictures and clips that were new to the store."""

    testset: TestSet
    samples: int
    pictures: int
    clips: int
    stored: int


class ImportedOutputs(NamedTuple):
    """What an import made; `missing` counts the samples that got no output."""

    run: Run
    outputs: int
    nulls: int
    missing: int


def import_testset(
    *,
    slug: str,
    path: Path,
    frames: Path | None = None,
    clips: Path | None = None,
    title: str = "",
    progress: Progress = _silent,
    wording: Wording = OF_COMMANDS,
) -> ImportedTestSet:
    """A new test set from samples.jsonl and its folders; clips lie among the frames where no folder is theirs.

    InputError lists every fault; `wording` is of those about files.
    """
    systems.checked_slug(slug, "test set")
    if TestSet.objects.filter(slug=slug).exists():
        raise _taken(slug)
    if len(title) > 200:
        raise UserError(_("The title is longer than 200 characters."))
    size = _size(path)
    folders = Folders(Pictures(_there(frames, "frames"), wording), Clips(_there(clips, "clips") or frames, wording))
    checked = checking.samples(path, folders, lambda done: progress("checking", done, size))
    shelves = [Shelf(Frame, folders.pictures), Shelf(Clip, folders.clips)]
    try:
        stored = _shelve(shelves, progress)
        with transaction.atomic():
            testset = TestSet.objects.create(slug=slug, title=title, digest=checked.digest)
            for shelf in shelves:
                shelf.write_rows()
            _write_samples(testset, path, folders, lambda done: progress("writing", done, checked.total))
            _unchanged(path, checking.digest(path), checked.digest)
    except IntegrityError:
        if TestSet.objects.filter(slug=slug).exists():
            raise _taken(slug) from None
        raise
    finally:
        for shelf in shelves:
            shelf.discard()
    return ImportedTestSet(testset, checked.total, len(folders.pictures.found), len(folders.clips.found), stored)


def _there(folder: Path | None, what: str) -> Path | None:
    if folder is not None and not folder.is_dir():
        raise UserError(_("There is no folder of %(option)s %(folder)s.") % {"option": what, "folder": folder})
    return folder


def _taken(slug: str) -> UserError:
    taken = _(
        "There is a test set %(slug)s already, and a test set never changes: import the new version under a new name."
    )
    return UserError(taken % {"slug": repr(slug)})


def _size(path: Path) -> int:
    if not path.is_file():
        raise UserError(_("There is no file %(file)s.") % {"file": path})
    try:
        with path.open("rb"):
            return path.stat().st_size
    except OSError as error:
        raise UserError(_("%(file)s cannot be read: %(error)s.") % {"file": path, "error": error.strerror}) from None


def _shelve(shelves: Sequence[Shelf], progress: Progress) -> int:
    """Store the files; returns how many were new."""
    total = sum(len(shelf.folder.found) for shelf in shelves)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress("storing pictures", done, total)

    return sum(shelf.put(step) for shelf in shelves)


def _write_samples(testset: TestSet, path: Path, folders: Folders, progress: Callable[[int], None]) -> None:
    rows = checking.read_samples(path, folders)
    done = 0
    while chunk := list(islice(rows, _CHUNK)):
        for position, sample in enumerate(chunk, start=done):
            sample.testset, sample.position = testset, position
        Sample.objects.bulk_create(chunk)
        done += len(chunk)
        progress(done)


def _unchanged(path: Path, now: str, before: str) -> None:
    if now != before:
        changed = _("%(file)s changed while it was imported; try again when nothing writes to it.")
        raise UserError(changed % {"file": path})


def import_outputs(
    *, testset: TestSet, system: str, path: Path | None, progress: Progress = _silent
) -> ImportedOutputs:
    """A finished Run from outputs.jsonl; `human` without a file takes the test set's references."""
    systems.checked_slug(system, "system")
    if path is None:
        return _import_references(testset, system)
    size = _size(path)
    checked = checking.outputs(path, testset, lambda done: progress("checking", done, size))
    with transaction.atomic():
        run = _run(testset, system, checked)
        rows = checking.read_outputs(path, run)
        counts = _write_outputs(rows, lambda done: progress("writing", done, checked.total))
        _unchanged(path, checking.digest(path), checked.digest)
    return ImportedOutputs(run, *counts, missing=checked.missing)


def _import_references(testset: TestSet, system: str) -> ImportedOutputs:
    """The real comments of every sample as the outputs of `human`, ranked in the order of the file."""
    if system != HUMAN:
        nameless = _("Name the file of %(system)s's outputs; only %(human)s needs none (it takes the references).")
        raise UserError(nameless % {"system": system, "human": repr(HUMAN)})
    samples = list(testset.samples.values_list("pk", "key", "references"))
    depth = max((len(references) for _pk, _key, references in samples), default=0)
    if not depth:
        silent = _("No sample has any, so people said nothing here.")
        raise InputError(testset.slug, [Problem(None, "references", silent)])
    missing = sum(not references for _pk, _key, references in samples)
    count = sum(len(references) for _pk, _key, references in samples)
    with transaction.atomic():
        run = _run(testset, HUMAN, CheckedOutputs(testset.digest, count, depth, missing))
        counts = _write_outputs(
            Output(run=run, sample_id=pk, rank=rank, text=text)
            for pk, _key, references in samples
            for rank, text in enumerate(references, start=1)
        )
    return ImportedOutputs(run, *counts, missing=missing)


def _run(testset: TestSet, system: str, checked: CheckedOutputs) -> Run:
    now = timezone.now()
    return Run.objects.create(
        testset=testset,
        system=systems.named(system),
        source=Run.Source.IMPORTED,
        state=Run.State.FINISHED,
        per_sample=checked.depth,
        digest=checked.digest,
        started_at=now,
        progressed_at=now,
        finished_at=now,
    )


def _write_outputs(rows: Iterator[Output], progress: Callable[[int], None] = lambda done: None) -> tuple[int, int]:
    """(outputs, nulls) written."""
    done = nulls = 0
    while chunk := list(islice(rows, 2000)):
        Output.objects.bulk_create(chunk)
        done += len(chunk)
        nulls += sum(not output.text for output in chunk)
        progress(done)
    return done, nulls

"""The store of frames and clips: each is kept once, under the SHA-256 of its bytes, in Django's default storage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from evalsite.testsets.errors import UserError
from evalsite.testsets.folders import FileError, Folder, Looked
from evalsite.testsets.models import Clip, Frame

_ADMITTED = "frames_admitted"  # key of the session
_CHUNK = 500


def admit(session: SessionBase) -> None:
    """Let this browser see frames: called where a rater has consented."""
    session[_ADMITTED] = True


def dismiss(session: SessionBase) -> None:
    """Take it back: called where a rater withdraws or is forgotten."""
    session.pop(_ADMITTED, None)


def admitted(session: SessionBase) -> bool:
    """Whether this browser's rater has consented."""
    return bool(session.get(_ADMITTED, False))


class Shelf:
    """Files on their way into the store: written first, named in the database later, in one transaction.

    Files come before rows so that no database lock is held while they are written. `discard` takes away
    whatever this shelf wrote that no row names; call it in every case.
    """

    def __init__(self, model: type[Frame] | type[Clip], folder: Folder[Any]) -> None:
        self.model: type[Any] = model
        self.folder = folder
        self._written: dict[str, Any] = {}  # by digest, not yet known to be in the database

    def put(self, progress: Callable[[], Any] = lambda: None) -> int:
        """Write the folder's files that the store lacks; returns how many those are."""
        known = _rows(self.model, self.folder.found)
        for digest, file in self.folder.found.items():
            row = known.get(digest)
            if row is None or not default_storage.exists(row.file):
                self._written[digest] = self._write(file)
            progress()
        return len(self._written)

    def _write(self, file: Looked) -> Any:
        try:
            content = self.folder.read(file.path, file.path.name)
        except FileError as error:
            raise UserError(str(error)) from None
        if hashlib.sha256(content).hexdigest() != file.digest:
            changed = _("%(file)s changed while it was imported; try again when nothing writes to it.")
            raise UserError(changed % {"file": file.path})
        name = f"{self.folder.option}/{file.digest[:2]}/{file.digest}{file.suffix}"
        stored = default_storage.save(name, ContentFile(content))
        return self.model(digest=file.digest, file=stored, **file.columns())

    def write_rows(self) -> None:
        """Name the files in the database; where another import was first, its row stays."""
        rows = self.model._default_manager
        rows.bulk_create(self._written.values(), batch_size=_CHUNK, ignore_conflicts=True)
        for digest, row in _rows(self.model, self._written).items():
            if not default_storage.exists(row.file):  # a row whose file was lost is mended
                rows.filter(digest=digest).update(file=self._written[digest].file)

    def discard(self) -> None:
        """Delete the files of this shelf that no row names: all of them after a failure."""
        rows = _rows(self.model, self._written)
        for digest, stored in self._written.items():
            if digest not in rows or rows[digest].file != stored.file:
                default_storage.delete(stored.file)


def _rows(model: type[Any], digests: Iterable[str]) -> dict[str, Any]:
    """The frames or clips of these digests that the database knows."""
    wanted = list(digests)
    found: dict[str, Any] = {}
    for start in range(0, len(wanted), _CHUNK):
        found |= model._default_manager.in_bulk(wanted[start : start + _CHUNK])
    return found


def uris(digests: Iterable[str]) -> dict[str, str]:
    """Where a generation worker reads each frame: below FRAME_URI_BASE if set, else a file of this machine."""
    return {digest: _uri(frame) for digest, frame in _rows(Frame, set(digests)).items()}


def _uri(frame: Frame) -> str:
    if settings.FRAME_URI_BASE:
        return f"{settings.FRAME_URI_BASE.rstrip('/')}/{frame.file}"
    try:
        return Path(default_storage.path(frame.file)).as_uri()
    except NotImplementedError:
        raise UserError(
            "Frames are not kept as files of this machine: set FRAME_URI_BASE to an address below which "
            "the generation workers can read them."
        ) from None

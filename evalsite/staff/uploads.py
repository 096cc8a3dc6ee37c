"""Files that come in through a page: kept in a folder of their own while they are imported, then gone."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from evalsite.testsets.errors import UserError

LINES_LIMIT = 64 * 2**20  # bytes of a JSON Lines file
PICTURES_LIMIT = 512 * 2**20  # bytes of a zip file, and of what is in it
ENTRIES_LIMIT = 50_000


@contextmanager
def lines_file(upload: UploadedFile[Any], name: str) -> Iterator[Path]:
    """The uploaded JSON Lines as a file of that name."""
    if (upload.size or 0) > LINES_LIMIT:
        raise UserError(_("The file is larger than 64 MiB; import it with the command instead."))
    with TemporaryDirectory(prefix="upload-") as folder:
        path = Path(folder) / name
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        yield path


@contextmanager
def pictures_folder(upload: UploadedFile[Any] | None) -> Iterator[Path | None]:
    """The pictures of an uploaded zip file, unpacked; None where there is none."""
    if upload is None:
        yield None
        return
    with TemporaryDirectory(prefix="pictures-") as folder:
        try:
            with zipfile.ZipFile(upload) as archive:
                _unpack(archive, Path(folder))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise UserError(_("The zip file cannot be read: %(error)s.") % {"error": error}) from None
        yield Path(folder)


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Write out the files of an archive, after a look at what it claims to hold."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > ENTRIES_LIMIT or sum(entry.file_size for entry in entries) > PICTURES_LIMIT:
        raise UserError(_("The zip file holds more than 50,000 files or 512 MiB; import it with the command instead."))
    for entry in entries:
        target = folder / entry.filename
        if not target.resolve().is_relative_to(folder.resolve()):
            raise UserError(_("The zip file has a name that leads out of it: %(name)s.") % {"name": entry.filename})
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as packed, target.open("wb") as file:
            shutil.copyfileobj(packed, file)  # zipfile gives out no more than the claimed size

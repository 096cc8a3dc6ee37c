"""Files from strangers: found inside one folder only, bounded in size, each looked at once."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Generic, NamedTuple, Protocol, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evalsite.testsets.jsonl import shown


class FileError(ValueError):
    """A file that cannot be used; the text is a sentence."""


class Looked(Protocol):
    """A file that was looked at: where it lies, what it is, and what the database keeps of it."""

    @property
    def path(self) -> Path: ...
    @property
    def digest(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    def columns(self) -> dict[str, object]:
        """What is kept beside digest and file."""
        ...


Found = TypeVar("Found", bound=Looked)


class Wording(NamedTuple):
    """Sentences about a file that is not where it should be, and what to do: not the same for a command and a page."""

    no_folder: str | Promise
    outside: str | Promise
    missing: str | Promise


OF_COMMANDS = Wording(
    gettext_lazy("%(file)s cannot be found: no folder was given (--%(option)s DIR)."),
    gettext_lazy("%(file)s lies outside the folder of %(option)s."),
    gettext_lazy("%(file)s is not in the folder of %(option)s, %(folder)s."),
)
OF_PAGES = Wording(
    gettext_lazy("%(file)s cannot be found: choose a zip file that holds it under “Pictures as a zip file”."),
    gettext_lazy("%(file)s has a name that leads out of the zip file; name it from the top of that file."),
    gettext_lazy("%(file)s is not in the zip file; names must be the same in both, folders included."),
)


class Folder(ABC, Generic[Found]):
    """The folder that a test set's file names are relative to. Every name is looked at once."""

    subject: ClassVar[str | Promise]  # of the sentences about a file: %(name)s is the name
    option: ClassVar[str]  # of the command that names the folder
    byte_limit: ClassVar[int]

    def __init__(self, root: Path | None, wording: Wording = OF_COMMANDS) -> None:
        self.wording = wording
        self.root = root.resolve() if root else None
        self.found: dict[str, Found] = {}  # by digest
        self._names: dict[str, Found | FileError] = {}

    @abstractmethod
    def inspect(self, content: bytes, name: str, path: Path, digest: str) -> Found:
        """What the bytes are. Raises FileError."""

    def look(self, name: str) -> Found:
        """The named file; FileError says why it cannot be used."""
        if name not in self._names:
            try:
                self._names[name] = self._look(name)
            except FileError as error:
                self._names[name] = error
        found = self._names[name]
        if isinstance(found, FileError):
            raise found
        return found

    def _look(self, name: str) -> Found:
        path = self._inside(name)
        content = self.read(path, name)
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self.found:
            self.found[digest] = self.inspect(content, name, path, digest)
        return self.found[digest]

    @classmethod
    def about(cls, name: str, **more: object) -> dict[str, object]:
        """What sentences about a file may name."""
        return {"file": str(cls.subject) % {"name": shown(name)}, "option": cls.option, **more}

    def _inside(self, name: str) -> Path:
        """The regular file of that name in the folder, links followed; FileError where it leads elsewhere."""
        if self.root is None:
            raise FileError(str(self.wording.no_folder) % self.about(name))
        try:
            path = (self.root / name).resolve()
            inside = path.is_relative_to(self.root) and not Path(name).is_absolute()
            sound = inside and path.is_file()
        except (OSError, RuntimeError, ValueError):  # a name too long, a loop of links
            inside, sound = True, False
        if not inside:
            raise FileError(str(self.wording.outside) % self.about(name))
        if not sound:
            raise FileError(str(self.wording.missing) % self.about(name, folder=self.root))
        return path

    @classmethod
    def read(cls, path: Path, name: str) -> bytes:
        """The file's bytes; FileError where there are too many or it cannot be read."""
        try:
            with path.open("rb") as file:
                content = file.read(cls.byte_limit + 1)
        except OSError as error:
            told = cls.about(name, error=error.strerror)
            raise FileError(_("%(file)s cannot be read: %(error)s.") % told) from None
        if len(content) > cls.byte_limit:
            raise FileError(_("%(file)s is larger than %(limit)s MiB.") % cls.about(name, limit=cls.byte_limit >> 20))
        return content

"""One file reads one public data set or raw format; the file name is its slug.

A reader is a module with ``read(source: Path) -> Corpus``. It reports every fault as one
:class:`~generation.errors.UserError` that names the file and, where there is one, the line.
"""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

from generation.corpus.records import Corpus
from generation.errors import UserError


def names() -> list[str]:
    """The readers in this folder, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def load(name: str) -> Callable[[Path], Corpus]:
    """The ``read`` function of one reader, imported on use."""
    if name not in names():
        raise UserError(f"There is no reader {name!r}; there are {', '.join(names())}.")
    reader: Callable[[Path], Corpus] = importlib.import_module(f"{__name__}.{name}").read
    return reader

"""One file = one protocol; the file name is its slug. The folder is the registry."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalsite.rating.protocols.base import Protocol


def names() -> list[str]:
    """Slugs of the protocols in this folder, sorted."""
    return sorted(name for _finder, name, _package in pkgutil.iter_modules(__path__) if name != "base")


@cache  # the folder is read once a name, not once an output
def load(name: str) -> type[Protocol]:
    """The protocol class of that slug; raises LookupError that lists the known ones."""
    if name not in names():
        raise LookupError(f"There is no protocol {name!r}; there are: {', '.join(names())}.")
    protocol: type[Protocol] = import_module(f"{__name__}.{name}").protocol
    return protocol

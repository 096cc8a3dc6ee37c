"""How fast a test set and a run come in: 10,000 samples with 11 frames each, five outputs a sample.

`python -m benchmarks.importing [--samples 10000] [--pictures 2000]` uses a database and a store of its own.
Neighbouring moments share frames, as in real test sets, so there are far fewer pictures than mentions of them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

PER_SAMPLE, BATCH = 5, 16


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--pictures", type=int, default=2_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder:
        _site(Path(folder))
        _measure(Path(folder), options.samples, options.pictures)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def _site(folder: Path) -> None:
    """Django with an empty database in that folder."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "evalsite.settings",
        "SECRET_KEY": "benchmark",
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(folder),
        "BROKER_DIR": str(folder / "broker"),
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "WARNING",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def _measure(folder: Path, samples: int, pictures: int) -> None:
    from evalsite.testsets import pregeneration
    from evalsite.testsets.importing import import_outputs, import_testset
    from evalsite.testsets.models import Output, Run, Sample

    lines, outputs = _files(folder, samples, pictures)
    with _timed(f"import {samples:,} samples with {pictures:,} pictures", samples):
        testset = import_testset(slug="bench", path=lines, frames=folder / "frames").testset
    with _timed(f"import {samples * PER_SAMPLE:,} outputs", samples):
        import_outputs(testset=testset, system="ours", path=outputs)
    with _timed(f"send a run's {-(-samples // BATCH):,} batches", samples):
        run = pregeneration.start(testset=testset, system="ut", checkpoint="/models/ut", per_sample=PER_SAMPLE)
    ids = list(Sample.objects.order_by("position").values_list("pk", flat=True))
    with _timed(f"store {samples * PER_SAMPLE:,} outputs in batches of {BATCH}", samples):
        for start in range(0, samples, BATCH):
            batch = ids[start : start + BATCH]
            pregeneration.store(run_id=run.pk, sample_ids=batch, result=_result(len(batch)))
    run.refresh_from_db()
    assert run.state == Run.State.FINISHED
    assert Output.objects.filter(run=run).count() == samples * PER_SAMPLE


def _files(folder: Path, samples: int, pictures: int) -> tuple[Path, Path]:
    """samples.jsonl with its frames, and outputs.jsonl."""
    (folder / "frames").mkdir()
    for number in range(pictures):
        picture = Image.effect_noise((80, 45), 60).resize((640, 360)).convert("RGB")
        picture.save(folder / "frames" / f"{number}.jpg", quality=85)
    lines, outputs = folder / "samples.jsonl", folder / "outputs.jsonl"
    with lines.open("w") as file:
        for number in range(samples):
            file.write(json.dumps(_sample(number, pictures), ensure_ascii=False) + "\n")
    with outputs.open("w") as file:
        for number in range(samples):
            for rank in range(1, PER_SAMPLE + 1):
                file.write(
                    json.dumps({"sample": f"v@{number}", "rank": rank, "text": f"哈哈{rank}", "score": -rank}) + "\n"
                )
    return lines, outputs


def _sample(number: int, pictures: int) -> dict[str, object]:
    second = number + 5
    return {
        "id": f"v@{number}",
        "video": "v",
        "time": second,
        "frames": [f"{(number + step) % pictures}.jpg" for step in range(11)],
        "context": [
            {"time": second + step + 0.5, "text": "前方高能反应"} for step in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)
        ],
        "references": ["哈哈哈哈", "泪目", "来了来了"],
    }


def _result(samples: int) -> dict[str, object]:
    row = [{"rank": rank, "text": f"弹幕{rank}", "score": -1.0 * rank} for rank in range(1, PER_SAMPLE + 1)]
    return {"checkpoint": "c" * 64, "outputs": [row] * samples}


@contextmanager
def _timed(what: str, samples: int) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds = time.perf_counter() - began
    print(f"{what:60} {seconds:7.1f} s {samples / seconds:9,.0f} samples/s", flush=True)


if __name__ == "__main__":
    main()

"""Train the demo's systems, as many side by side as make sense on a small machine."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from tqdm import tqdm

from demo.processes import ROOT, running
from demo.studies import SYSTEMS

CORPUS = ROOT / "demo" / "corpus"
BACKBONES = ("efficientnet_lite0", "pixels64")
SIDE_BY_SIDE = min(2, os.cpu_count() or 1)


def generation(*arguments: str | Path) -> None:
    """`python -m generation ...`, its progress bars on this terminal."""
    subprocess.run([sys.executable, "-m", "generation", *map(str, arguments)], cwd=ROOT, check=True)


def checkpoints(folder: Path) -> None:
    """Visual features once, then every system that is not trained yet."""
    waiting = [name for name in SYSTEMS if not (folder / "checkpoints" / name / "config.json").exists()]
    if not waiting:
        return
    for backbone in BACKBONES:
        generation("features", CORPUS, "--backbone", backbone)
    print(f"     {SIDE_BY_SIDE} train at a time; what they say is in {folder}/train-*.log", flush=True)
    bar = tqdm(total=len(waiting), desc="     trained", unit="system", leave=False, disable=None)  # none in a log file
    with ExitStack() as stack, bar:
        busy: dict[str, subprocess.Popen[bytes]] = {}
        while waiting or busy:
            while waiting and len(busy) < SIDE_BY_SIDE:
                name = waiting.pop(0)
                busy[name] = stack.enter_context(running(f"train-{name}", training(name, folder), folder))
            for name in [name for name, process in busy.items() if process.poll() is not None]:
                trained(name, busy.pop(name), folder)
                bar.write(f"     {name} is trained")
                bar.update()
            bar.set_postfix_str(", ".join(busy))
            time.sleep(0.5)


def training(name: str, folder: Path) -> list[str]:
    """The command that trains one system; retrieval has nothing to be made smaller."""
    preset = [] if name == "tfidf" else ["--preset", "demo"]
    where = ["--corpus", str(CORPUS), "--out", str(folder / "checkpoints" / name)]
    return [sys.executable, "-m", "generation", "train", name, *preset, *where]


def trained(name: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Raise RuntimeError with its last words where a training ended badly."""
    if process.returncode:
        log = folder / f"train-{name}.log"
        last = log.read_text(encoding="utf-8", errors="replace").strip().replace("\r", "\n").rpartition("\n")[2]
        raise RuntimeError(f"Training {name} failed: {last} (all of it: {log})")

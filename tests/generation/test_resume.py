"""Killed in the middle of training and begun again, every neural system ends in the bits of a run that was not.

A new system is tested as soon as its file is there. Where its demo preset is too large for a test and its fields have
names of their own, add these to ``SIZES``.
"""

import multiprocessing
import os
import signal
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from generation.corpus import features
from generation.corpus.readers import own
from generation.seeds import derive
from generation.systems import base
from generation.systems.base import Config, Neural
from generation.train import TrainOptions, _Stage, train

STEPS, KILLED, SAVED = 6, 3, 2  # steps of each stage; the step that is never finished; steps between two states
SIZES = {
    "vocabulary": 60, "min_count": 1, "batch": 8, "together": 2, "dev_every": STEPS // 2, "keep_best": True,
    "width": 16, "heads": 2, "cross_heads": 2, "inner": 16, "blocks": 1, "layers": 1, "frame_width": None,
    "tokens": 12, "facts": 8, "comments": 2, "comment_length": 6,
    "channels": 4, "character": 8, "image_vector": 8, "text_vector": 8, "noise": 4, "latent": 8,
    "generator": (16,), "critic": (16,),
}  # fmt: skip
NEURAL = [name for name in base.names() if issubclass(base.load(name), Neural)]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])  # torch is imported once, and not by every process that is to die


def tiny(name: str) -> Config:
    """The demo preset, cut down; dropout and the like stay as they are, since they are what could differ."""
    config = base.load(name).PRESETS["demo"]
    names = [field.name for field in fields(config)]
    counts = {field: STEPS for field in names if field == "steps" or field.endswith("_steps")}
    seen = {} if config.backbone == "pixels64" else {"backbone": "none"}
    return replace(config, **{k: v for k, v in SIZES.items() if k in names}, **counts, **seen)


def run(name: str, root: Path, out: Path, kill: str | None = None) -> Path:
    """Train; with ``kill`` this process ends inside a step of that stage, as if its power were cut."""
    torch.set_num_threads(1)
    update = _Stage._update

    def fall(stage: _Stage, *args: object) -> None:
        if (stage.stage, stage.step) == (kill, KILLED):
            os.kill(os.getpid(), signal.SIGKILL)
        update(stage, *args)

    if kill is not None:
        _Stage._update = fall  # type: ignore[method-assign]  # this process will not see another test
    return train(name, tiny(name), [own.read(root)], TrainOptions(out=out, device="cpu", save_every=SAVED))


def killed(name: str, root: Path, out: Path, stage: str) -> int:
    process = PROCESSES.Process(target=run, args=(name, root, out, stage))
    process.start()
    process.join(600)  # seconds, on the slowest machine
    return process.exitcode


@pytest.fixture
def seen_corpus(small_corpus):
    """The small corpus with a vector of every second, for systems that look at pixels."""
    draw = torch.Generator().manual_seed(derive(0, "pixels"))
    rows = {v.id: torch.rand(20, features.dimension("pixels64"), generator=draw) for v in small_corpus.videos}
    seconds = {video: list(range(20)) for video in rows}
    features.save(small_corpus.root / "features", "pixels64", rows, seconds, weights="drawn")
    return small_corpus


@pytest.mark.slow
@pytest.mark.parametrize("name", NEURAL)
def test_killed_in_its_first_and_in_its_last_stage_a_run_ends_in_the_same_bits(seen_corpus, tmp_path, name):
    root, stages = seen_corpus.root, base.load(name).STAGES
    broken = tmp_path / "broken"
    for stage in dict.fromkeys([stages[0], stages[-1]]):
        assert killed(name, root, broken, stage) == -signal.SIGKILL
        state = torch.load(broken / "training" / "state.pt", weights_only=True)
        assert (state["stage"], state["step"]) == (stage, KILLED // SAVED * SAVED)
        assert not (broken / "config.json").exists()
    whole, again = run(name, root, tmp_path / "whole"), run(name, root, broken)
    assert base.digest(whole) == base.digest(again)
    assert {p.name for p in whole.iterdir()} == {p.name for p in again.iterdir()}

"""Training: the same end whether or not it was killed, the best weights kept, faults in sentences."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from generation.errors import UserError
from generation.systems.tfidf import TfidfConfig
from generation.systems.ut import UT, UTConfig
from generation.train import TrainOptions, choose_device, train

TINY = UTConfig(
    blocks=1, width=16, heads=2, inner=16, comments=2, comment_length=6, backbone="none", vocabulary=60,
    batch=8, steps=24, dev_every=5, lr=3e-3,
)  # fmt: skip


def command(corpus, out, *more):
    words = ["train", "ut", "--corpus", corpus.root, "--out", out, "--device", "cpu", "--save-every", "5"]
    config = ["--blocks=1", "--width=16", "--heads=2", "--inner=16", "--comments=2", "--comment-length=6"]
    config += ["--backbone=none", "--batch=8", "--dev-every=5", "--lr=3e-3"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return [sys.executable, "-m", "generation", *map(str, words), *config, *more], environment


def weights(folder):
    return load_file(folder / "model.safetensors")


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_learns_and_leaves_a_whole_checkpoint(small_corpus, tmp_path):
    train("ut", TINY, [small_corpus], TrainOptions(out=tmp_path / "short"))
    out = train("ut", replace(TINY, steps=150), [small_corpus], TrainOptions(out=tmp_path / "long"))
    lines = (out / "training" / "log.jsonl").read_text().splitlines()
    losses = [float(line.split('"dev_loss": ')[1].rstrip("}")) for line in lines if "dev_loss" in line]
    assert losses[-1] < losses[0] - 0.5
    assert (out / "stages" / "train" / "model.safetensors").is_file()


@pytest.mark.slow
def test_killed_again_and_again_it_ends_in_the_same_bits(small_corpus, tmp_path):
    whole, environment = command(small_corpus, tmp_path / "whole", "--steps=120")
    subprocess.run(whole, env=environment, check=True, capture_output=True)
    broken, _ = command(small_corpus, tmp_path / "broken", "--steps=120")
    state = tmp_path / "broken" / "training" / "state.pt"
    kills, steps = 0, []
    while kills < 2:
        before = state.stat().st_mtime_ns if state.exists() else 0
        process = subprocess.Popen(broken, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if state.exists() and state.stat().st_mtime_ns != before:
                time.sleep(0.03)
                break
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"
        kills += 1
        steps.append(torch.load(state, weights_only=True)["step"])
    subprocess.run(broken, env=environment, check=True, capture_output=True)
    assert 0 < steps[0] < steps[1] < 120
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "broken"))
    files = ("config.json", "vocabulary.json", "model.safetensors")
    assert all((tmp_path / "whole" / f).read_bytes() == (tmp_path / "broken" / f).read_bytes() for f in files)


@pytest.mark.slow
def test_two_processes_under_torchrun_end_in_one_checkpoint(small_corpus, tmp_path):
    alone, environment = command(small_corpus, tmp_path / "alone", "--steps=12", "--dropout=0")
    subprocess.run(alone, env=environment, check=True, capture_output=True)
    words, _ = command(small_corpus, tmp_path / "both", "--steps=12", "--dropout=0")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    done = subprocess.run([*launcher, *words[2:]], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = weights(tmp_path / "alone"), weights(tmp_path / "both")
    # The global batch is the same; only the mean over tokens is taken in two halves.
    assert all((one[name] - two[name]).abs().max() < 0.02 for name in one)
    assert not same(one, two)


class TwoStages(UT):
    """UT trained in two stages with an optimizer each, as pre-training and GAN systems are."""

    STAGES = ("first", "second")
    PRESETS = {"default": TINY}
    begun: list[str] = []

    def begin(self):
        self.begun.append(self.stage)
        self.embedding.requires_grad_(self.stage == "first")

    def optimizers(self):
        chosen = [p for p in self.parameters() if p.requires_grad]
        return {"a": torch.optim.SGD(chosen, lr=0.1), "b": torch.optim.Adam([self.output.bias], lr=0.01)}

    def schedule(self, progress):
        return 1 - progress

    def training_step(self, batch, update):
        losses = self.loss(batch)
        update(losses["loss"], "a")
        update(self.loss(batch)["loss"], "b")
        return losses


def test_stages_have_their_own_optimizers_and_frozen_parts(small_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("generation.systems.base.load", lambda name: TwoStages)
    TwoStages.begun.clear()
    out = train("ut", TINY, [small_corpus], TrainOptions(out=tmp_path / "out", device="cpu"))
    assert TwoStages.begun == ["first", "second"]
    first, second = weights(out / "stages" / "first"), weights(out / "stages" / "second")
    assert torch.equal(first["embedding.weight"], second["embedding.weight"])
    assert not torch.equal(first["output.weight"], second["output.weight"])
    assert same(second, weights(out))
    only = TrainOptions(out=tmp_path / "only", device="cpu", stage="second", start=out / "stages" / "first")
    assert same(weights(train("ut", TINY, [small_corpus], only)), second)
    with pytest.raises(UserError, match="no stage 'third'; it has first, second"):
        train("ut", TINY, [small_corpus], TrainOptions(out=tmp_path / "x", stage="third"))


def test_best_weights_are_those_of_the_lowest_dev_loss(small_corpus, tmp_path):
    config = replace(TINY, steps=200, lr=0.05)  # soon worse on the dev split than it was
    out = train("ut", config, [small_corpus], TrainOptions(out=tmp_path / "out", device="cpu"))
    best = out / "stages" / "train" / "config.json"
    text = best.read_text()
    lines = [line for line in (out / "training" / "log.jsonl").read_text().splitlines() if "dev_loss" in line]
    losses = {int(line.split('"step": ')[1].split(",")[0]): float(line.split('dev_loss": ')[1][:-1]) for line in lines}
    step = min(losses, key=losses.get)
    assert f'"step": {step}' in text
    assert step < 200


def test_a_finished_run_is_not_trained_again_and_another_config_is_refused(small_corpus, tmp_path):
    options = TrainOptions(out=tmp_path / "out", device="cpu")
    train("ut", TINY, [small_corpus], options)
    stamp = (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns
    train("ut", TINY, [small_corpus], options)
    assert (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns == stamp
    with pytest.raises(UserError, match=r"lr=0.003, and lr=0.1 was asked for: choose another --out, or --restart"):
        train("ut", replace(TINY, lr=0.1), [small_corpus], options)
    train("ut", replace(TINY, lr=0.1), [small_corpus], replace(options, restart=True))


def test_faults_are_said_in_sentences(make_corpus, tmp_path):
    empty = make_corpus([{"id": "a", "duration": 9, "split": "test", "comments": [(1, "x")]}])
    with pytest.raises(UserError, match="no training comments in corpus:"):
        train("ut", TINY, [empty], TrainOptions(out=tmp_path / "out"))
    with pytest.raises(UserError, match="The device 'cuda:9' cannot be used here"):
        choose_device("cuda:9")


def test_a_loss_that_is_not_finite_stops_the_run(small_corpus, tmp_path):
    config = replace(TINY, lr=1e30)
    with pytest.raises(UserError, match=r"The loss is .* try a smaller --lr"):
        train("ut", config, [small_corpus], TrainOptions(out=tmp_path / "out", device="cpu"))


def test_a_system_that_is_fitted_at_once_goes_the_same_way(small_corpus, tmp_path):
    out = train("tfidf", TfidfConfig(), [small_corpus], TrainOptions(out=tmp_path / "out"))
    assert (out / "comments.json").is_file()

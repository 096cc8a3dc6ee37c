"""One flat loop for every system: resumes after a kill, runs on one processor or under ``torchrun``.

Nothing random is left to a running generator: the weights, the order of an epoch, a batch and the dropout of a step
each derive from the config's seed and their own number. So a run that was killed and begun again goes through
the same steps as one that was not, and on a CPU ends in the same bits.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from generation.corpus import features, windows
from generation.corpus.records import Corpus, Sample
from generation.corpus.vocabulary import Vocabulary
from generation.errors import UserError
from generation.seeds import derive
from generation.systems import base
from generation.systems.base import Neural, Plan, System

STATE = "state.pt"


@dataclass(frozen=True)
class TrainOptions:
    """How and where to train, as opposed to what (the config).

    ``stage``: only this one; ``start``: a checkpoint whose weights and vocabulary to begin from; ``dev_share``: moments
    held out where the corpus has no dev split; ``save_every``: steps between two states to resume from.
    """

    out: Path
    device: str = "auto"
    precision: str = "auto"
    stage: str | None = None
    start: Path | None = None
    dev_share: float = 0.05
    save_every: int = 200
    workers: int = 0
    restart: bool = False


@dataclass(frozen=True)
class Process:
    """This process among those that train together."""

    rank: int
    world: int
    device: torch.device

    def share(self, gradients: Sequence[Tensor]) -> None:
        """Average over processes."""
        if self.world > 1:
            for gradient in gradients:
                dist.all_reduce(gradient)
                gradient /= self.world

    def mean(self, value: float) -> float:
        """One number, averaged over processes, so that all decide alike."""
        if self.world == 1:
            return value
        shared = torch.tensor(value, device=self.device, dtype=torch.float64)
        dist.all_reduce(shared)
        return float(shared) / self.world


def choose_device(wanted: str) -> torch.device:
    """``auto`` is the GPU where there is one."""
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(f"The device {wanted!r} cannot be used here; choose cpu, or auto.") from error
    return device


def train(name: str, config: base.Config, corpora: Sequence[Corpus], options: TrainOptions) -> Path:
    """Train a system on one or more corpora and return the folder of its checkpoint."""
    cls = base.load(name)
    if options.restart and options.out.exists():
        shutil.rmtree(options.out / "training", ignore_errors=True)
    state = _state(options.out, name, config)
    if state and state.get("done"):
        tqdm.write(f"{options.out} is trained already; --restart trains it anew.", file=sys.stderr)
        return options.out
    kept, dev = _samples(corpora, config, options)
    seen = features.for_corpora(corpora, config.backbone)
    vocabulary = _vocabulary(cls, config, kept, options)
    system = base.seeded(config, cls, kept, vocabulary)
    system.features = seen
    if not isinstance(system, Neural):
        system.fit(kept)
        system.about = _about(corpora, kept)
        system.save(options.out)
        return options.out
    with _processes(options) as process:
        _train_stages(system, kept, dev, corpora, options, state, process)
    return options.out


def _samples(
    corpora: Sequence[Corpus], config: base.Config, options: TrainOptions
) -> tuple[list[Sample], list[Sample]]:
    """(train, dev); a share of the training moments is held out where there is no dev split."""
    kept = [sample for corpus in corpora for sample in windows.samples(corpus, "train")]
    dev = [sample for corpus in corpora for sample in windows.samples(corpus, "dev")]
    if not kept:
        names = ", ".join(corpus.name for corpus in corpora)
        raise UserError(f"There are no training comments in {names}: no video or segment has the split train.")
    if not dev and options.dev_share:
        kept, dev = windows.hold_out(kept, options.dev_share, config.seed)
    return kept, dev


def _vocabulary(cls: type[System], config: base.Config, kept: list[Sample], options: TrainOptions) -> Vocabulary:
    """The one of ``start``, or made from the training samples."""
    if options.start:
        return Vocabulary.load(options.start / base.VOCABULARY)
    return cls.make_vocabulary(config, kept)


def _about(corpora: Sequence[Corpus], kept: Sequence[Sample]) -> dict[str, Any]:
    comments = sum(len(sample.references) for sample in kept)
    return {"corpora": [corpus.name for corpus in corpora], "moments": len(kept), "comments": comments}


# -- the state on disk -----------------------------------------------------------------------------------------


def _state(out: Path, name: str, config: base.Config) -> dict[str, Any] | None:
    """Where an earlier run of the same system and config stopped, if there was one."""
    path = out / "training" / STATE
    if not path.is_file():
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    before = {"system": state["system_name"], **state["config"]}
    now = {"system": name, **_plain(config)}
    changed = [key for key in now if before.get(key) != now[key]]
    if changed:
        key = changed[0]
        raise UserError(
            f"{out} holds a run with {key}={before.get(key)}, and {key}={now[key]} was asked for: "
            "choose another --out, or --restart."
        )
    return state


def _plain(config: base.Config) -> dict[str, Any]:
    """The config as JSON would give it back."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    return plain


def _save_state(out: Path, system: Neural, state: dict[str, Any]) -> None:
    """Written beside the old state and renamed over it, so a kill leaves one or the other."""
    folder = out / "training"
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"system_name": system.slug(), "config": _plain(system.config), **state}
    with (folder / f"{STATE}.part").open("wb") as file:
        torch.save(whole, file)
        file.flush()
        os.fsync(file.fileno())
    (folder / f"{STATE}.part").replace(folder / STATE)


# -- stages and steps ------------------------------------------------------------------------------------------


class _processes:  # noqa: N801 - reads as a verb at its one use
    """Join the group that ``torchrun`` set up, and leave it at the end; alone without ``torchrun``."""

    def __init__(self, options: TrainOptions) -> None:
        self.world = int(os.environ.get("WORLD_SIZE", "1"))
        self.device = choose_device(options.device)

    def __enter__(self) -> Process:
        if self.world == 1:
            return Process(0, 1, self.device)
        if self.device.type == "cuda":
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(self.device)
        dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        return Process(dist.get_rank(), self.world, self.device)

    def __exit__(self, *_: object) -> None:
        if self.world > 1:
            dist.destroy_process_group()


def _train_stages(
    system: Neural,
    kept: list[Sample],
    dev: list[Sample],
    corpora: Sequence[Corpus],
    options: TrainOptions,
    state: dict[str, Any] | None,
    process: Process,
) -> None:
    stages = [options.stage] if options.stage else list(system.STAGES)
    if stages[0] not in system.STAGES:
        raise UserError(f"{system.slug()} has no stage {stages[0]!r}; it has {', '.join(system.STAGES)}.")
    if options.start and not state:
        system.load_files(options.start)
    elif not state:
        system.prime(kept)
    system.about = _about(corpora, kept)
    system.to(process.device)
    first = stages.index(state["stage"]) if state else 0
    for stage in stages[first:]:
        _Stage(system, stage, kept, dev, options, process).run(state if state and state["stage"] == stage else None)
    if process.rank == 0:
        system.save(options.out)
        _save_state(options.out, system, {"stage": stages[-1], "done": True})


class _Batches(Dataset[Any]):
    """The batches of one epoch by number; a batch depends on the seed, the epoch and its number alone."""

    def __init__(self, system: Neural, examples: Sequence[Any], plan: Plan, epoch: int, process: Process) -> None:
        self.system, self.examples, self.epoch, self.process = system, examples, epoch, process
        seed = derive(system.config.seed, "order", system.stage, epoch)
        order = torch.randperm(len(examples), generator=torch.Generator().manual_seed(seed)).tolist()
        self.batches = [order[i : i + plan.batch] for i in range(0, len(order), plan.batch)]
        if plan.drop_last and len(self.batches) > 1 and len(self.batches[-1]) < plan.batch:
            self.batches.pop()
        if len(self.batches[-1]) < process.world:  # every process needs an example of its own
            self.batches[-1] += order[: process.world]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> base.Batch:
        seed = derive(self.system.config.seed, "batch", self.system.stage, self.epoch, number, self.process.rank)
        chosen = self.batches[number][self.process.rank :: self.process.world]
        return self.system.collate([self.examples[i] for i in chosen], torch.Generator().manual_seed(seed))


class _Stage:
    """One stage of training: its examples, optimizers, dev loss and best weights."""

    def __init__(
        self,
        system: Neural,
        stage: str,
        kept: Sequence[Sample],
        dev: Sequence[Sample],
        options: TrainOptions,
        process: Process,
    ) -> None:
        system.stage = stage
        system.begin()
        self.system, self.stage, self.options, self.process = system, stage, options, process
        self.plan = system.plan()
        self.examples = system.examples(kept)
        if not len(self.examples):
            raise UserError(f"The training split gives {system.slug()} nothing to learn from in stage {stage}.")
        self.dev = self._dev_examples(system.examples(dev)) if dev else []
        self.optimizers = system.optimizers()
        self.base_rates = {n: [g["lr"] for g in o.param_groups] for n, o in self.optimizers.items()}
        self.epoch_length = len(_Batches(system, self.examples, self.plan, 0, process))
        self.total = self.plan.steps or self.plan.epochs * self.epoch_length
        self.step, self.best, self.worse = 0, float("inf"), 0
        self.folder = options.out / "stages" / stage

    def _dev_examples(self, examples: Sequence[Any]) -> list[Any]:
        """At most ``dev_examples`` of them, always the same."""
        generator = torch.Generator().manual_seed(derive(self.system.config.seed, "dev"))
        order = torch.randperm(len(examples), generator=generator)[: self.plan.dev_examples]
        return [examples[i] for i in order.tolist()]

    def run(self, state: dict[str, Any] | None) -> None:
        """All steps from where ``state`` stopped; afterwards the system holds the stage's best weights."""
        if state:
            self._restore(state)
        bar = tqdm(
            total=self.total,
            initial=self.step,
            desc=f"{self.system.slug()} {self.stage}",
            unit="step",
            disable=None if self.process.rank == 0 else True,
        )
        began = time.monotonic()
        with bar:
            for batch in self._batches():
                shown = self._step(batch)
                bar.update()
                if self.step % 20 == 0 or self.step == self.total:
                    bar.set_postfix({k: f"{float(v.detach()):.3f}" for k, v in shown.items()} | self._best_shown())
                if self._after_step(bar):
                    break
        self._end(time.monotonic() - began)

    def _best_shown(self) -> dict[str, str]:
        return {"best dev": f"{self.best:.3f}"} if self.best < float("inf") else {}

    def _batches(self) -> Iterator[base.Batch]:
        while self.step < self.total:
            epoch, done = divmod(self.step, self.epoch_length)
            batches = _Batches(self.system, self.examples, self.plan, epoch, self.process)
            left = range(done, min(len(batches), done + self.total - self.step))
            yield from DataLoader(batches, batch_size=None, sampler=left, num_workers=self.options.workers)

    def _step(self, batch: base.Batch) -> dict[str, Tensor]:
        system = self.system
        system.train()
        system.step, system.progress = self.step, self.step / self.total
        torch.manual_seed(derive(system.config.seed, "step", self.stage, self.step, self.process.rank))
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.base_rates[name], strict=True):
                group["lr"] = rate * system.schedule(system.progress)
        with self._autocast():
            shown = system.training_step(system.move(batch), self._update)
        self.step += 1
        return shown

    def _autocast(self) -> torch.autocast:
        """bfloat16 on a GPU unless full precision was asked for."""
        wanted = self.options.precision
        enabled = wanted == "bf16" or (wanted == "auto" and self.process.device.type == "cuda")
        return torch.autocast(self.process.device.type, torch.bfloat16, enabled=enabled)

    def _update(self, loss: Tensor, optimizer: str = "main") -> None:
        """Backward, average over processes, clip, step."""
        if not torch.isfinite(loss):
            raise UserError(
                f"The loss is {float(loss.detach())} at step {self.step} of stage {self.stage}; try a smaller --lr."
            )
        chosen = self.optimizers[optimizer]
        parameters = [p for group in chosen.param_groups for p in group["params"]]
        chosen.zero_grad(set_to_none=True)
        loss.backward()
        if self.process.world > 1:
            for p in parameters:  # a part one process did not use still takes part in the average
                if p.grad is None:
                    p.grad = torch.zeros_like(p)
            self.process.share([p.grad for p in parameters if p.grad is not None])
        self.system.clip(optimizer, parameters)
        chosen.step()

    def _after_step(self, bar: "tqdm[Any]") -> bool:
        """Dev loss and state when they are due; true where the stage has lost patience."""
        every = self.plan.dev_every or self.epoch_length
        stop = False
        if self.dev and (self.step % every == 0 or self.step == self.total):
            loss = self.process.mean(self._dev_loss())
            if self.process.rank == 0:
                self._log({"stage": self.stage, "step": self.step, "dev_loss": loss})
            self.worse = 0 if loss < self.best else self.worse + 1
            if loss < self.best:
                self.best = loss
                self._keep()
            stop = self.plan.patience is not None and self.worse >= self.plan.patience
        if self.process.rank == 0 and self.step % self.options.save_every == 0 and self.step < self.total and not stop:
            self._save()
        return stop

    @torch.no_grad()
    def _dev_loss(self) -> float:
        """Mean over the dev examples, with the same masks and noise each time."""
        system = self.system
        system.eval()
        total, count = 0.0, 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(system.config.seed, "dev"))
            for number, i in enumerate(range(0, len(self.dev), self.plan.batch)):
                part = self.dev[i : i + self.plan.batch]
                generator = torch.Generator().manual_seed(derive(system.config.seed, "dev", number))
                with self._autocast():
                    loss = system.dev_loss(system.move(system.collate(part, generator)))
                total, count = total + float(loss) * len(part), count + len(part)
        return total / count

    def _keep(self) -> None:
        """Write the best weights so far."""
        if self.plan.keep_best and self.process.rank == 0:
            self._write_checkpoint()

    def _write_checkpoint(self) -> None:
        stage = {"stage": self.stage, "step": self.step, "dev_loss": self.best if self.dev else None}
        self.system.about = {**self.system.about, self.stage: stage}
        self.system.save(self.folder)

    def _end(self, seconds: float) -> None:
        """The stage's weights: the best by dev loss, or the last."""
        best = bool(self.dev) and self.plan.keep_best
        if not best and self.process.rank == 0:
            self._write_checkpoint()
        if self.process.world > 1:
            dist.barrier()
        if best:
            _, _, about = base.read_config(self.folder)
            self.system.about = {k: v for k, v in about.items() if k != "features"}
            self.system.load_files(self.folder)
        if self.process.rank == 0:
            self._log(
                {"stage": self.stage, "step": self.step, "seconds": round(seconds, 1), "best": self._best_shown()}
            )

    def _log(self, line: dict[str, Any]) -> None:
        folder = self.options.out / "training"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _save(self) -> None:
        weights = {name: tensor.detach() for name, tensor in self.system.state_dict().items()}
        optimizers = {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()}
        counters = {"stage": self.stage, "step": self.step, "best": self.best, "worse": self.worse}
        about = {"about": self.system.about, "vocabulary": list(self.system.vocabulary.tokens)}
        _save_state(self.options.out, self.system, {**counters, **about, "weights": weights, "optimizers": optimizers})

    def _restore(self, state: dict[str, Any]) -> None:
        if state["vocabulary"] != list(self.system.vocabulary.tokens):
            raise UserError(f"The corpus has changed since {self.options.out} was begun; train with --restart.")
        self.system.load_state_dict(state["weights"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        self.step, self.best, self.worse = state["step"], state["best"], state["worse"]
        self.system.about = state["about"]

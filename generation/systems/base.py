"""What a system is: one file in this folder with one configuration, one class and its presets.

Any system can be built from samples, saved, loaded, asked to write and asked to rank. A neural one also tells
how a batch is made and what its loss is; :mod:`generation.train` does the rest. To add a system, add a file with

* a frozen, keyword-only dataclass that extends :class:`Config`, its defaults the paper's values;
* one class that extends :class:`System` or :class:`Neural`, with ``Config`` and ``PRESETS`` as class attributes.
"""

import functools
import hashlib
import importlib
import json
import pkgutil
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import generation.systems
from generation.corpus import vocabulary as words
from generation.corpus.backbones import dimension
from generation.corpus.features import Features, LiveFeatures, NoFeatures
from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.decoding import Options, Output
from generation.errors import UserError
from generation.seeds import derive

Batch = dict[str, Any]  # tensors by name, first axis the examples; other values are left on the CPU
Update = Callable[..., None]  # update(loss, optimizer="main"): backward, share, clip, step
COMMON_PRESETS = ("default", "demo", "small")  # names that more than one system gives its presets
WEIGHTS, CONFIG, VOCABULARY = "model.safetensors", "config.json", "vocabulary.json"


@dataclass(frozen=True, kw_only=True)
class Config:
    """What every system is told; a system's own dataclass overrides these defaults with its paper's values.

    ``backbone`` is one of :data:`generation.corpus.backbones.DIMENSIONS` or "none". ``vocabulary`` counts words
    besides the special tokens. ``steps`` replaces ``epochs`` where it is not None.
    """

    tokenizer: str = "jieba"
    vocabulary: int = 30_000
    min_count: int = 1
    backbone: str = "none"
    seed: int = 1234
    batch: int = 64
    epochs: int = 50
    steps: int | None = None
    lr: float = 3e-4

    @property
    def visual_dim(self) -> int:
        """Length of a frame's vector."""
        return 1 if self.backbone == "none" else dimension(self.backbone)


@dataclass(frozen=True)
class Plan:
    """How long a stage trains: epochs or steps, examples a step (over all processes), when the dev loss is taken.

    ``dev_every`` counts steps (None: once an epoch); ``patience`` ends a stage after so many dev losses
    without a better one; ``keep_best`` ends it with the best weights instead of the last.
    """

    epochs: int
    batch: int
    steps: int | None = None
    drop_last: bool = False
    dev_every: int | None = None
    dev_examples: int = 2048
    patience: int | None = None
    keep_best: bool = True


class System(ABC):
    """One writer of comments. ``features`` is set by whoever knows where frames come from."""

    Config: ClassVar[type[Config]] = Config
    PRESETS: ClassVar[Mapping[str, Config]] = {}
    SPECIALS: ClassVar[tuple[str, ...]] = (words.PAD, words.BOS, words.EOS, words.UNK, words.SEP)

    def __init__(self, config: Config, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = vocabulary
        self.features: Features = NoFeatures(config.visual_dim)
        self.about: dict[str, Any] = {}  # how it was trained; kept in the checkpoint

    @classmethod
    def slug(cls) -> str:
        """The name of the system: that of its file."""
        return cls.__module__.rpartition(".")[2]

    @classmethod
    def build(cls, config: Config, samples: Sequence[Sample]) -> Self:
        """A new, untrained system whose vocabulary comes from the references of the training samples."""
        return cls(config, cls.make_vocabulary(config, samples))

    @classmethod
    def make_vocabulary(cls, config: Config, samples: Sequence[Sample]) -> Vocabulary:
        """Words by frequency. Each training comment is a reference of exactly one moment, so counts once."""
        texts = (text for sample in samples for text in sample.references)
        return Vocabulary.build(
            texts,
            size=config.vocabulary,
            tokenizer=config.tokenizer,
            specials=cls.SPECIALS,
            min_count=config.min_count,
        )

    def fit(self, samples: Sequence[Sample]) -> None:
        """Learn from samples at once; for systems that are not trained step by step."""
        raise NotImplementedError(f"{type(self).__name__} is trained step by step.")

    @abstractmethod
    def generate(self, samples: Sequence[Sample], options: Options) -> list[list[Output]]:
        """Outputs of each sample, best first, distinct texts; a null is an output with the text ""."""

    def score(self, samples: Sequence[Sample], candidates: Sequence[Sequence[str]]) -> list[list[float]]:
        """How unlikely each candidate comment of each sample is: lower is better."""
        raise UserError(f"{self.slug()} does not rank candidates.")

    def parts(self) -> dict[str, int]:
        """Parameter count by part; the parts add up to the whole."""
        return {}

    @abstractmethod
    def save_files(self, folder: Path) -> None:
        """Write what is the system's own, besides the config and the vocabulary."""

    @abstractmethod
    def load_files(self, folder: Path) -> None:
        """Read what :meth:`save_files` wrote."""

    def save(self, folder: Path) -> None:
        """Write the checkpoint folder; every file appears whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        self.save_files(folder)
        self.vocabulary.save(folder / VOCABULARY)
        about = {**self.about, "features": self.features.digest}
        data = {"format": 1, "system": self.slug(), "config": asdict(self.config), "about": about}
        part = folder / (CONFIG + ".part")
        part.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
        part.replace(folder / CONFIG)  # last, so a folder with a config is a whole checkpoint


class Neural(System, nn.Module):
    """A system of parameters. The trainer sets ``stage``, ``step`` and ``progress`` (0 to 1 within the stage)
    before each call, so that losses may depend on them."""

    STAGES: ClassVar[tuple[str, ...]] = ("train",)

    def __init__(self, config: Config, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        self.stage, self.step, self.progress = self.STAGES[-1], 0, 1.0

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device

    # -- training ------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """How long the present stage trains."""
        return Plan(epochs=self.config.epochs, batch=self.config.batch, steps=self.config.steps)

    def prime(self, samples: Sequence[Sample]) -> None:
        """Called once, on new weights, with the training samples: begin better than at random here."""

    def begin(self) -> None:
        """Called once the stage is set, before its optimizers are made: freeze or thaw parts here."""

    def examples(self, samples: Sequence[Sample]) -> Sequence[Any]:
        """What the present stage learns from; by default every (sample, reference) pair."""
        return [(sample, text) for sample in samples for text in sample.references]

    @abstractmethod
    def collate(self, examples: Sequence[Any], generator: torch.Generator) -> Batch:
        """Examples -> tensors on the CPU. ``generator`` is all the randomness allowed here."""

    @abstractmethod
    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """{"loss": scalar to minimise, ...}; whatever else is in it is shown beside the progress bar."""

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """The optimizers of the present stage by name."""
        return {"main": torch.optim.Adam([p for p in self.parameters() if p.requires_grad], lr=self.config.lr)}

    def schedule(self, progress: float) -> float:
        """Factor of the learning rate at a share of the stage's steps, from 0 at its first step."""
        return 1.0

    def clip(self, optimizer: str, parameters: Sequence[nn.Parameter]) -> None:
        """Called between backward and step; by default gradients are left as they are."""

    def training_step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """One step; systems with several optimizers override it and call ``update`` for each in turn."""
        losses = self.loss(batch)
        update(losses["loss"])
        return losses

    def dev_loss(self, batch: Batch) -> Tensor:
        """What chooses the best weights; by default the loss."""
        return self.loss(batch)["loss"]

    # -- use -----------------------------------------------------------------------------------------------

    def move(self, batch: Batch) -> Batch:
        """The batch on the device of the parameters."""
        return {k: v.to(self.device, non_blocking=True) if isinstance(v, Tensor) else v for k, v in batch.items()}

    def parts(self) -> dict[str, int]:
        """Direct children by name, and parameters of the system itself. Shared tensors count where first met."""
        seen: set[int] = set()
        counts: dict[str, int] = {}
        for name, parameter in self.named_parameters(remove_duplicate=False):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                part = name.split(".")[0]
                counts[part] = counts.get(part, 0) + parameter.numel()
        return counts

    def save_files(self, folder: Path) -> None:
        part = folder / (WEIGHTS + ".part")
        save_file(_unshared(self), part)
        part.replace(folder / WEIGHTS)

    def load_files(self, folder: Path) -> None:
        try:
            weights = load_file(folder / WEIGHTS)
            missing, unexpected = self.load_state_dict(weights, strict=False)
        except (OSError, SafetensorError, RuntimeError) as error:
            raise UserError(f"{folder / WEIGHTS} does not fit its config: {error}.") from error
        absent = set(missing) - set(_shared_names(self))
        if absent or unexpected:
            raise UserError(
                f"{folder / WEIGHTS} does not fit its config: {sorted(absent | set(unexpected))[0]} differs."
            )


def _shared_names(module: nn.Module) -> list[str]:
    """Names of state entries whose tensor was already met under another name."""
    seen: set[int] = set()
    return [n for n, t in module.state_dict(keep_vars=True).items() if id(t) in seen or seen.add(id(t))]  # type: ignore[func-returns-value]


def _unshared(module: nn.Module) -> dict[str, Tensor]:
    """The state with every tensor once, as safetensors demands; names in a fixed order."""
    twice = set(_shared_names(module))
    return {n: t.detach().cpu().contiguous() for n, t in sorted(module.state_dict().items()) if n not in twice}


# -- the folder is the registry --------------------------------------------------------------------------------


def names() -> list[str]:
    """The systems in this folder, sorted."""
    return sorted(
        m.name
        for m in pkgutil.iter_modules(generation.systems.__path__)
        if m.name != "base" and not m.name.startswith("_")
    )


@functools.cache
def load(name: str) -> type[System]:
    """The class of one system, imported on use."""
    if name not in names():
        raise UserError(f"There is no system {name!r}; there are {', '.join(names())}.")
    module = importlib.import_module(f"{generation.systems.__name__}.{name}")
    return next(
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, System) and c.__module__ == module.__name__ and "PRESETS" in vars(c)
    )


def resolve(name: str) -> tuple[str, str]:
    """(system, preset) of a system's name, or of a preset's own name such as ``ut82``."""
    if name in names():
        return name, "default"
    for system in names():
        if name in load(system).PRESETS and name not in COMMON_PRESETS:
            return system, name
    return load(name).slug(), "default"  # raises the sentence that lists the systems


def configure(name: str, preset: str | None = None, overrides: Mapping[str, str] | None = None) -> Config:
    """The configuration of a system: a preset, with single fields replaced by their text form."""
    system, own = resolve(name)
    presets = load(system).PRESETS
    chosen = preset or own
    if chosen not in presets:
        raise UserError(f"{system} has no preset {chosen!r}; it has {', '.join(presets)}.")
    return override(presets[chosen], overrides or {})


C = TypeVar("C", bound=Config)


def override(config: C, values: Mapping[str, str]) -> C:
    """The config with fields given as text, e.g. {"lr": "1e-3"}, each read by its field's type."""
    kinds = typing.get_type_hints(type(config))
    known = [f.name for f in fields(config)]
    for name in values:
        if name not in known:
            raise UserError(f"{type(config).__name__} has no field {name!r}; it has {', '.join(known)}.")
    return replace(config, **{name: _read(name, text, kinds[name]) for name, text in values.items()})


def _read(name: str, text: str, kind: Any) -> Any:
    """One value from its text: bool as true/false, None as none, tuples by commas."""
    if isinstance(kind, types.UnionType):
        if text.lower() == "none":
            return None
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
        if typing.get_origin(kind) is tuple:
            return tuple(typing.get_args(kind)[0](part) for part in text.split(",") if part)
        return kind(text)
    except (KeyError, ValueError) as error:
        raise UserError(f"--{name}={text}: a value of type {getattr(kind, '__name__', kind)} is expected.") from error


# -- checkpoints -----------------------------------------------------------------------------------------------


def read_config(folder: Path) -> tuple[type[System], Config, dict[str, Any]]:
    """The class, configuration and history in a checkpoint folder."""
    path = folder / CONFIG
    if not path.is_file():
        raise UserError(f"There is no checkpoint in {folder}: it has no {CONFIG}. Train one, or correct the path.")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cls = load(data["system"])
        given = data["config"]
        kinds = typing.get_type_hints(cls.Config)
        lists = {k for k in given if typing.get_origin(kinds.get(k)) is tuple}
        config = cls.Config(**{k: tuple(v) if k in lists else v for k, v in given.items()})
        return cls, config, data.get("about", {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path} cannot be used: {error}.") from error


def load_checkpoint(
    folder: Path, *, device: torch.device | str = "cpu", weights: Path | None = None, features: Features | None = None
) -> System:
    """A trained system, ready to write. Without ``features`` it looks at frames with its own backbone."""
    cls, config, about = read_config(folder)
    system = cls(config, Vocabulary.load(folder / VOCABULARY))
    system.load_files(folder)
    system.about = {k: v for k, v in about.items() if k != "features"}
    if isinstance(system, nn.Module):
        system.to(device).eval()
    if features is not None:
        system.features = features
    elif config.backbone != "none":
        seen = about.get("features", "")
        system.features = LiveFeatures(config.backbone, weights=weights, device=device, expected=seen)
    return system


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the checkpoint's own files."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.suffix != ".part"):
        with path.open("rb") as file:
            total.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def seeded(config: Config, cls: type[System], samples: Sequence[Sample], vocabulary: Vocabulary | None) -> System:
    """A new system whose first weights depend on the config's seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(config.seed, "weights"))
        return cls.build(config, samples) if vocabulary is None else cls(config, vocabulary)

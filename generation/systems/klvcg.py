"""KLVCG: comments from frames, surrounding comments and recalled knowledge, pre-trained on masked words.

Chen, Jin: "Knowledge Enhanced Model for Live Video Comment Generation", ICME 2023. Sizes and settings follow the
paper and the authors' published code; where these differ, the paper, with the code's way behind a named option.

The ladder of Table IV: Basic ``--mlm=false --period=false``, +MLM ``--period=false``, +KG ``--kg=pretrain
--period=false``, +AC ``--kg=pretrain --ac=all --period=false``, KLVCG ``--kg=pretrain --ac=all``. KLVCG+: stage
pretrain on several corpora, which makes one vocabulary, then stage finetune on each with ``--from``.

Shapes: B samples, N = B * k rows, F frames (11), W seconds (10), U distinct seconds of a batch, S tokens of a second
(at most 100), K tokens of knowledge (at most 80), M positions of the memory (31 or 32), T tokens of a comment (20),
d width (384), D length of a frame's vector.
"""

import os
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.corpus.records import HALF_WINDOW, Sample
from generation.corpus.vocabulary import BOS, EOS, MASK, PAD, SEP, UNK, Vocabulary
from generation.errors import UserError
from generation.knowledge.recall import Knowledge
from generation.layers import Attention, Block, FeedForward, KeysValues, Memory, Stack, mean_loss, token_losses
from generation.optim import SCHEDULES, BertAdam, clip_twice
from generation.systems._decoder import REDUCTIONS, Decoder
from generation.systems.base import Batch, Config, Plan

Norm = partial(nn.LayerNorm, eps=1e-12)
PERIODS = (0.2, 0.4, 0.6, 0.8)  # upper ends, each included, of all but the last fifth of a video
NO_TYPE, VISUAL, COMMENTS, KNOWLEDGE = range(4)  # rows of the type table; the first is for ``cross_cls``
CHOICES = {
    "kg": ("none", "pretrain", "both"),
    "ac": ("none", "all"),
    "cls": ("learned", "mean"),
    "schedule": tuple(SCHEDULES),
    "reduction": REDUCTIONS,
}


class Recall(Protocol):
    """Knowledge of a sample, recalled without looking at the sample's own second or at held-out videos."""

    digest: str

    def facts(self, sample: Sample, *, limit: int = 80) -> list[str]:
        """Words of the facts, ``<SEP>`` between two facts; [] where nothing is known."""
        ...

    def comments(self, sample: Sample, *, room: int = 100) -> Mapping[int, Sequence[str]]:
        """Comments of other videos by the second (of the video, not offset) of the context they belong to."""
        ...


@dataclass(frozen=True, kw_only=True)
class KLVCGConfig(Config):
    """The paper's values, but for knowledge, which is off because it needs a source (``kg="pretrain"``,
    ``ac="all"`` is the paper's full model).

    ``mlm``: have the pre-training stage. ``kg``: facts in no stage, in pre-training (as the authors' instructions),
    or in both. ``ac``: comments of other videos in no stage or in all. ``period``: the fifth of the video.
    ``cls``: a second's first token is learned (paper) or the mean of the others (code). ``cross_cls``: one more
    token, the mean of the memory, in front of it (code). ``reduction``: how token losses become a score.
    ``knowledge``: folder made by ``python -m generation knowledge``; the environment's GENERATION_KNOWLEDGE goes before
    it, for workers that keep it elsewhere. ``together``: so many comments of a moment share its encoding in training.
    ``keep_best``: end fine-tuning with the weights of the lowest dev loss instead of the last. ``init_std``: deviation
    of the first weights but for tables of words and positions; 1/sqrt(width) lets a narrow decoder hear more of the
    memory at the start than the published value, with which one of width 192 was seen to ignore the context for good.
    ``zipf``: the output begins with words as frequent as their places in the vocabulary say (Zipf's law) and not with
    all alike; else the first steps teach every part of the network to say the same of every moment.
    ``vectors``: the words' embeddings begin with vectors found in the training comments.
    ``official_compat``: padding counts in the mean of ``cls="mean"``, random words may be special tokens, the frame
    norm is decayed, and two poolers nobody uses are kept.
    """

    backbone: str = "resnet101"
    width: int = 384
    heads: int = 6
    cross_heads: int = 12
    inner: int = 1536
    layers: int = 2
    dropout: float = 0.1
    tokens: int = 100
    facts: int = 80
    comment_length: int = 20
    mlm: bool = True
    kg: str = "none"
    ac: str = "none"
    period: bool = True
    cls: str = "learned"
    cross_cls: bool = False
    masked: float = 0.3
    knowledge: str = ""
    together: int = 1
    keep_best: bool = True
    seed: int = 42
    batch: int = 128
    epochs: int = 100
    pretrain_epochs: int = 100
    pretrain_steps: int | None = None
    dev_every: int | None = None
    lr: float = 1e-4
    weight_decay: float = 0.01
    init_std: float = 0.02
    zipf: bool = False
    vectors: bool = False
    schedule: str = "univl"
    reduction: str = "mean"
    official_compat: bool = False

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise UserError(f"--{name}={getattr(self, name)}: one of {', '.join(known)} is expected.")


def blocks(config: KLVCGConfig, count: int, heads: int, memories: int = 0) -> Stack:
    """Post-norm blocks as in BERT."""
    return Stack(
        [
            Block(
                config.width,
                heads,
                config.inner,
                memories=memories,
                dropout=config.dropout,
                norm="post",
                activation="gelu",
                make_norm=Norm,
            )
            for _ in range(count)
        ]
    )


class Encoder(nn.Module):
    """Norm, dropout and blocks over embeddings: (n, T, d) -> (n, T, d)."""

    def __init__(self, config: KLVCGConfig, heads: int) -> None:
        super().__init__()
        self.norm, self.dropout = Norm(config.width), nn.Dropout(config.dropout)
        self.stack = blocks(config, config.layers, heads)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        out: Tensor = self.stack(self.dropout(self.norm(x)), mask=mask)[0]
        return out


class TimeStep(nn.Module):
    """All comments of one second as one vector: (U, S) -> (U, d)."""

    def __init__(self, config: KLVCGConfig, words: int, pad: int) -> None:
        super().__init__()
        self.pad, self.whole = pad, config.official_compat
        self.words, self.positions = nn.Embedding(words, config.width), nn.Embedding(config.tokens, config.width)
        self.norm, self.dropout = Norm(config.width), nn.Dropout(config.dropout)
        self.cls = nn.Parameter(torch.empty(1, config.width)) if config.cls == "learned" else None
        self.stack = blocks(config, config.layers, config.heads)
        self.pooler = nn.Linear(config.width, config.width)

    def forward(self, ids: Tensor) -> Tensor:
        real = ids != self.pad
        x = self.dropout(self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]]))
        first = self._mean(x, real) if self.cls is None else self.cls.expand(len(x), -1)
        mask = F.pad(real, (1, 0), value=True)
        x, _ = self.stack(torch.cat([first[:, None], x], dim=1), mask=mask)
        return torch.tanh(self.pooler(x[:, 0]))

    def _mean(self, x: Tensor, real: Tensor) -> Tensor:
        if self.whole:
            return x.mean(1)
        return (x * real[..., None]).sum(1) / real.sum(1, keepdim=True)


class KnowledgeEncoder(nn.Module):
    """What the seconds find in the facts: queries (B, W, d), ids (B, K) -> (B, W, d). It has words of its own."""

    def __init__(self, config: KLVCGConfig, words: int, pad: int) -> None:
        super().__init__()
        d, p = config.width, config.dropout
        self.pad = pad
        self.words, self.positions = nn.Embedding(words, d), nn.Embedding(config.facts, d)
        self.attention, self.cross = (Attention(d, config.heads, dropout=p) for _ in range(2))
        self.feed_forward = FeedForward(d, config.inner, activation="gelu")
        self.norms = nn.ModuleList(Norm(d) for _ in range(4))
        self.dropout = nn.Dropout(p)

    def forward(self, queries: Tensor, ids: Tensor) -> Tensor:
        mask = ids != self.pad
        known = self.dropout(self.norms[0](self.words(ids) + self.positions.weight[: ids.shape[1]]))
        own = self.attention(known, self.attention.project(known), mask)
        known = self.norms[1](known + self.dropout(own))
        x = self.norms[2](queries + self.dropout(self.cross(queries, self.cross.project(known), mask)))
        out: Tensor = self.norms[3](x + self.dropout(self.feed_forward(x)))
        return out


class CrossEncoder(Encoder):
    """Frames, seconds and knowledge together: three of (B, *, d), periods (B,) or None -> the memory (B, M, d)."""

    def __init__(self, config: KLVCGConfig) -> None:
        super().__init__(config, config.cross_heads)
        self.types, self.periods = nn.Embedding(4, config.width), nn.Embedding(len(PERIODS) + 1, config.width)
        self.cls = config.cross_cls

    def join(self, parts: Sequence[Tensor], periods: Tensor | None) -> Tensor:
        types = [kind for kind, part in enumerate(parts, start=VISUAL) for _ in range(part.shape[1])]
        x = torch.cat(list(parts), dim=1)
        if self.cls:
            x, types = torch.cat([x.mean(1, keepdim=True), x], dim=1), [NO_TYPE, *types]
        x = x + self.types.weight[types]
        if periods is not None:
            x = x + self.periods(periods)[:, None]
        return self(x)


class CommentDecoder(nn.Module):
    """One block over the words so far and the memory, and the head; words and positions are those of the seconds."""

    def __init__(self, config: KLVCGConfig, words: int) -> None:
        super().__init__()
        self.norm, self.dropout = Norm(config.width), nn.Dropout(config.dropout)
        self.stack = blocks(config, 1, config.cross_heads, memories=1)
        self.transform, self.head_norm = nn.Linear(config.width, config.width), Norm(config.width)
        self.bias = nn.Parameter(torch.zeros(words))

    def head(self, hidden: Tensor, table: Tensor) -> Tensor:
        """(..., d), word table (V, d) -> logits (..., V)."""
        return F.linear(self.head_norm(F.gelu(self.transform(hidden))), table, self.bias)


class KLVCG(Decoder):
    """Five encoders and a decoder; stage ``pretrain`` guesses masked words, stage ``finetune`` the next word.

    ``loss``: frames (B, F, D), seconds (U, S), where (B, W) that points into them, facts (B, K), period (B,), target
    (N, T), and when pre-training masked (N, T), labels (N, T) -> scalar.
    """

    Config = KLVCGConfig
    STAGES = ("pretrain", "finetune")
    SPECIALS = (PAD, BOS, EOS, UNK, MASK, SEP)
    PRESETS = {
        "default": KLVCGConfig(),
        # Sizes for two processor cores and a few thousand comments.
        "demo": KLVCGConfig(
            backbone="efficientnet_lite0",
            min_count=2,  # so that <UNK> is learnt
            dropout=0.3,
            width=144,
            heads=4,
            cross_heads=6,
            inner=384,
            tokens=32,
            facts=32,
            comment_length=14,
            batch=64,
            together=8,
            pretrain_steps=120,
            steps=420,
            dev_every=210,
            keep_best=False,  # the dev loss of so few comments keeps weights that cannot yet form sentences
            lr=4e-4,  # without bias correction BertAdam steps several times as far in its first hundreds of steps
            init_std=0.08,
        ),
        # Danmaku without frames, half an hour on one processor core, little more than one pass over 165,000 comments:
        # narrow, in small batches and begun with vectors, because steps are what it lacks. ``cls`` and ``zipf``
        # are from before the vectors, when without them it came to say the same of every moment.
        "small": KLVCGConfig(
            backbone="none",
            vocabulary=12_000,
            width=128,
            heads=4,
            cross_heads=4,
            inner=256,
            layers=1,
            dropout=0.0,
            tokens=24,
            facts=24,
            comment_length=20,
            batch=64,
            together=4,
            pretrain_steps=300,
            steps=5000,
            dev_every=1000,
            lr=4e-4,
            cls="mean",
            zipf=True,
            vectors=True,
        ),
    }
    config: KLVCGConfig

    def __init__(self, config: KLVCGConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        if vocabulary.mask is None or vocabulary.sep is None:
            raise UserError("The vocabulary has no <MASK> or no <SEP>, and klvcg needs both.")
        d, words, pad = config.width, len(vocabulary), vocabulary.pad
        self.STAGES = type(self).STAGES if config.mlm else ("finetune",)
        self.reduction = config.reduction
        self.recall: Recall | None = None
        self.frame_norm, self.projection = Norm(config.visual_dim), nn.Linear(config.visual_dim, d)
        self.positions = nn.Embedding(2 * HALF_WINDOW + 1, d)  # of frames, and of seconds but for the middle one
        self.visual, self.span = Encoder(config, config.heads), Encoder(config, config.heads)
        self.step_encoder = TimeStep(config, words, pad)
        self.knowledge = KnowledgeEncoder(config, words, pad)
        self.cross = CrossEncoder(config)
        self.decoder = CommentDecoder(config, words)
        poolers = [nn.Linear(d, d) for _ in range(2)] if config.official_compat else []
        self.unused_poolers = nn.ModuleList(poolers)
        seconds = [i for i in range(2 * HALF_WINDOW + 1) if i != HALF_WINDOW]
        self.register_buffer("around", torch.tensor(seconds), persistent=False)
        plain = set(range(words)) - (set() if config.official_compat else vocabulary.special)
        self._words = torch.tensor(sorted(plain), device="cpu")  # what a masked word may be replaced by
        self._initialise()

    def _initialise(self) -> None:
        for name, parameter in self.named_parameters():
            if name.startswith("projection."):
                continue  # PyTorch's own, as published
            if parameter.dim() > 1:
                words = name.endswith(("words.weight", "positions.weight"))
                nn.init.normal_(parameter, std=0.02 if words else self.config.init_std)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        if self.config.zipf:
            self._expect_frequencies()

    @torch.no_grad()
    def _expect_frequencies(self) -> None:
        """Logarithms of 1 / place; the special tokens that are never written come last."""
        v, bias = self.vocabulary, self.decoder.bias
        bias.copy_(-torch.log(torch.arange(1.0, len(v) + 1)))
        bias[[i for i in v.special if i not in (v.eos, v.unk)]] = bias[-1].clone()

    @property
    def table(self) -> nn.Embedding:
        return self.step_encoder.words

    # -- input ---------------------------------------------------------------------------------------------

    def collate(self, examples: Sequence[Any], generator: torch.Generator) -> Batch:
        """As every decoder's, and when pre-training masked and labels (N, T)."""
        batch = super().collate(examples, generator)
        if self.stage == "pretrain":
            batch["masked"], batch["labels"] = self.mask(batch["target"], generator)
        return batch

    def mask(self, target: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """(what the decoder reads, what it must guess, padding elsewhere). Of the words ``masked`` are chosen; of
        these 80 % become <MASK>, 10 % a random word, 10 % stay. Where there are words, one at least is chosen."""
        v = self.vocabulary
        words = (target != v.pad) & (target != v.bos) & (target != v.eos)
        draw = torch.rand(target.shape, generator=generator).masked_fill(~words, 2.0)
        chosen = draw < self.config.masked
        if words.any() and not chosen.any():
            chosen = draw == draw.min()
        fate = torch.rand(target.shape, generator=generator)
        random = self._words[torch.randint(len(self._words), target.shape, generator=generator)]
        read = target.masked_fill(chosen & (fate < 0.8), v.mask)
        read = torch.where(chosen & (fate >= 0.8) & (fate < 0.9), random, read)
        return read, target.masked_fill(~chosen, v.pad)

    def inputs(self, samples: Sequence[Sample]) -> Batch:
        """Seconds and facts are as long as the longest of the batch; each distinct second is encoded once."""
        offsets = range(-HALF_WINDOW, HALF_WINDOW + 1)
        frames = self.features.lookup([sample.frame(offset) for sample in samples for offset in offsets])
        rows: dict[tuple[int, ...], int] = {}
        where = [[rows.setdefault(second, len(rows)) for second in self._seconds(sample)] for sample in samples]
        whole = self.config.tokens if self.config.official_compat and self.config.cls == "mean" else 0
        return {
            "frames": frames.view(len(samples), len(offsets), -1),
            "seconds": self._padded(list(rows), whole),
            "where": torch.tensor(where),
            "facts": self._padded([self._facts(sample) for sample in samples]),
            "period": torch.tensor([period(sample) for sample in samples]),
        }

    def _padded(self, rows: Sequence[Sequence[int]], length: int = 0) -> Tensor:
        length = max(length, *(len(row) for row in rows), 0)
        return torch.tensor([[*row, *[self.vocabulary.pad] * (length - len(row))] for row in rows])

    def _seconds(self, sample: Sample) -> list[tuple[int, ...]]:
        """Ids of each second: its comments, then recalled ones where it has any of its own; one <UNK> if empty."""
        recalled = self._source("ac").comments(sample, room=self.config.tokens) if self.config.ac == "all" else {}
        found = []
        for offset, texts in sample.context_by_second().items():
            more = recalled.get(sample.time + offset, ()) if texts else ()
            ids: list[int] = []
            for text in [*texts, *more]:
                ids += [self.vocabulary.sep, *self.vocabulary.encode(text)] if ids else self.vocabulary.encode(text)
            found.append(tuple(ids[: self.config.tokens]) or (self.vocabulary.unk,))
        return found

    def _facts(self, sample: Sample) -> list[int]:
        """Ids of the recalled facts; one <UNK> where none are known or wanted."""
        wanted = {"none": False, "pretrain": self.stage == "pretrain", "both": True}[self.config.kg]
        words = self._source("kg").facts(sample, limit=self.config.facts) if wanted else []
        v = self.vocabulary
        return [v.sep if w == SEP else v.ids.get(w, v.unk) for w in words[: self.config.facts]] or [v.unk]

    def _source(self, option: str) -> Recall:
        """The knowledge, opened when first needed; a trained system takes only that which it was trained with."""
        if self.recall is None:
            folder = os.environ.get("GENERATION_KNOWLEDGE") or self.config.knowledge
            if not folder:
                raise UserError(
                    f"klvcg with --{option}={getattr(self.config, option)} needs a folder of knowledge: give "
                    f"--knowledge=DIR (made by: python -m generation knowledge), or --{option}=none."
                )
            self.recall = Knowledge.open(Path(folder))
            expected = self.about.setdefault("knowledge", self.recall.digest)
            if expected != self.recall.digest:
                raise UserError(
                    f"The knowledge in {folder} ({self.recall.digest[:12]}) is not that which klvcg was trained with "
                    f"({expected[:12]}); set GENERATION_KNOWLEDGE to the folder of the latter."
                )
        return self.recall

    # -- the model -----------------------------------------------------------------------------------------

    def memory(self, batch: Batch) -> Tensor:
        """Everything known about the moments: (B, M, d)."""
        frames = self.projection(self.frame_norm(batch["frames"]))
        visual = self.visual(frames + self.positions.weight)
        steps = self.step_encoder(batch["seconds"])[batch["where"]]
        spans = self.span(steps + self.positions.weight[self.around])
        known = self.knowledge(steps, batch["facts"])
        return self.cross.join([visual, spans, known], batch["period"] if self.config.period else None)

    def encoded(self, batch: Batch) -> list[list[Memory]]:
        return self.decoder.stack.project([(self.memory(batch), None)])

    def decode(
        self, encoded: list[list[Memory]], ids: Tensor, cache: Sequence[KeysValues] | None = None
    ) -> tuple[Tensor, list[KeysValues]]:
        hidden: tuple[Tensor, list[KeysValues]] = self.decoder.stack(
            self._embed(ids, cache[0].keys.shape[2] if cache else 0), encoded, causal=True, cache=cache
        )
        return hidden

    def fill(self, encoded: list[list[Memory]], ids: Tensor) -> Tensor:
        """ids (N, T) with masked words -> hidden states (N, T, d); every word sees every other."""
        mask = ids != self.vocabulary.pad
        mask[:, 0] = True  # a row of padding must see something, or its attention is not a number
        hidden: Tensor = self.decoder.stack(self._embed(ids), encoded, mask=mask)[0]
        return hidden

    def _embed(self, ids: Tensor, first: int = 0) -> Tensor:
        places = self.step_encoder.positions.weight[first : first + ids.shape[1]]
        embedded: Tensor = self.decoder.dropout(self.decoder.norm(self.step_encoder.words(ids) + places))
        return embedded

    def project(self, hidden: Tensor) -> Tensor:
        return self.decoder.head(hidden, self.step_encoder.words.weight)

    # -- training ------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        c = self.config
        first = self.stage == "pretrain"
        epochs, steps = (c.pretrain_epochs, c.pretrain_steps) if first else (c.epochs, c.steps)
        return Plan(
            epochs=epochs,
            batch=max(c.batch // c.together, 1),
            steps=steps,
            drop_last=True,
            dev_every=c.dev_every,
            keep_best=first or c.keep_best,
        )

    def begin(self) -> None:
        """Say at once, and not in the first batch, that knowledge is missing."""
        for option in ("kg", "ac"):
            if getattr(self.config, option) != "none":
                self._source(option)

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Biases and norms are not decayed; the published code decayed one norm by oversight."""
        decayed, plain = [], []
        for name, parameter in self.named_parameters():
            oversight = self.config.official_compat and name == "frame_norm.weight"
            (decayed if parameter.dim() > 1 or oversight else plain).append(parameter)
        groups = [{"params": decayed}, {"params": plain, "weight_decay": 0.0}]
        return {"main": BertAdam(groups, lr=self.config.lr, weight_decay=self.config.weight_decay)}

    def schedule(self, progress: float) -> float:
        return SCHEDULES[self.config.schedule](progress)

    def clip(self, optimizer: str, parameters: Sequence[nn.Parameter]) -> None:
        clip_twice(parameters)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Mean over the words to guess: masked ones in their places, or each next one and <EOS>."""
        encoded, pad = self.encoded(batch), self.vocabulary.pad
        if self.stage == "pretrain":
            hidden, targets = self.fill(encoded, batch["masked"][:, :-1]), batch["labels"][:, :-1]
        else:
            hidden, targets = self.decode(encoded, batch["target"][:, :-1])[0], batch["target"][:, 1:]
        return {"loss": mean_loss(token_losses(hidden, self.project, targets, pad), targets, pad)}


def period(sample: Sample) -> int:
    """The fifth of the video in which a moment lies, 0 to 4; the ends belong to the earlier one."""
    return bisect_left(PERIODS, sample.time / sample.duration) if sample.duration > 0 else 0

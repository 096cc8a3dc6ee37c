"""UT: the Unified Transformer of LiveBot.

Ma, Cui, Dai, Wei, Sun: "LiveBot: Generating Live Video Comments Based on Visual and Textual Contexts", AAAI 2019.
Sizes, order of sub-layers and training settings follow the authors' published code.

Shapes: B samples, N = B * k rows, F frames (5), S tokens of the context (100), T tokens of a comment (20), d width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.layers import Block, DeviationNorm, KeysValues, Memory, Stack, mean_loss, sinusoids, token_losses
from generation.optim import univl
from generation.systems._decoder import Decoder
from generation.systems.base import Batch, Config, Plan


@dataclass(frozen=True, kw_only=True)
class UTConfig(Config):
    """The published code's values.

    ``backbone``: frame vectors as wide as ``width`` enter as they are, others through a linear projection.
    ``official_compat``: no padding masks, the loss averaged over padding too, and norms that divide by the
    unbiased deviation. Without it padding is masked and left out of the mean.

    ``frame_norm``: frame vectors are standardised by running statistics before the projection, so that what differs
    between frames counts and not what all share. ``together``: so many comments of one moment share one encoding of it;
    a batch still has ``batch`` comments. ``warmup``: share of the steps in which the learning rate rises; it falls to
    nothing after (None: constant). ``keep_best``: end with the weights of the lowest dev loss instead of the last.
    ``tied``: the output layer is the table of embeddings, which then enter times the square root of the width (Vaswani
    et al. 2017), so that a word seen in the context is a short way from being written. ``vectors``: the
    embeddings begin with vectors found in the training comments.
    """

    backbone: str = "resnet18"
    blocks: int = 6
    width: int = 512
    heads: int = 8
    inner: int = 2048
    dropout: float = 0.1
    frames: int = 5
    comments: int = 5
    comment_length: int = 20
    dev_every: int | None = 500
    official_compat: bool = False
    # Not in the publication; off unless a preset says otherwise.
    frame_norm: bool = False
    together: int = 1
    warmup: float | None = None
    keep_best: bool = True
    tied: bool = False
    vectors: bool = False

    @property
    def context_length(self) -> int:
        """Tokens of the joined surrounding comments, <BOS> and <EOS> included."""
        return max(self.comments, 1) * self.comment_length


class Encoded(NamedTuple):
    """What the decoder attends to: the memories of each of its blocks."""

    memories: list[list[Memory]]


class UT(Decoder):
    """Video encoder, text encoder that attends to it, decoder that attends to both; pre-norm, one shared embedding.

    ``loss``: frames (B, F, dim), context (B, S), target (B, T) -> scalar.
    """

    Config = UTConfig
    PRESETS = {
        "default": UTConfig(),
        # 82 M parameters as the KLVCG paper counts them: four blocks, 2048-d frames through a projection.
        # No source states this; it is the simplest configuration found that has that size.
        "ut82": UTConfig(blocks=4, backbone="resnet101"),
        # Sizes for two processor cores and a few thousand comments.
        "demo": UTConfig(
            backbone="efficientnet_lite0",
            blocks=2,
            width=128,
            heads=4,
            inner=256,
            comments=6,
            comment_length=14,
            dropout=0.3,
            min_count=2,  # so that <UNK> is learnt
            lr=3e-3,
            batch=64,
            steps=500,
            dev_every=100,
            keep_best=False,  # of a few thousand comments the dev loss keeps weights that cannot yet form sentences
            frame_norm=True,
            together=4,
            warmup=0.1,
        ),
        # Danmaku without frames, little more than half an hour on one processor core, two passes over 165,000
        # comments: narrow, in small batches, tied and begun with vectors, because steps are what it lacks.
        "small": UTConfig(
            backbone="none",
            vocabulary=12_000,
            blocks=1,
            width=128,
            heads=4,
            inner=256,
            comments=24,
            comment_length=20,
            dropout=0.0,
            batch=64,
            together=4,
            lr=2e-3,
            warmup=0.1,
            steps=10_000,
            dev_every=1000,
            tied=True,
            vectors=True,
        ),
    }
    config: UTConfig

    def __init__(self, config: UTConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        d = config.width
        make_norm = DeviationNorm if config.official_compat else nn.LayerNorm

        def stack(memories: int) -> Stack:
            blocks = [
                Block(
                    d,
                    config.heads,
                    config.inner,
                    memories=memories,
                    dropout=config.dropout,
                    attention_dropout=0.1 if config.dropout else 0.0,
                    make_norm=make_norm,
                )
                for _ in range(config.blocks)
            ]
            return Stack(blocks, make_norm(d))

        self.embedding = nn.Embedding(len(vocabulary), d)
        self.frame_norm = nn.BatchNorm1d(config.visual_dim, affine=False) if config.frame_norm else None
        self.projection = nn.Linear(config.visual_dim, d) if config.visual_dim != d else None
        self.video, self.text, self.decoder = stack(0), stack(1), stack(2)
        self.output = nn.Linear(d, len(vocabulary))
        self.dropout = nn.Dropout(config.dropout)
        longest = max(config.context_length, config.comment_length) + 2
        self.register_buffer("positions", sinusoids(longest, d), persistent=False)
        self._initialise()
        self.scale = d**0.5 if config.tied else 1.0
        if config.tied:
            self.output.weight = self.embedding.weight

    def _initialise(self) -> None:
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        nn.init.normal_(self.embedding.weight, std=self.config.width**-0.5)

    @property
    def table(self) -> nn.Embedding:
        return self.embedding

    # -- input ---------------------------------------------------------------------------------------------

    def inputs(self, samples: Sequence[Sample]) -> Batch:
        """frames (B, F, dim), the nearest seconds first; context (B, S), trimmed to the longest unless compatible."""
        config = self.config
        wanted = [frame for sample in samples for frame in sample.nearest_frames(max(config.frames, 1))]
        frames = self.features.lookup(wanted if config.frames else [None] * len(wanted))
        context = torch.tensor([self._context(sample) for sample in samples])
        if not config.official_compat:
            context = context[:, : int((context != self.vocabulary.pad).sum(1).max())]
        return {"frames": frames.view(len(samples), -1, self.features.dim), "context": context}

    def _context(self, sample: Sample) -> list[int]:
        """The nearest comments as one sequence: <BOS> c1 <SEP> c2 ... <EOS>, padded."""
        ids: list[int] = []
        for text in sample.nearest_comments(self.config.comments):
            ids += [self.vocabulary.sep, *self.vocabulary.encode(text)]
        length = self.config.context_length
        ids = [self.vocabulary.bos, *ids[1 : length - 1], self.vocabulary.eos]
        return ids + [self.vocabulary.pad] * (length - len(ids))

    # -- the model -----------------------------------------------------------------------------------------

    def _embed(self, ids: Tensor, first: int = 0) -> Tensor:
        return self.dropout(self.embedding(ids) * self.scale + self.positions[first : first + ids.shape[1]])

    def encode(self, frames: Tensor, context: Tensor) -> Encoded:
        """frames (B, F, dim), context (B, S) -> memories for the decoder."""
        mask = None if self.config.official_compat else context != self.vocabulary.pad
        if self.frame_norm is not None:
            frames = self.frame_norm(frames.flatten(0, 1)).view_as(frames)
        video, _ = self.video(frames if self.projection is None else self.projection(frames))
        text, _ = self.text(self._embed(context), self.text.project([(video, None)]), mask=mask)
        return Encoded(self.decoder.project([(video, None), (text, mask)]))

    def encoded(self, batch: Batch) -> Encoded:
        return self.encode(batch["frames"], batch["context"])

    def project(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.output(hidden)
        return logits

    def decode(
        self, encoded: Encoded, ids: Tensor, cache: Sequence[KeysValues] | None = None
    ) -> tuple[Tensor, list[KeysValues]]:
        """ids (N, T) that follow what is in ``cache`` -> hidden states (N, T, d) and the longer cache."""
        first = cache[0].keys.shape[2] if cache else 0
        hidden: tuple[Tensor, list[KeysValues]] = self.decoder(
            self._embed(ids, first), encoded.memories, causal=True, cache=cache
        )
        return hidden

    def logits(self, frames: Tensor, context: Tensor, ids: Tensor) -> Tensor:
        """frames (B, F, dim), context (B, S), prefix (B, T) -> (B, T, V)."""
        hidden, _ = self.decode(self.encode(frames, context), ids)
        return self.project(hidden)

    # -- training ------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        c = self.config
        batch = max(c.batch // c.together, 1)
        return Plan(epochs=c.epochs, batch=batch, steps=c.steps, dev_every=c.dev_every, keep_best=c.keep_best)

    def schedule(self, progress: float) -> float:
        """Constant, or a straight rise and fall."""
        return 1.0 if self.config.warmup is None else univl(progress, self.config.warmup)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Mean negative log-likelihood of the words and <EOS>."""
        hidden, _ = self.decode(self.encode(batch["frames"], batch["context"]), batch["target"][:, :-1])
        targets = batch["target"][:, 1:]
        losses = token_losses(hidden, self.project, targets, self.vocabulary.pad)
        if self.config.official_compat:
            return {"loss": losses.mean()}
        return {"loss": mean_loss(losses, targets, self.vocabulary.pad)}

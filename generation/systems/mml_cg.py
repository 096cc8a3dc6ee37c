"""MML-CG: the multimodal matching transformer with a temporal task beside generation.

Wang, Chen, Jin: "VideoIC: A Video Interactive Comments Dataset and Multimodal Multitask Learning for Comments
Generation", ACM MM 2020. Sizes and settings follow the authors' published code, but for comments of 20 tokens
(not 15), which is their own correction.

Shapes: B samples, N = B * k rows, F frames (11), W seconds (10), C comments of a second (15), U distinct comments of
a batch, L tokens of a context comment, T tokens of a target (20), d width (512), D length of a frame's vector.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from generation.corpus.records import HALF_WINDOW, Sample
from generation.corpus.vocabulary import Vocabulary
from generation.errors import UserError
from generation.layers import (
    Attention,
    Block,
    DeviationNorm,
    FeedForward,
    KeysValues,
    Memory,
    Stack,
    mean_loss,
    sinusoids,
    token_losses,
)
from generation.optim import univl
from generation.systems._decoder import Decoder
from generation.systems.base import Batch, Config, Plan

MISSING = ""  # stands for a comment that a second does not have; it is read as <BOS> <UNK> <EOS>


@dataclass(frozen=True, kw_only=True)
class MMLCGConfig(Config):
    """The published code's values.

    ``frame_width``: project frames to this width first (not published; for small machines). ``temporal``: weight
    of the temporal task, generation has the rest. ``positions``: sinusoids in the decoder, which has none as
    published. ``together``: so many comments of a moment share its encoding in training. ``warmup``: share of the steps
    in which the learning rate rises; it falls to nothing after (None: constant). ``keep_best``: end with the weights of
    the lowest dev loss instead of the last. ``tied``: the output layer is the table of embeddings, which then enter
    times the square root of the width (Vaswani et al. 2017). ``vectors``: the embeddings begin with vectors found
    in the training comments.

    ``official_compat``: a comment's vector is read after its padding, missing comments are attended to, the loss
    averages over padding, norms divide by the unbiased deviation, and a norm nobody uses is kept. Without it the
    vector is read at <EOS>, missing comments stand in only for seconds that have none at all, and padding is left
    out of the mean.
    """

    backbone: str = "resnet101"
    blocks: int = 6
    width: int = 512
    heads: int = 8
    inner: int = 512
    dropout: float = 0.2
    comments: int = 15
    comment_length: int = 20
    frame_width: int | None = None
    temporal: float = 0.3
    positions: bool = False
    together: int = 1
    warmup: float | None = None
    keep_best: bool = True
    tied: bool = False
    vectors: bool = False
    seed: int = 116
    batch: int = 32
    epochs: int = 100
    patience: int | None = 20
    dev_every: int | None = None
    lr: float = 1e-3
    weight_decay: float = 1e-3
    official_compat: bool = False


class KeyFrame(nn.Module):
    """The middle frame attends to all frames as they come: (B, F, D) -> (B, d); only the query is normed before."""

    def __init__(self, dim: int, config: MMLCGConfig, make_norm: type[nn.Module]) -> None:
        super().__init__()
        heads = math.gcd(config.heads, dim)  # all of them wherever the frame's vector can be divided so
        self.norms = nn.ModuleList([make_norm(dim), make_norm(dim)])
        self.attention = Attention(dim, heads, dropout=config.dropout)
        self.feed_forward = FeedForward(dim, config.inner, dropout=config.dropout)
        self.projection, self.final = nn.Linear(dim, config.width), make_norm(config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, frames: Tensor) -> Tensor:
        middle = frames.shape[1] // 2
        x = frames[:, middle : middle + 1]
        x = x + self.dropout(self.attention(self.norms[0](x), self.attention.project(frames)))
        x = x + self.dropout(self.feed_forward(self.norms[1](x)))
        out: Tensor = self.final(self.projection(x.squeeze(1)))
        return out


class MMLCG(Decoder):
    """Frames by an LSTM and by the key frame's attention, seconds by attention over their comments, one decoder.

    ``loss``: frames (B, F, D), comments (U, L) with lengths (U,), slots (B, W, C) that point into them, target
    (N, T) -> scalar: (1 - temporal) * generation + temporal * (is this second before or after the moment?).
    """

    Config = MMLCGConfig
    PRESETS = {
        "default": MMLCGConfig(),
        # Sizes for two processor cores and a few thousand comments.
        "demo": MMLCGConfig(
            backbone="efficientnet_lite0",
            min_count=2,  # so that <UNK> is learnt
            dropout=0.3,
            blocks=2,
            width=128,
            heads=4,
            inner=256,
            frame_width=128,
            comments=8,
            comment_length=14,
            positions=True,
            batch=64,
            together=8,
            warmup=0.1,
            steps=500,
            patience=None,
            dev_every=250,
            keep_best=False,  # the dev loss of so few comments keeps weights that cannot yet form sentences
            weight_decay=0.0,
        ),
        # Danmaku without frames, less than half an hour on one processor core, little more than one pass over 165,000
        # comments: narrow, in small batches, tied and begun with vectors, because steps are what it lacks.
        "small": MMLCGConfig(
            backbone="none",
            vocabulary=12_000,
            blocks=1,
            width=128,
            heads=4,
            inner=256,
            comments=4,
            comment_length=20,
            dropout=0.0,
            positions=True,
            batch=64,
            together=4,
            steps=5000,
            patience=None,
            dev_every=1000,
            lr=2e-3,
            warmup=0.1,
            weight_decay=0.0,
            tied=True,
            vectors=True,
        ),
    }
    config: MMLCGConfig

    def __init__(self, config: MMLCGConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        d, words = config.width, len(vocabulary)
        dim = config.frame_width or config.visual_dim
        make_norm = DeviationNorm if config.official_compat else nn.LayerNorm
        if config.official_compat and dim == 1:
            raise UserError('official_compat norms frames, so mml_cg needs a backbone other than "none" with it.')
        self.frame_projection = nn.Linear(config.visual_dim, dim) if config.frame_width else None
        self.video = nn.LSTM(dim, d, num_layers=2, batch_first=True)
        self.key_frame = KeyFrame(dim, config, make_norm)
        self.embedding = nn.Embedding(words, d)
        self.text = nn.LSTM(d, d, num_layers=2, batch_first=True)
        self.unused = make_norm(d) if config.official_compat else None
        self.temporal = nn.Linear(2 * d, 2)
        blocks = [
            Block(d, config.heads, config.inner, memories=1, dropout=config.dropout, make_norm=make_norm)
            for _ in range(config.blocks)
        ]
        self.decoder = Stack(blocks, make_norm(d))
        self.output = nn.Linear(d, words)
        self.register_buffer("places", sinusoids(config.comment_length, d), persistent=False)
        self._initialise()
        self.scale = d**0.5 if config.tied else 1.0
        if config.tied:
            self.output.weight = self.embedding.weight

    def _initialise(self) -> None:
        """Xavier's, as UT; the sources are silent. LSTMs keep their own."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
        nn.init.normal_(self.embedding.weight, std=self.config.width**-0.5)

    @property
    def table(self) -> nn.Embedding:
        return self.embedding

    # -- input ---------------------------------------------------------------------------------------------

    def inputs(self, samples: Sequence[Sample]) -> Batch:
        """frames (B, F, D), comments (U, L), lengths (U,), slots (B, W, C): each distinct comment is read once."""
        offsets = range(-HALF_WINDOW, HALF_WINDOW + 1)
        frames = self.features.lookup([sample.frame(offset) for sample in samples for offset in offsets])
        rows: dict[str, int] = {MISSING: 0}
        slots = [self._slots(sample, rows) for sample in samples]
        ids = torch.tensor([self._read(text) for text in rows])
        lengths = (ids != self.vocabulary.pad).sum(1)
        if not self.config.official_compat:
            ids = ids[:, : int(lengths.max())]
        return {
            "frames": frames.view(len(samples), len(offsets), -1),
            "comments": ids,
            "lengths": lengths,
            "slots": torch.tensor(slots),
        }

    def _slots(self, sample: Sample, rows: dict[str, int]) -> list[list[int]]:
        """(W, C) rows of the comments of each second, 0 where a second has fewer; ``rows`` grows."""
        most = self.config.comments
        found = []
        for texts in sample.context_by_second().values():
            kept = [rows.setdefault(text, len(rows)) for text in texts[:most]]
            found.append(kept + [0] * (most - len(kept)))
        return found

    def _read(self, text: str) -> list[int]:
        if text == MISSING:
            pad = [self.vocabulary.pad] * (self.config.comment_length - 3)
            return [self.vocabulary.bos, self.vocabulary.unk, self.vocabulary.eos, *pad]
        return self.vocabulary.frame(text, self.config.comment_length)

    # -- the model -----------------------------------------------------------------------------------------

    def see(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """(topics of the seconds (B, W, d), all frames (B, d), the key frame among them (B, d))."""
        frames = batch["frames"] if self.frame_projection is None else self.frame_projection(batch["frames"])
        steps, _ = self.video(frames)
        around, key = steps[:, -1], self.key_frame(frames)
        return self._topics(batch, around), around, key

    def _topics(self, batch: Batch, query: Tensor) -> Tensor:
        """Each second's comments by how well they match the frames: plain dot products, (B, d) -> (B, W, d)."""
        slots = batch["slots"]
        vectors = self._vectors(batch["comments"], batch["lengths"])[slots]  # (B, W, C, d)
        scores = torch.einsum("bwcd,bd->bwc", vectors, query)
        if not self.config.official_compat:
            real = slots != 0
            real[..., 0] = True  # where a second has no comment, its first missing one stands in
            scores = scores.masked_fill(~real, float("-inf"))
        return torch.einsum("bwc,bwcd->bwd", scores.softmax(-1), vectors)

    def _vectors(self, comments: Tensor, lengths: Tensor) -> Tensor:
        """(U, L) -> (U, d): the LSTM's output at <EOS>, or where compatible at the last position."""
        embedded = self.embedding(comments) * self.scale
        if self.config.official_compat:
            steps: Tensor = self.text(embedded)[0]
            return steps[:, -1]
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        last: Tensor = self.text(packed)[1][0]
        return last[-1]

    def _memories(self, topics: Tensor, around: Tensor, key: Tensor) -> list[list[Memory]]:
        memory = torch.cat([topics, around[:, None], key[:, None]], dim=1)
        return self.decoder.project([(memory, None)])

    def encoded(self, batch: Batch) -> list[list[Memory]]:
        return self._memories(*self.see(batch))

    def decode(
        self, encoded: list[list[Memory]], ids: Tensor, cache: Sequence[KeysValues] | None = None
    ) -> tuple[Tensor, list[KeysValues]]:
        x = self.embedding(ids) * self.scale
        if self.config.positions:
            first = cache[0].keys.shape[2] if cache else 0
            x = x + self.places[first : first + ids.shape[1]]
        hidden: tuple[Tensor, list[KeysValues]] = self.decoder(x, encoded, causal=True, cache=cache)
        return hidden

    def project(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.output(hidden)
        return logits

    # -- training ------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        c = self.config
        return Plan(
            epochs=c.epochs,
            batch=max(c.batch // c.together, 1),
            steps=c.steps,
            dev_every=c.dev_every,
            patience=c.patience,
            keep_best=c.keep_best,
        )

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Adam with the decay added to the gradient, as published."""
        c = self.config
        return {"main": torch.optim.Adam(self.parameters(), lr=c.lr, weight_decay=c.weight_decay)}

    def schedule(self, progress: float) -> float:
        """Constant, or a straight rise and fall."""
        return 1.0 if self.config.warmup is None else univl(progress, self.config.warmup)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Both tasks; the parts are shown beside the sum."""
        topics, around, key = self.see(batch)
        hidden, _ = self.decode(self._memories(topics, around, key), batch["target"][:, :-1])
        targets = batch["target"][:, 1:]
        losses = token_losses(hidden, self.project, targets, self.vocabulary.pad)
        words = losses.mean() if self.config.official_compat else mean_loss(losses, targets, self.vocabulary.pad)
        order = self._temporal_loss(topics, key)
        weight = self.config.temporal
        return {"loss": (1 - weight) * words + weight * order, "words": words, "order": order}

    def _temporal_loss(self, topics: Tensor, key: Tensor) -> Tensor:
        """Is a second before (1) or after (0) the key frame? Mean over all seconds."""
        pairs = torch.cat([topics, key[:, None].expand_as(topics)], dim=-1)
        before = (torch.arange(topics.shape[1], device=key.device) < HALF_WINDOW).long()
        logits = self.temporal(pairs).float()
        return F.cross_entropy(logits.flatten(0, 1), before.repeat(len(key)))

"""E-GA: comments and frames as vectors of two autoencoders, and a Wasserstein GAN from the one space to the other.

"Gossiping the Videos: An Embedding-Based Generative Adversarial Framework for Time-Sync Comments Generation", PAKDD
2019. Stage ``embed-image`` learns to draw frames again from vectors, ``embed-text`` comments; stage ``gan``, with both
frozen, learns to turn a frame's vector and noise into a comment's vector, which the text decoder then writes out.

Stated in the paper and kept as defaults: four-layer convolutions, the hinge of Eq. 3 with mu0 = 2, the semantic loss of
Eq. 7, the annealed divergence, hidden layers 1000-500 with batch normalisation and 2000-1000 without, leak 0.01, SGD
(rate 0.1, momentum 0.6, norm of the gradient at most 1), RMSProp (rate 1e-5, decay 0.9), batches of 32. The paper is
silent on, and this file chooses: the lengths of vectors and noise, widths of the GRUs, epochs, the share of steps
over which the divergence grows, five critic steps for each step of the generator and weights clipped at 0.01 (Arjovsky
et al. 2017, which it cites), means rather than draws as vectors of frames and comments in stage ``gan``.

Shapes: B examples, d_v length of a frame's vector, d_s of a comment's, z of the noise; T characters with <BOS> and
<EOS>.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.autoencoders import (
    SIDE,
    Gaussian,
    ImageDecoder,
    ImageEncoder,
    TextDecoder,
    TextEncoder,
    annealed,
    gaussian,
    hinge_kl,
)
from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.decoding import Options
from generation.errors import UserError
from generation.layers import token_losses
from generation.systems._characters import CharacterConfig, NoiseWriter
from generation.systems.base import Batch, Plan, Update

IMAGE, TEXT, GAN = "embed-image", "embed-text", "gan"
TEMPERATURE = 0.2  # of the contrast


@dataclass(frozen=True, kw_only=True)
class EGAConfig(CharacterConfig):
    """The paper's values; see the module's docstring for what it does not state.

    ``mu0``, ``image_mu0``: how far means may go for nothing. ``anneal``: share of the steps in which the divergence
    grows. ``semantic``: weight of Eq. 7. ``contrast``: weight of telling by cosine which comment of a batch is from the
    same frame; not in the paper, whose Eq. 7 is as small where the comments of all frames point one way. ``fill``: the
    means of a batch are brought to mean 0 and the deviation of the uniform distribution on [-mu0, mu0] that Eq. 4
    supposes them to have (batch normalisation, as Zhu et al. 2020 do against vectors that say nothing); not in the
    paper. ``real``: a comment's vector in stage ``gan`` is its ``mean`` or a ``draw``. ``mismatch``: how much real
    comments beside frames of other examples count as false for the critic (Reed et al. 2016); not in the paper.
    ``penalty``: weight of the gradient penalty (Gulrajani et al. 2017) that takes the place of clipped weights.
    ``adam``: all optimizers are Adam. ``lr``, ``momentum``, ``gradient_norm`` are of the autoencoders, ``gan_lr`` and
    ``decay`` of the GAN.
    """

    image_vector: int = 512
    text_vector: int = 256
    noise: int = 100
    generator: tuple[int, ...] = (1000, 500)
    critic: tuple[int, ...] = (2000, 1000)
    leak: float = 0.01
    mu0: float = 2.0
    image_mu0: float = 2.0
    anneal: float = 0.5
    semantic: float = 1.0
    contrast: float = 0.0
    fill: bool = False
    real: str = "mean"
    n_critic: int = 5
    weight_clip: float = 0.01
    mismatch: float = 0.0
    penalty: float | None = None
    lr: float = 0.1
    momentum: float = 0.6
    gradient_norm: float = 1.0
    gan_lr: float = 1e-5
    decay: float = 0.9
    adam: bool = False
    image_epochs: int = 20
    text_epochs: int = 10
    epochs: int = 20
    image_steps: int | None = None
    text_steps: int | None = None
    dev_every: int | None = None
    keep_best: bool = True


class ImageVAE(nn.Module):
    """phi_v and psi_v: frames (B, 3 * 64 * 64) -> vectors of d_v numbers, and back."""

    def __init__(self, config: EGAConfig) -> None:
        super().__init__()
        self.encoder = ImageEncoder(config.channels, 2 * config.image_vector)
        self.decoder = ImageDecoder(config.channels, config.image_vector)

    def encode(self, pixels: Tensor) -> Gaussian:
        """The posterior of each frame."""
        return gaussian(self.encoder(pixels))


class TextVAE(nn.Module):
    """phi_s and psi_s: comments (N, T) -> vectors of d_s numbers, and back; both sides share the embedding."""

    def __init__(self, config: EGAConfig, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.pad = vocabulary.pad
        self.embedding = nn.Embedding(len(vocabulary), config.character)
        self.encoder = TextEncoder(config.character, config.width, 2 * config.text_vector)
        self.decoder = TextDecoder(config.character, config.text_vector, config.width, len(vocabulary))
        self.deviation = config.mu0 / math.sqrt(3)  # of the uniform distribution on [-mu0, mu0]
        self.normalise = nn.BatchNorm1d(config.text_vector, affine=False) if config.fill else None

    def encode(self, ids: Tensor) -> Gaussian:
        """The posterior of each comment, read from its characters and <EOS>."""
        posterior = gaussian(self.encoder(self.embedding(ids[:, 1:]), (ids[:, 1:] != self.pad).sum(1)))
        if self.normalise is None:
            return posterior
        return posterior._replace(mean=self.deviation * self.normalise(posterior.mean))

    def reconstruction(self, ids: Tensor, vector: Tensor) -> Tensor:
        """Eq. 6: the negative log-likelihood of each comment given its vector, summed over characters: (N,)."""
        hidden, _ = self.decoder(self.embedding(ids[:, :-1]), vector, self.decoder.start(vector))
        return token_losses(hidden, self.decoder.out, ids[:, 1:], self.pad).sum(1)


def layers(widths: Sequence[int], leak: float, *, normalised: bool) -> nn.Sequential:
    """Hidden layers of these widths with leaky rectifiers, then a linear one: (B, widths[0]) -> (B, widths[-1])."""
    made: list[nn.Module] = []
    for before, after in pairwise(widths[:-1]):
        made += [nn.Linear(before, after), *([nn.BatchNorm1d(after)] if normalised else []), nn.LeakyReLU(leak)]
    return nn.Sequential(*made, nn.Linear(widths[-2], widths[-1]))


class Spaces:
    """Vectors of training frames and comments, computed once and in one order, as their encoders learn no more.

    One row a distinct frame or text; of a comment its mean and log-variance are kept.
    """

    def __init__(self) -> None:
        self._frames: dict[str | None, int] = {}
        self._texts: dict[str, int] = {}
        self._tables: tuple[Tensor, Tensor] | None = None

    def rows(self, samples: Sequence[Sample]) -> list[tuple[int, int]]:
        """(row of the frame, row of the comment) of every comment."""
        found, self._tables = [], None
        for sample in samples:
            frame = self._frames.setdefault(sample.frame(0), len(self._frames))
            found += [(frame, self._texts.setdefault(text, len(self._texts))) for text in sample.references]
        return found

    @torch.no_grad()
    def tables(self, system: "EGA") -> tuple[Tensor, Tensor]:
        """Frames (F, d_v) and comments (S, 2, d_s), made when first needed: by then the weights are the right ones."""
        if self._tables is None:
            frames, texts = list(self._frames), list(self._texts)
            seen = [system.conditions(system.features.lookup(part).to(system.device)) for part in _parts(frames)]
            said = [system.text.encode(system.ids(part).to(system.device)) for part in _parts(texts)]
            self._tables = torch.cat(seen), torch.cat([torch.stack(posterior, 1) for posterior in said])
        return self._tables


def _parts(rows: list[Any], size: int = 256) -> list[list[Any]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]


class EGA(NoiseWriter):
    """Two variational autoencoders, and between their frozen spaces G(tau | h_v) against D(h_s | h_v).

    ``loss``: stage ``embed-image`` pixels (B, 3 * 64 * 64); stage ``embed-text`` first, second (B, T), paired (B,);
    stage ``gan`` frames and texts (B,), rows of the frozen spaces -> scalar.
    """

    Config = EGAConfig
    STAGES = (IMAGE, TEXT, GAN)
    PRESETS = {
        "default": EGAConfig(),
        # Sizes for two processor cores and a few thousand comments; Adam, because SGD needs more steps than there is
        # time for. Four things are not in the paper, and docs/results.md tells what happens without them: ``fill``, or
        # else means of so short a training lie too close together for the decoder to read them; ``contrast``, or else
        # comments of one scene are hardly nearer to each other than to others; ``mismatch``, or else the critic takes
        # no notice of the frame; ``penalty``, with which alone this size was tried. With as many steps of the generator
        # as of the critic, and half the noise, half of the frames got fewer than five different comments.
        "demo": EGAConfig(
            min_count=1,
            channels=8,
            character=64,
            width=128,
            image_vector=64,
            text_vector=48,
            noise=64,
            generator=(256, 256),
            critic=(256, 256),
            contrast=10.0,
            fill=True,
            n_critic=2,
            mismatch=0.5,
            penalty=10.0,
            adam=True,
            lr=3e-3,
            gan_lr=1e-3,
            calm=0.5,
            image_steps=80,
            text_steps=1000,
            steps=2000,
            dev_every=500,
            keep_best=False,  # the dev loss of so few comments keeps weights that cannot yet form sentences
        ),
    }
    config: EGAConfig

    def __init__(self, config: EGAConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        if config.real not in ("mean", "draw"):
            raise UserError(f"--real={config.real}: mean or draw is expected.")
        self.noise, self.spaces = config.noise, Spaces()
        d_v, d_s = config.image_vector, config.text_vector
        self.image, self.text = ImageVAE(config), TextVAE(config, vocabulary)
        self.generator = layers([d_v + config.noise, *config.generator, d_s], config.leak, normalised=True)
        self.critic = layers([d_v + d_s, *config.critic, 1], config.leak, normalised=False)
        self.clip_critic()

    # -- training ------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        c = self.config
        epochs, steps = {
            IMAGE: (c.image_epochs, c.image_steps),
            TEXT: (c.text_epochs, c.text_steps),
            GAN: (c.epochs, c.steps),
        }[self.stage]
        # A GAN's loss does not tell how good its weights are, so that stage ends with its last.
        best = c.keep_best and self.stage != GAN
        return Plan(epochs=epochs, batch=c.batch, steps=steps, drop_last=True, dev_every=c.dev_every, keep_best=best)

    def begin(self) -> None:
        """Only the parts of the stage learn."""
        self.spaces = Spaces()
        for name, part in self.named_children():
            part.requires_grad_(name in {IMAGE: ("image",), TEXT: ("text",), GAN: ("generator", "critic")}[self.stage])

    def train(self, mode: bool = True) -> "EGA":
        """In stage ``gan`` the autoencoders stay as they are in use, their batch statistics too."""
        super().train(mode)
        if self.stage == GAN:
            self.image.eval()
            self.text.eval()
        return self

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One for an autoencoder; two for the GAN."""
        c = self.config
        if self.stage != GAN:
            part = (self.image if self.stage == IMAGE else self.text).parameters()
            return {"main": torch.optim.Adam(part, lr=c.lr) if c.adam else torch.optim.SGD(part, c.lr, c.momentum)}
        sides = {"critic": self.critic.parameters(), "generator": self.generator.parameters()}
        if c.adam:
            return {n: torch.optim.Adam(p, lr=c.gan_lr, betas=(0.5, 0.9)) for n, p in sides.items()}
        return {n: torch.optim.RMSprop(p, lr=c.gan_lr, alpha=c.decay) for n, p in sides.items()}

    def clip(self, optimizer: str, parameters: Sequence[nn.Parameter]) -> None:
        if optimizer == "main":
            nn.utils.clip_grad_norm_(parameters, self.config.gradient_norm)

    def clip_critic(self) -> None:
        """Weights back into [-weight_clip, weight_clip], unless the penalty is what holds the critic."""
        if self.config.penalty is None:
            with torch.no_grad():
                for parameter in self.critic.parameters():
                    parameter.clamp_(-self.config.weight_clip, self.config.weight_clip)

    def examples(self, samples: Sequence[Sample]) -> Sequence[Any]:
        """Moments, each frame once; (moment, one of its comments by number); rows of the frozen spaces."""
        if self.stage == IMAGE:
            return list({sample.frame(0): sample for sample in samples}.values())
        if self.stage == TEXT:
            return [(sample, i) for sample in samples for i in range(len(sample.references))]
        return self.spaces.rows(samples)

    def collate(self, examples: Sequence[Any], generator: torch.Generator) -> Batch:
        if self.stage == IMAGE:
            return {"pixels": self.pixels(examples)}
        if self.stage == TEXT:
            partners = [_partner(len(sample.references), i, generator) for sample, i in examples]
            return {
                "first": self.ids([sample.references[i] for sample, i in examples]),
                "second": self.ids([s.references[j] for (s, _), j in zip(examples, partners, strict=True)]),
                "paired": torch.tensor([i != j for (_, i), j in zip(examples, partners, strict=True)]),
            }
        frames, texts = zip(*examples, strict=True)
        return {"frames": torch.tensor(frames), "texts": torch.tensor(texts)}

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Of the present stage; dev losses weigh the divergence in full. For the GAN: the critic's."""
        weight = annealed(self.progress, self.config.anneal) if self.training else 1.0
        if self.stage == IMAGE:
            return self._image_loss(batch, weight)
        if self.stage == TEXT:
            return self._text_loss(batch, weight)
        return self._critic_loss(*self._known(batch))

    def _image_loss(self, batch: Batch, weight: float) -> dict[str, Tensor]:
        """Eq. 5 and Eq. 3. The divergence, a sum over d_v, is divided by the pixels, as their mean is taken."""
        posterior = self.image.encode(batch["pixels"])
        error = F.mse_loss(self.image.decoder(posterior.draw()), batch["pixels"])
        kl = hinge_kl(posterior, self.config.image_mu0).mean() / (3 * SIDE**2)
        return {"loss": error + weight * kl, "error": error, "kl": kl}

    def _text_loss(self, batch: Batch, weight: float) -> dict[str, Tensor]:
        """Eq. 8 and Eq. 3, mean over pairs; a comment without another of its frame stands alone."""
        paired, ids = batch["paired"].float(), _stacked(batch["first"], batch["second"], self.vocabulary.pad)
        counts = torch.cat([torch.ones_like(paired), paired])
        posterior = self.text.encode(ids)
        rebuilt = (counts * self.text.reconstruction(ids, posterior.draw())).sum() / len(paired)
        kl = (counts * hinge_kl(posterior, self.config.mu0)).sum() / len(paired)
        mean = posterior.mean.chunk(2)
        apart = (paired * (1 - F.cosine_similarity(*mean, dim=-1))).mean()  # Eq. 7
        loss = rebuilt + self.config.semantic * apart + weight * kl
        if self.config.contrast:
            loss = loss + self.config.contrast * _contrast(*mean, batch["paired"])
        return {"loss": loss, "nll": rebuilt, "apart": apart, "kl": kl}

    def _known(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(vectors of the frames (B, d_v), vectors of their comments (B, d_s)) from the frozen spaces."""
        frames, texts = self.spaces.tables(self)
        said = Gaussian(*texts[batch["texts"]].unbind(1))
        return frames[batch["frames"]], said.draw() if self.config.real == "draw" else said.mean

    def imagine(self, seen: Tensor, noise: Tensor) -> Tensor:
        """G(tau | h_v): (B, d_v), (B, z) -> (B, d_s). A batch of one has no statistics and takes those in use."""
        generator, alone = self.generator, len(seen) == 1 and self.training
        generator.train(self.training and not alone)
        said: Tensor = generator(torch.cat([seen, noise], dim=-1))
        return said

    def judge(self, seen: Tensor, said: Tensor) -> Tensor:
        """D(h_s | h_v): (B, d_v), (B, d_s) -> (B,)."""
        score: Tensor = self.critic(torch.cat([seen, said], dim=-1)).squeeze(-1)
        return score

    def _fakes(self, seen: Tensor) -> Tensor:
        return self.imagine(seen, torch.randn(len(seen), self.noise, device=seen.device))

    def _critic_loss(self, seen: Tensor, said: Tensor) -> dict[str, Tensor]:
        """The objective's negative; the distance it estimates is shown."""
        with torch.no_grad():
            fakes = self._fakes(seen)
        real = self.judge(seen, said).mean()
        distance = real - self.judge(seen, fakes).mean()
        loss = -distance
        if self.config.mismatch:
            loss = loss - self.config.mismatch * (real - self.judge(seen.roll(1, 0), said).mean())
        if self.config.penalty is not None and torch.is_grad_enabled():
            loss = loss + self.config.penalty * self._steepness(seen, said, fakes)
        return {"loss": loss, "distance": distance}

    def _steepness(self, seen: Tensor, said: Tensor, fakes: Tensor) -> Tensor:
        """How far the critic's slope is from one, between real and fake."""
        share = torch.rand(len(seen), 1, device=seen.device)
        between = (share * said + (1 - share) * fakes).requires_grad_()
        (slope,) = torch.autograd.grad(self.judge(seen, between).sum(), between, create_graph=True)
        return (slope.norm(dim=-1) - 1).square().mean()

    def training_step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """The critic in every step, on a batch of its own; the generator in every ``n_critic``-th."""
        if self.stage != GAN:
            return super().training_step(batch, update)
        seen, said = self._known(batch)
        losses = self._critic_loss(seen, said)
        update(losses["loss"], "critic")
        self.clip_critic()
        if (self.step + 1) % self.config.n_critic == 0:
            update(-self.judge(seen, self._fakes(seen)).mean(), "generator")
        return losses

    # -- writing -------------------------------------------------------------------------------------------

    def conditions(self, pixels: Tensor) -> Tensor:
        """The vectors of the frames: means, (B, d_v)."""
        return self.image.encode(pixels).mean

    def cache(self, noise: Tensor, conditions: Tensor) -> dict[str, Tensor]:
        return self.cache_of(self.imagine(conditions, noise))

    def cache_of(self, vectors: Tensor) -> dict[str, Tensor]:
        """Comments' vectors (N, d_s) -> the cache with which their writing begins."""
        return {"vector": vectors, "state": self.text.decoder.start(vectors)}

    def read(self, vectors: Tensor) -> list[str]:
        """Vectors of comments (N, d_s) -> the texts they stand for, character by character the likeliest."""
        found = self._likeliest(self.cache_of(vectors), len(vectors), Options(decoding="greedy"))
        return [self.vocabulary.decode(hypothesis.ids) for hypothesis in found]

    def write_on(self, tokens: Tensor, cache: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        embedded = self.text.embedding(tokens[:, None])
        hidden, state = self.text.decoder(embedded, cache["vector"], cache["state"])
        return self.text.decoder.out(hidden[:, -1]), {**cache, "state": state}


def _contrast(first: Tensor, second: Tensor, paired: Tensor) -> Tensor:
    """Cross entropy of each comment's partner among the second comments of the batch: (B, d_s) twice.

    By cosine about the batch's mean, because about zero all comments point nearly the same way at first.
    """
    centre = torch.cat([first, second]).mean(0)
    cosines = F.normalize(first - centre, dim=-1) @ F.normalize(second - centre, dim=-1).T
    losses = F.cross_entropy(cosines / TEMPERATURE, torch.arange(len(first), device=first.device), reduction="none")
    return (paired * losses).mean()


def _stacked(first: Tensor, second: Tensor, pad: int) -> Tensor:
    """Comments (B, T) and (B, U) in one table: (2 B, the longer of both)."""
    longest = max(first.shape[1], second.shape[1])
    return torch.cat([F.pad(ids, (0, longest - ids.shape[1]), value=pad) for ids in (first, second)])


def _partner(count: int, number: int, generator: torch.Generator) -> int:
    """Another comment of the same frame by number, or the comment itself where it is alone."""
    if count == 1:
        return number
    other = int(torch.randint(count - 1, (), generator=generator))
    return other + (other >= number)

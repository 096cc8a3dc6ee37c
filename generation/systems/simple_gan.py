"""Simple-GAN: a conditional GAN whose generator writes characters as probabilities.

The third baseline of E-GA (Lv et al., PAKDD 2019, section 3.2): a conditional GAN (Mirza & Osindero 2014) that feeds
"the representations of frames" to both sides. The paper says no more, and finds that it "fails due to the discreteness
output". Here the generator is a GRU that begins in noise and the frame's vector and gives each next character as a
distribution, which it also reads itself in place of the character; the discriminator, a GRU, reads these soft one-hots
or those of real comments. The frame's vector is learnt with the discriminator. The loss is the standard one, the
generator's in the form that does not saturate; sizes are chosen so that E-GA has about as many parameters. Two options,
off by default, keep it from collapse: drawn characters with the gradient of Gumbel-softmax, and a term of likelihood.

Shapes: B frames, N comments of them, T characters with <BOS> and <EOS>, V characters there are, y length of a frame's
vector, z of the noise, e width of a character.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation import decoding
from generation.autoencoders import ImageEncoder, TextDecoder, TextEncoder
from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.decoding import Hypothesis, Options
from generation.seeds import derive
from generation.systems._characters import CharacterConfig, NoiseWriter, Shared
from generation.systems.base import Batch, Update


@dataclass(frozen=True, kw_only=True)
class SimpleGANConfig(CharacterConfig):
    """``noise``: length of the noise. ``sharpness``: by which logits are multiplied before they become soft one-hots.
    ``momentum``: the first of Adam's averages. ``together``: so many comments of a frame share one look at it in
    training (1: none do). The paper tells none of them; rate and momentum are DCGAN's (Radford et al. 2016).

    Not in the paper: ``gumbel``, the temperature at which characters are drawn while the gradient passes by the
    straight-through Gumbel-softmax (Jang et al. 2017); 0: none are drawn, the soft one-hots go on. ``likelihood``:
    weight of the generator's negative log-likelihood, by character, of the comments themselves. ``alone``: share of the
    steps, the first, in which that is all there is, and teaches the frames' vectors too.
    """

    width: int = 1024
    image_vector: int = 512
    noise: int = 100
    sharpness: float = 1.0
    momentum: float = 0.5
    gumbel: float = 0.0
    likelihood: float = 0.0
    alone: float = 0.0
    together: int = 1
    epochs: int = 10
    lr: float = 2e-4
    dev_every: int | None = None
    keep_best: bool = False  # a GAN's loss does not tell how good its weights are


class Discriminator(nn.Module):
    """Does this comment belong to this frame, and did a person write it? Pixels -> y; soft one-hots and y -> logit."""

    def __init__(self, config: SimpleGANConfig, characters: int) -> None:
        super().__init__()
        self.image = ImageEncoder(config.channels, config.image_vector)
        self.embedding = nn.Embedding(characters, config.character)
        self.text = TextEncoder(config.character, config.width, 1, condition=config.image_vector)

    def forward(self, embedded: Tensor, seen: Tensor) -> Tensor:
        """Embedded characters up to the greatest length (N, T - 1, e), frames (N, y) -> logits (N,)."""
        lengths = torch.full((len(embedded),), embedded.shape[1])
        logit: Tensor = self.text(embedded, lengths, seen).squeeze(-1)
        return logit


class SimpleGAN(Shared, NoiseWriter):
    """``loss``: pixels (B, 3 * 64 * 64), target (N, T), frame (N,) -> scalar: the discriminator's."""

    Config = SimpleGANConfig
    PRESETS = {
        "default": SimpleGANConfig(),
        # Sizes for two processor cores and a few thousand comments. Soft one-hots alone ended in a few repeated
        # characters, so characters are drawn, likelihood teaches the generator to write before the discriminator is
        # asked at all, and it keeps its weight afterwards.
        "demo": SimpleGANConfig(
            min_count=1,
            comment_length=14,
            channels=8,
            character=48,
            width=128,
            image_vector=32,
            noise=32,
            gumbel=1.0,
            likelihood=10.0,
            alone=0.8,
            batch=64,
            together=8,
            lr=3e-3,
            calm=0.4,
            steps=540,
            dev_every=540,
        ),
    }
    config: SimpleGANConfig

    def __init__(self, config: SimpleGANConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        self.noise = config.noise
        self.embedding = nn.Embedding(len(vocabulary), config.character)
        vector = config.noise + config.image_vector
        self.generator = TextDecoder(config.character, vector, config.width, len(vocabulary))
        self.discriminator = Discriminator(config, len(vocabulary))

    # -- the two sides -------------------------------------------------------------------------------------

    def soft(self, noise: Tensor, seen: Tensor) -> Tensor:
        """Noise (N, z), frames (N, y) -> soft one-hots, or with ``gumbel`` drawn ones, of characters, <EOS> and
        padding: (N, T - 1, V)."""
        cache, found = self.cache(noise, seen), []
        for _ in range(self.config.comment_length - 1):
            logits, cache = self._next(cache)
            if self.config.gumbel:
                cache["read"] = F.gumbel_softmax(logits, self.config.gumbel, hard=True)
            found.append(cache["read"])
        return torch.stack(found, dim=1)

    def _next(self, cache: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """One character on: logits (N, V) and the cache, in which ``read`` is the soft one-hot just written."""
        embedded = cache["read"] @ self.embedding.weight
        hidden, state = self.generator(embedded[:, None], cache["vector"], cache["state"])
        logits = self.generator.out(hidden[:, 0])
        return logits, {**cache, "state": state, "read": (self.config.sharpness * logits).softmax(-1)}

    def judge(self, written: Tensor, seen: Tensor) -> Tensor:
        """Ids (N, T - 1) or soft one-hots (N, T - 1, V), frames (N, y) -> logits (N,): real where positive."""
        table = self.discriminator.embedding
        embedded = table(written) if written.dim() == 2 else written @ table.weight
        logits: Tensor = self.discriminator(embedded, seen)
        return logits

    def _whole(self, ids: Tensor) -> Tensor:
        """(N, T) without <BOS>, padded to the greatest length, since that is how long what is written is."""
        return F.pad(ids[:, 1:], (0, self.config.comment_length - ids.shape[1]), value=self.vocabulary.pad)

    # -- training ------------------------------------------------------------------------------------------

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One for each side."""
        c = self.config
        writing = [*self.embedding.parameters(), *self.generator.parameters()]
        sides = {"discriminator": list(self.discriminator.parameters()), "generator": writing}
        return {name: torch.optim.Adam(side, lr=c.lr, betas=(c.momentum, 0.999)) for name, side in sides.items()}

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """-log D(s | y) - log(1 - D(G(tau | y) | y)), mean over comments."""
        seen = self.conditions(batch["pixels"])[batch["frame"]]
        with torch.no_grad():
            fakes = self._fakes(seen)
        real, fake = self.judge(self._whole(batch["target"]), seen), self.judge(fakes, seen)
        return {"loss": (F.softplus(-real) + F.softplus(fake)).mean(), "fake": fake.sigmoid().mean()}

    def _fakes(self, seen: Tensor) -> Tensor:
        return self.soft(torch.randn(len(seen), self.noise, device=seen.device), seen)

    def training_step(self, batch: Batch, update: Update) -> dict[str, Tensor]:
        """The discriminator, then the generator, which takes the frame's vector as it is."""
        if self.config.likelihood and self.progress < self.config.alone:
            for side in ("generator", "discriminator"):  # in the latter: the frames' vectors
                seen = self.conditions(batch["pixels"])[batch["frame"]]
                nll = self._likelihood(batch["target"], seen)
                update(nll, side)
            return {"loss": nll, "nll": nll}
        losses = self.loss(batch)
        update(losses["loss"], "discriminator")
        with torch.no_grad():
            seen = self.conditions(batch["pixels"])[batch["frame"]]
        loss = F.softplus(-self.judge(self._fakes(seen), seen)).mean()  # -log D
        if self.config.likelihood:
            losses["nll"] = self._likelihood(batch["target"], seen)
            loss = loss + self.config.likelihood * losses["nll"]
        update(loss, "generator")
        return losses

    def _likelihood(self, target: Tensor, seen: Tensor) -> Tensor:
        """Mean negative log-likelihood of a character of real comments, given any noise: (N, T), (N, y) -> scalar.

        The padding behind <EOS> is written too, as the discriminator sees all of it.
        """
        cache = self.cache(torch.randn(len(seen), self.noise, device=seen.device), seen)
        whole = self._whole(target)
        before = torch.cat([target[:, :1], whole[:, :-1]], dim=1)
        hidden, _ = self.generator(self.embedding(before), cache["vector"], cache["state"])
        return F.cross_entropy(self.generator.out(hidden).flatten(0, 1), whole.flatten())

    # -- writing -------------------------------------------------------------------------------------------

    def conditions(self, pixels: Tensor) -> Tensor:
        """The frames' vectors: (B, y)."""
        seen: Tensor = self.discriminator.image(pixels)
        return seen

    def cache(self, noise: Tensor, conditions: Tensor) -> dict[str, Tensor]:
        vectors = torch.cat([noise, conditions], dim=-1)
        first = torch.tensor(self.vocabulary.bos, device=vectors.device).expand(len(vectors))
        return {"vector": vectors, "state": self.generator.start(vectors), "read": self._one_hot(first, vectors.dtype)}

    def _one_hot(self, ids: Tensor, dtype: torch.dtype) -> Tensor:
        return F.one_hot(ids, len(self.vocabulary)).to(dtype)

    def write_on(self, tokens: Tensor, cache: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """As in training it goes on from what it wrote softly, and not from ``tokens`` unless these were drawn; padding
        is an end too."""
        if self.config.gumbel:
            cache = {**cache, "read": self._one_hot(tokens, cache["read"].dtype)}
        logits, cache = self._next(cache)
        v = self.vocabulary
        end = torch.logaddexp(logits[:, v.eos], logits[:, v.pad])
        return logits.index_copy(1, torch.tensor([v.eos], device=logits.device), end[:, None]), cache

    def _texts(self, cache: Any, samples: Sequence[Sample], turn: int, options: Options) -> list[Hypothesis]:
        """With ``gumbel``, ``sample`` draws the characters as well."""
        if not self.config.gumbel or options.decoding != "sample":
            return super()._texts(cache, samples, turn, options)
        drawn = {"temperature": options.temperature, "top_k": options.top_k, "top_p": options.top_p}
        places = torch.cat([self._places(options, sample, turn) for sample in samples]).to(self.device)
        return decoding.draw(self.write_on, cache, places, **drawn, **decoding.ends(self.vocabulary, options))

    def _places(self, options: Options, sample: Sample, turn: int) -> Tensor:
        """(k, T - 2) in [0, 1), from which characters are drawn."""
        generator = torch.Generator().manual_seed(derive(options.seed, sample.id, turn, "characters"))
        return torch.rand(options.per_sample, self.config.comment_length - 2, generator=generator)

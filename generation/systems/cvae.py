"""CVAE: a variational autoencoder of comments whose both sides are told the frame.

The second baseline of E-GA (Lv et al., PAKDD 2019, section 3.2): "based on traditional VAE which has an condition input
y to both encoder and decoder", y the frame's representation. The paper says no more. Here y comes from E-GA's
convolutions, trained end to end; encoder and decoder are character GRUs; the divergence is the true one, with its
factor 1/2, and is let in slowly as E-GA's is; sizes are chosen so that both have about as many parameters.

Shapes: B frames, N comments of them, T characters with <BOS> and <EOS>, y length of a frame's vector, z of the noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from generation.autoencoders import (
    Gaussian,
    ImageEncoder,
    TextDecoder,
    TextEncoder,
    annealed,
    gaussian,
    standard_kl,
)
from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.layers import token_losses
from generation.seeds import derive
from generation.systems._characters import CharacterConfig, NoiseWriter, Shared
from generation.systems.base import Batch


@dataclass(frozen=True, kw_only=True)
class CVAEConfig(CharacterConfig):
    """``latent``: length of the noise. ``anneal``: share of the steps in which the divergence grows to its full weight
    ``beta``. ``draws``: vectors over which the bound of a candidate is averaged when ranking. ``together``: so many
    comments of a frame share one look at it in training (1: none do). The paper tells none of them.
    """

    width: int = 1024
    image_vector: int = 512
    latent: int = 256
    anneal: float = 0.5
    beta: float = 1.0
    draws: int = 4
    together: int = 1
    epochs: int = 10
    lr: float = 1e-3
    dev_every: int | None = None
    keep_best: bool = True


class CVAE(Shared, NoiseWriter):
    """q(z | s, y) and p(s | z, y) with the prior N(0, I).

    ``loss``: pixels (B, 3 * 64 * 64), target (N, T), frame (N,) -> scalar: mean over comments of the bound.
    """

    Config = CVAEConfig
    PRESETS = {
        "default": CVAEConfig(),
        # Sizes for two processor cores and a few thousand comments. The divergence keeps a fifth of its weight: in full
        # it leaves nothing in the vectors of comments this short, and all outputs of a frame are the same.
        "demo": CVAEConfig(
            min_count=1,
            channels=8,
            character=64,
            width=160,
            image_vector=64,
            latent=32,
            beta=0.2,
            batch=64,
            together=8,
            lr=3e-3,
            calm=0.5,
            steps=700,
            dev_every=350,
            keep_best=False,  # the dev loss of so few comments keeps weights that cannot yet form sentences
        ),
    }
    config: CVAEConfig

    def __init__(self, config: CVAEConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        y, z = config.image_vector, config.latent
        self.noise = z
        self.image = ImageEncoder(config.channels, y)
        self.embedding = nn.Embedding(len(vocabulary), config.character)
        self.encoder = TextEncoder(config.character, config.width, 2 * z, condition=y)
        self.decoder = TextDecoder(config.character, z + y, config.width, len(vocabulary))

    def posterior(self, ids: Tensor, seen: Tensor) -> Gaussian:
        """q(z | s, y): (N, T), (N, y) -> (N, z)."""
        read = ids[:, 1:]
        return gaussian(self.encoder(self.embedding(read), (read != self.vocabulary.pad).sum(1), seen))

    def negative_log_likelihood(self, ids: Tensor, drawn: Tensor, seen: Tensor) -> Tensor:
        """-log p(s | z, y), summed over characters: (N, T), (N, z), (N, y) -> (N,)."""
        vector = torch.cat([drawn, seen], dim=-1)
        hidden, _ = self.decoder(self.embedding(ids[:, :-1]), vector, self.decoder.start(vector))
        return token_losses(hidden, self.decoder.out, ids[:, 1:], self.vocabulary.pad).sum(1)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Dev losses weigh the divergence by ``beta`` at once."""
        weight = self.config.beta * (annealed(self.progress, self.config.anneal) if self.training else 1.0)
        seen = self.conditions(batch["pixels"])[batch["frame"]]
        posterior = self.posterior(batch["target"], seen)
        rebuilt = self.negative_log_likelihood(batch["target"], posterior.draw(), seen).mean()
        kl = standard_kl(posterior).mean()
        return {"loss": rebuilt + weight * kl, "nll": rebuilt, "kl": kl}

    # -- writing and ranking -------------------------------------------------------------------------------

    def conditions(self, pixels: Tensor) -> Tensor:
        """The frames' vectors: (B, y)."""
        seen: Tensor = self.image(pixels)
        return seen

    def cache(self, noise: Tensor, conditions: Tensor) -> dict[str, Tensor]:
        vectors = torch.cat([noise, conditions], dim=-1)
        return {"vector": vectors, "state": self.decoder.start(vectors)}

    def write_on(self, tokens: Tensor, cache: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        hidden, state = self.decoder(self.embedding(tokens[:, None]), cache["vector"], cache["state"])
        return self.decoder.out(hidden[:, -1]), {**cache, "state": state}

    @torch.no_grad()
    def score(self, samples: Sequence[Sample], candidates: Sequence[Sequence[str]]) -> list[list[float]]:
        """The bound on the negative log-likelihood by character and <EOS>, the same draws for all candidates."""
        scores = []
        for sample, texts in zip(samples, candidates, strict=True):
            ids = self.ids(texts).to(self.device)
            seen = self.conditions(self.pixels([sample]).to(self.device)).expand(len(ids), -1)
            posterior = self.posterior(ids, seen)
            generator = torch.Generator().manual_seed(derive(self.config.seed, "bound"))
            bound = standard_kl(posterior)
            for _ in range(self.config.draws):
                noise = torch.randn(self.noise, generator=generator).to(self.device)
                drawn = posterior.mean + (0.5 * posterior.log_variance).exp() * noise
                bound = bound + self.negative_log_likelihood(ids, drawn, seen) / self.config.draws
            scores.append((bound / (ids[:, 1:] != self.vocabulary.pad).sum(1)).tolist())
        return scores

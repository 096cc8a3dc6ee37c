"""What the systems of the E-GA line have in common: they see one small picture and write character by character.

Shapes: B samples, N = B * k rows, k outputs of a sample together; T characters of a comment with <BOS> and <EOS>.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from generation import decoding
from generation.autoencoders import SIDE
from generation.corpus.records import Sample
from generation.corpus.vocabulary import BOS, EOS, PAD, UNK, Vocabulary
from generation.decoding import Hypothesis, Options, Output
from generation.errors import UserError
from generation.seeds import derive
from generation.systems.base import Batch, Config, Neural, Plan

CHUNK = 64  # samples written for together


@dataclass(frozen=True, kw_only=True)
class CharacterConfig(Config):
    """What the paper says or what was chosen where it is silent: characters seen five times or more, at most 30 of them
    a comment, embedded in 256 numbers; key frames of 64 x 64 pixels; batches of 32.

    ``channels``: of the first of four convolutions, doubled by each next one. ``calm``: rates fall to nothing over this
    last share of a stage; they stay as they are by default.
    """

    tokenizer: str = "characters"
    vocabulary: int = 10_000
    min_count: int = 5
    backbone: str = "pixels64"
    batch: int = 32
    comment_length: int = 32
    channels: int = 64
    character: int = 256
    width: int = 512
    calm: float = 0.0


class Characters(Neural):
    """Looks at the pixels of the key frame, and at nothing else."""

    SPECIALS = (PAD, BOS, EOS, UNK)
    config: CharacterConfig

    def __init__(self, config: CharacterConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        if config.visual_dim != 3 * SIDE**2:
            raise UserError(f"{self.slug()} looks at pixels: its backbone is pixels64, not {config.backbone}.")

    def pixels(self, samples: Sequence[Sample]) -> Tensor:
        """The key frames in [-1, 1], zeros where there is none: (B, 3 * 64 * 64)."""
        return self.features.lookup([sample.frame(0) for sample in samples])

    def schedule(self, progress: float) -> float:
        return min(1.0, (1 - progress) / self.config.calm) if self.config.calm else 1.0

    def ids(self, texts: Sequence[str]) -> Tensor:
        """Comments -> (N, T) ids with <BOS> and <EOS>, padded to the longest of them."""
        ids = torch.tensor([self.vocabulary.frame(text, self.config.comment_length) for text in texts])
        return ids[:, : int((ids != self.vocabulary.pad).sum(1).max())]


class Shared(Characters):
    """A system whose config has ``together``: so many comments of a frame share one look at it in training."""

    def examples(self, samples: Sequence[Sample]) -> Sequence[tuple[Sample, tuple[str, ...]]]:
        """(moment, at most ``together`` of its comments)."""
        k = self.config.together
        return [(s, s.references[i : i + k]) for s in samples for i in range(0, len(s.references), k)]

    def collate(self, examples: Sequence[Any], generator: torch.Generator) -> Batch:
        """pixels (B, 3 * 64 * 64), target (N, T), frame (N,): which of the pictures a comment belongs to."""
        texts = [text for _, comments in examples for text in comments]
        return {
            "pixels": self.pixels([sample for sample, _ in examples]),
            "target": self.ids(texts),
            "frame": torch.tensor([row for row, (_, comments) in enumerate(examples) for _ in comments]),
        }

    def plan(self) -> Plan:
        """As many comments a batch as the config says, whatever ``together``; it ends with its last weights where
        ``keep_best`` is false."""
        c = self.config
        batch = max(c.batch // c.together, 1)
        return Plan(epochs=c.epochs, batch=batch, steps=c.steps, dev_every=c.dev_every, keep_best=c.keep_best)


class NoiseWriter(Characters):
    """Writes from noise: an output is the likeliest text of one drawn vector, so k outputs are k vectors.

    ``sample`` and ``greedy`` take the likeliest character at each place, ``beam`` the likeliest text found by beam
    search; the vector is all that is drawn. With ``sample``, ``temperature`` multiplies the noise; ``top_k`` and
    ``top_p`` limit draws of characters, of which there are none.
    """

    noise: int  # numbers drawn for one output

    @abstractmethod
    def conditions(self, pixels: Tensor) -> Tensor:
        """What is known of the frames: (B, 3 * 64 * 64) -> (B, y)."""

    @abstractmethod
    def cache(self, noise: Tensor, conditions: Tensor) -> Any:
        """Noise (N, z) and conditions (N, y) -> the cache with which :meth:`write_on` begins."""

    @abstractmethod
    def write_on(self, tokens: Tensor, cache: Any) -> tuple[Tensor, Any]:
        """A step as :mod:`generation.decoding` wants it: the last characters (N,) -> logits (N, V) and the cache."""

    @torch.no_grad()
    def generate(self, samples: Sequence[Sample], options: Options) -> list[list[Output]]:
        """At most ``comment_length - 2`` characters each; scores are mean log-probabilities given the noise."""
        outputs: list[list[Output]] = []
        for i in range(0, len(samples), CHUNK):
            part = samples[i : i + CHUNK]
            conditions = self.conditions(self.pixels(part).to(self.device))
            conditions = conditions.repeat_interleave(options.per_sample, 0)
            outputs += decoding.gather(self._turn(conditions, part, options), len(part), self.vocabulary, options)
        return outputs

    def _turn(
        self, conditions: Tensor, samples: Sequence[Sample], options: Options
    ) -> Callable[[int], list[Hypothesis]]:
        """One text a row for the noise of each turn."""

        def turn(number: int) -> list[Hypothesis]:
            noise = torch.cat([self._noise(options, sample, number) for sample in samples]).to(self.device)
            return self._texts(self.cache(noise, conditions), samples, number, options)

        return turn

    def _texts(self, cache: Any, samples: Sequence[Sample], turn: int, options: Options) -> list[Hypothesis]:
        """One text a row of the cache, which has ``per_sample`` rows a sample: the likeliest."""
        return self._likeliest(cache, len(samples) * options.per_sample, options)

    def _noise(self, options: Options, sample: Sample, turn: int) -> Tensor:
        """(k, z) by the seed and the sample's id alone."""
        generator = torch.Generator().manual_seed(derive(options.seed, sample.id, turn))
        scale = options.temperature if options.decoding == "sample" else 1.0
        return scale * torch.randn(options.per_sample, self.noise, generator=generator)

    def _likeliest(self, cache: Any, rows: int, options: Options) -> list[Hypothesis]:
        ends = decoding.ends(self.vocabulary, options)
        longest = self.config.comment_length - 2
        if options.decoding != "beam":
            nothing = torch.zeros(rows, longest, device=self.device)
            return decoding.draw(self.write_on, cache, nothing, temperature=0, **ends)
        each = torch.arange(rows, device=self.device).repeat_interleave(options.beam)
        found = decoding.beam_search(
            self.write_on,
            decoding.reorder(cache, each),
            batch=rows,
            beam=options.beam,
            longest=longest,
            device=self.device,
            **ends,
        )
        return [hypotheses[0] for hypotheses in found]

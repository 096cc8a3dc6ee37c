"""What systems that write word by word have in common: a context is encoded once, then read by a decoder with a cache.

Shapes: B samples, N = B * k rows, T tokens, d width.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from generation import decoding
from generation.corpus.records import Sample
from generation.corpus.vectors import word_vectors
from generation.decoding import Options, Output
from generation.layers import KeysValues, token_losses
from generation.systems.base import Batch, Neural

CHUNK = 32  # samples encoded together when writing
REDUCTIONS = ("mean", "sum", "klvcg_code")


class Decoder(Neural):
    """A system whose config has ``comment_length`` and ``together``: so many comments of one moment share one encoding
    of it in training (1: none do, as published). With ``vectors`` in its config ``table``, the words' embeddings,
    begins with what :mod:`generation.corpus.vectors` finds. ``reduction`` says how token losses become a score."""

    reduction = "mean"
    table: nn.Embedding

    @abstractmethod
    def inputs(self, samples: Sequence[Sample]) -> Batch:
        """What the encoder needs, on the CPU."""

    @abstractmethod
    def encoded(self, batch: Batch) -> Any:
        """The context of :meth:`inputs` as :meth:`decode` attends to it."""

    @abstractmethod
    def decode(
        self, encoded: Any, ids: Tensor, cache: Sequence[KeysValues] | None = None
    ) -> tuple[Tensor, list[KeysValues]]:
        """ids (N, T) that follow what is in ``cache`` -> hidden states (N, T, d) and the longer cache."""

    @abstractmethod
    def project(self, hidden: Tensor) -> Tensor:
        """Hidden states (..., d) -> logits (..., V)."""

    @torch.no_grad()
    def prime(self, samples: Sequence[Sample]) -> None:
        """Rows of length 1; words without a vector keep what they have."""
        if getattr(self.config, "vectors", False):
            weight = self.table.weight
            found = word_vectors(samples, self.vocabulary, weight.shape[1], self.config.seed).to(weight.device)
            weight.copy_(torch.where(found.any(dim=1, keepdim=True), found, weight))

    def examples(self, samples: Sequence[Sample]) -> Sequence[tuple[Sample, tuple[str, ...]]]:
        """(moment, at most ``together`` of its comments)."""
        k = self.config.together
        return [(s, s.references[i : i + k]) for s in samples for i in range(0, len(s.references), k)]

    def collate(self, examples: Sequence[Any], generator: torch.Generator) -> Batch:
        """Moments with k comments each -> the inputs (B, ...) and target (B * k, T); a missing comment is padding,
        and T the length of the longest."""
        k, pad = self.config.together, self.vocabulary.pad
        target = torch.full((len(examples), k, self.config.comment_length), pad)
        for row, (_, texts) in zip(target, examples, strict=True):
            ids = self.targets(texts)
            row[: len(texts), : ids.shape[1]] = ids
        return {**self.inputs([sample for sample, _ in examples]), "target": self._trimmed(target.flatten(0, 1))}

    def _trimmed(self, target: Tensor) -> Tensor:
        """(N, T) without the columns that are padding in every row, unless padding counts in the loss."""
        if getattr(self.config, "official_compat", False):
            return target
        return target[:, : int((target != self.vocabulary.pad).sum(1).max())]

    def targets(self, texts: Sequence[str]) -> Tensor:
        """Comments -> (n, T) ids with <BOS> and <EOS>, padded to ``comment_length``."""
        return torch.tensor([self.vocabulary.frame(text, self.config.comment_length) for text in texts])

    @torch.no_grad()
    def score(self, samples: Sequence[Sample], candidates: Sequence[Sequence[str]]) -> list[list[float]]:
        """Mean negative log-likelihood over words and <EOS>; a context is encoded once for all its candidates."""
        scores = []
        for sample, texts in zip(samples, candidates, strict=True):
            encoded = self.encoded(self.move(self.inputs([sample])))
            ids = self.targets(texts).to(self.device)
            ids = ids[:, : int((ids != self.vocabulary.pad).sum(1).max())]
            hidden, _ = self.decode(encoded, ids[:, :-1])
            losses = token_losses(hidden, self.project, ids[:, 1:], self.vocabulary.pad)
            scores.append((losses.sum(1) / self._divisor((ids[:, 1:] != self.vocabulary.pad).sum(1))).tolist())
        return scores

    def _divisor(self, tokens: Tensor) -> Tensor:
        """From the numbers of words and <EOS>; the code of KLVCG also counted <BOS>, those of UT and MML-CG none."""
        return {"mean": tokens, "sum": torch.ones_like(tokens), "klvcg_code": tokens + 1}[self.reduction]

    @torch.no_grad()
    def generate(self, samples: Sequence[Sample], options: Options) -> list[list[Output]]:
        """At most ``comment_length - 2`` words each."""
        outputs: list[list[Output]] = []
        for i in range(0, len(samples), CHUNK):
            part = samples[i : i + CHUNK]
            outputs += self._write(self.encoded(self.move(self.inputs(part))), part, options)
        return outputs

    def _write(self, encoded: Any, samples: Sequence[Sample], options: Options) -> list[list[Output]]:
        def step(tokens: Tensor, cache: Any) -> tuple[Tensor, Any]:
            hidden, cache = self.decode(encoded, tokens[:, None], cache)
            return self.project(hidden[:, -1]), cache

        longest = self.config.comment_length - 2
        return decoding.write(
            step, lambda k: None, samples, self.vocabulary, options, longest=longest, device=self.device
        )

"""Encoder-Decoder: a convolutional network reads the frame, a recurrent one writes the comment.

The first baseline of E-GA (Lv et al., PAKDD 2019, section 3.2), "similar to the Neural Image Caption", trained end to
end on the likelihood of comments. The paper gives one sentence; the convolutions are those of E-GA, the other sizes are
chosen so that both have about as many parameters. The frame's vector makes the GRU's first state and stands beside
every character.

Shapes: B frames, N = B * k comments of them, T characters with <BOS> and <EOS>, d length of a frame's vector, w width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from generation.autoencoders import ImageEncoder, TextDecoder
from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.layers import mean_loss, token_losses
from generation.systems._characters import CharacterConfig, Characters
from generation.systems._decoder import Decoder
from generation.systems.base import Batch, Plan


@dataclass(frozen=True, kw_only=True)
class EncoderDecoderConfig(CharacterConfig):
    """``image_vector``: length of a frame's vector. ``together``: so many comments of a frame share one look at it in
    training (1: none do). ``dropout``: of the frame's vector and of what the GRU gives. The paper tells none of them.
    """

    width: int = 1024
    image_vector: int = 1024
    dropout: float = 0.0
    together: int = 1
    epochs: int = 10
    lr: float = 1e-3
    dev_every: int | None = None
    keep_best: bool = True


class EncoderDecoder(Characters, Decoder):
    """``loss``: pixels (B, 3 * 64 * 64), target (N, T) -> scalar: mean negative log-likelihood of a character."""

    Config = EncoderDecoderConfig
    PRESETS = {
        "default": EncoderDecoderConfig(),
        # Sizes for two processor cores and a few thousand comments.
        "demo": EncoderDecoderConfig(
            min_count=1,
            channels=16,
            character=64,
            width=192,
            image_vector=64,
            dropout=0.2,
            batch=64,
            together=8,
            lr=3e-3,
            calm=0.5,
            steps=800,
            dev_every=400,
            keep_best=False,  # the dev loss of so few comments keeps weights that cannot yet form sentences
        ),
    }
    config: EncoderDecoderConfig

    def __init__(self, config: EncoderDecoderConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config, vocabulary)
        self.image = ImageEncoder(config.channels, config.image_vector)
        self.embedding = nn.Embedding(len(vocabulary), config.character)
        self.text = TextDecoder(config.character, config.image_vector, config.width, len(vocabulary))
        self.dropout = nn.Dropout(config.dropout)

    def inputs(self, samples: Sequence[Sample]) -> Batch:
        """pixels (B, 3 * 64 * 64)."""
        return {"pixels": self.pixels(samples)}

    def encoded(self, batch: Batch) -> Tensor:
        """The frames' vectors: (B, d)."""
        return self.dropout(self.image(batch["pixels"]))

    def decode(self, encoded: Tensor, ids: Tensor, cache: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """ids (N, T) after what the state ``cache`` (N, w) has read -> hidden (N, T, w), state."""
        vector = encoded.repeat_interleave(len(ids) // len(encoded), 0)
        state = self.text.start(vector) if cache is None else cache
        return self.text(self.embedding(ids), vector, state)

    def project(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.text.out(self.dropout(hidden))
        return logits

    def plan(self) -> Plan:
        c = self.config
        batch = max(c.batch // c.together, 1)
        return Plan(epochs=c.epochs, batch=batch, steps=c.steps, dev_every=c.dev_every, keep_best=c.keep_best)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        targets = batch["target"][:, 1:]
        hidden, _ = self.decode(self.encoded(batch), batch["target"][:, :-1])
        return {
            "loss": mean_loss(
                token_losses(hidden, self.project, targets, self.vocabulary.pad), targets, self.vocabulary.pad
            )
        }

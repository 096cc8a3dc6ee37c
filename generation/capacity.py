"""The capacity study of E-GA (section 3.4): text autoencoders with more and more room for their means.

Its Fig. 3 draws embedding capacity (Eq. 4) and reconstruction loss over mu0; its Table 2 shows inputs, what comes back
from their means, and what comes back from a draw of their posteriors.
"""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from generation import autoencoders
from generation.autoencoders import Gaussian
from generation.corpus import windows
from generation.corpus.records import Corpus
from generation.errors import UserError
from generation.seeds import derive
from generation.systems import base
from generation.systems.e_ga import EGA, TEXT, EGAConfig
from generation.train import TrainOptions, train

MU0 = (0.0, 1.0, 2.0, 4.0, 8.0)
MOST = 2000  # held-out comments on which a reconstruction loss is taken
CHUNK = 256


@dataclass(frozen=True)
class Result:
    """One autoencoder: Eq. 4 for its ``mu0``; the mean negative log-likelihood of a held-out comment from a draw of
    its posterior and from its mean, in nats, and of one character; and (input, reconstruction, sample) of some."""

    mu0: float
    capacity: float
    loss: float
    loss_of_mean: float
    loss_by_character: float
    exact: float  # share of held-out comments that come back from their means as they were
    rows: tuple[tuple[str, str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """The fields."""
        return asdict(self)


def textual(config: EGAConfig, corpora: Sequence[Corpus]) -> tuple[EGAConfig, list[Corpus]]:
    """For comments alone: corpora without frames, and the parts that see as small as can be."""
    blind = [replace(c, videos=tuple(replace(v, frames={}) for v in c.videos)) for c in corpora]
    return replace(config, channels=1, image_vector=1, noise=1, generator=(1,), critic=(1,)), blind


def held_out(corpora: Sequence[Corpus], seed: int) -> list[str]:
    """Distinct comments that no autoencoder learns from: of the split test, or dev where there is no other."""
    for split in ("test", "dev"):
        found = (t for corpus in corpora for sample in windows.samples(corpus, split) for t in sample.references)
        distinct = list(dict.fromkeys(found))
        if distinct:
            return random.Random(derive(seed, "capacity")).sample(distinct, min(MOST, len(distinct)))
    names = ", ".join(corpus.name for corpus in corpora)
    raise UserError(
        f"There are no test or dev comments in {names} to measure reconstruction with; prepare it with a split."
    )


def study(
    corpora: Sequence[Corpus], config: EGAConfig, mu0s: Sequence[float], options: TrainOptions, shown: Sequence[str]
) -> list[Result]:
    """Train one autoencoder for each ``mu0`` under ``options.out``, those that are there already aside, and measure
    all on the same comments. ``shown``: texts for the table."""
    small, blind = textual(config, corpora)
    texts, results = held_out(blind, config.seed), []
    for mu0 in mu0s:
        own = replace(options, out=options.out / f"mu0-{mu0:g}", stage=TEXT)
        out = train("e_ga", replace(small, mu0=mu0), blind, own)
        system = base.load_checkpoint(out)
        assert isinstance(system, EGA)
        results.append(measure(system, mu0, texts, shown))
    return results


@torch.no_grad()
def measure(system: EGA, mu0: float, texts: Sequence[str], shown: Sequence[str]) -> Result:
    """What one autoencoder makes of held-out comments."""
    torch.manual_seed(derive(system.config.seed, "capacity", "draws"))
    drawn, meant, characters, exact = 0.0, 0.0, 0, 0
    for i in range(0, len(texts), CHUNK):
        part = texts[i : i + CHUNK]
        ids = system.ids(part)
        posterior = system.text.encode(ids)
        drawn += float(system.text.reconstruction(ids, posterior.draw()).sum())
        meant += float(system.text.reconstruction(ids, posterior.mean).sum())
        characters += int((ids[:, 1:] != system.vocabulary.pad).sum())
        exact += sum(a == b for a, b in zip(system.read(posterior.mean), part, strict=True))
    n = len(texts)
    return Result(
        mu0=mu0,
        capacity=autoencoders.capacity(mu0),
        loss=drawn / n,
        loss_of_mean=meant / n,
        loss_by_character=drawn / characters,
        exact=exact / n,
        rows=tuple(_rows(system, shown)),
    )


def _rows(system: EGA, shown: Sequence[str]) -> list[tuple[str, str, str]]:
    """(input, reconstruction from the mean, reading of one draw)."""
    posterior: Gaussian = system.text.encode(system.ids(shown))
    return list(zip(shown, system.read(posterior.mean), system.read(posterior.draw()), strict=True))


# -- figure and table ------------------------------------------------------------------------------------------


def markdown(results: Sequence[Result]) -> str:
    """Both as tables: the numbers of Fig. 3, and the texts of Table 2."""
    lines = ["| mu0 | C | nats a comment, from a draw | from the mean | nats a character | come back exactly |"]
    lines += ["|---|---|---|---|---|---|"]
    for r in results:
        numbers = f"{r.capacity:.4f} | {r.loss:.2f} | {r.loss_of_mean:.2f} | {r.loss_by_character:.3f} | {r.exact:.1%}"
        lines.append(f"| {r.mu0:g} | {numbers} |")
    lines += ["", "| mu0 | input | reconstruction | sample |", "|---|---|---|---|"]
    for r in results:
        lines += [f"| {r.mu0:g} | {' | '.join(_cell(text) for text in row)} |" for row in r.rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that neither ends a cell nor looks like nothing."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") or "*(null)*"


def draw(results: Sequence[Result], path: Path) -> None:
    """Fig. 3: capacity and reconstruction loss over mu0, in the format of the path's ending."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "capacity", "font.size": 9}):
        figure = Figure(figsize=(7, 2.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        mu0s = [r.mu0 for r in results]
        most = max([*mu0s, 1.0])
        fine = [most * i / 100 for i in range(101)]
        left.plot(fine, [autoencoders.capacity(x) for x in fine], color="0.6")
        left.plot(mu0s, [r.capacity for r in results], "o", color="C0")
        left.set(xlabel="$\\mu_0$", ylabel="embedding capacity C", ylim=(0, 1), title="(a)")
        right.plot(mu0s, [r.loss for r in results], "o-", color="C1", label="from a draw")
        right.plot(mu0s, [r.loss_of_mean for r in results], "s--", color="C2", label="from the mean")
        right.set(xlabel="$\\mu_0$", ylabel="reconstruction loss (nats)", title="(b)")
        right.set_ylim(bottom=0)
        right.legend(frameon=False)
        dated = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, dpi=150, metadata=dated)

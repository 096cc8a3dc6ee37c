"""How words are chosen: pure functions over a step function, with all randomness passed in.

A step takes the last tokens (N,) and a cache and gives (logits (N, V), cache). The N = B * k rows of B
samples lie together, k a sample. A cache is any nest of tuples, lists and dictionaries of tensors whose first
axis is N; what is the same for all steps (the encoded context) belongs into the step's closure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import torch
from torch import Tensor

from generation.corpus.records import Sample
from generation.corpus.vocabulary import Vocabulary
from generation.errors import UserError
from generation.seeds import derive

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]
ROUNDS = 4  # how often more is drawn where a sample has too few distinct texts


class Output(NamedTuple):
    """One comment by a system: rank from 1, text ("" is a null), and the mean log-probability of its tokens."""

    rank: int
    text: str
    score: float | None


class Hypothesis(NamedTuple):
    """Token ids without start and end, and the mean log-probability of the ids and the end."""

    ids: tuple[int, ...]
    score: float


@dataclass(frozen=True)
class Options:
    """How to write: the decoding options of a Run.

    ``top_k=0`` and ``top_p=1`` switch those limits off; ``temperature=0`` is greedy. ``run`` names the Run that
    asked, for the hatch. ``unknown`` allows <UNK>.
    """

    seed: int = 0
    per_sample: int = 1
    decoding: str = "beam"
    beam: int = 5
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    unknown: bool = False
    run: int | None = None

    def __post_init__(self) -> None:
        for name, low, high in (("per_sample", 1, 100), ("beam", 1, 100), ("top_k", 0, 10**9), ("temperature", 0, 100)):
            if not low <= getattr(self, name) <= high:
                raise UserError(f"Option {name} is {getattr(self, name)}; it must lie between {low} and {high}.")
        if not 0 < self.top_p <= 1:
            raise UserError(f"Option top_p is {self.top_p}; it must be above 0 and at most 1.")
        if self.decoding not in ("beam", "sample", "greedy"):
            raise UserError(f"Option decoding is {self.decoding!r}; it must be beam, sample or greedy.")

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> "Options":
        """Options from a message or a command line; unknown names and wrong types are refused."""
        known = {field.name: field for field in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                raise UserError(f"There is no option {name!r}; there are {', '.join(known)}.")
            if value is not None:
                values[name] = _typed(name, value, type(known[name].default))
        return cls(**values)


def _typed(name: str, value: Any, wanted: type) -> Any:
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is type(None):  # run: whatever names it on the other side
        return value
    if isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool):
        return value
    raise UserError(f"Option {name} is {value!r}; it must be of type {wanted.__name__}.")


def reorder(cache: Any, rows: Tensor) -> Any:
    """The cache with its rows picked: every tensor's first axis indexed by ``rows``."""
    if isinstance(cache, Tensor):
        return cache.index_select(0, rows)
    if isinstance(cache, dict):
        return {key: reorder(value, rows) for key, value in cache.items()}
    if isinstance(cache, tuple) and hasattr(cache, "_fields"):
        return type(cache)(*(reorder(value, rows) for value in cache))
    if isinstance(cache, list | tuple):
        return type(cache)(reorder(value, rows) for value in cache)
    return cache


@torch.no_grad()
def beam_search(
    step: Step,
    cache: Any,
    *,
    batch: int,
    beam: int,
    start: int,
    end: int,
    longest: int,
    forbidden: Sequence[int] = (),
    device: torch.device | str = "cpu",
) -> list[list[Hypothesis]]:
    """The ``beam`` best sequences of each sample by mean log-probability, best first.

    ``cache`` has batch * beam rows. At most ``longest`` tokens stand before the end, which is then forced. A
    sample is finished when no running prefix can still beat its worst kept sequence; all finished ends early.
    """
    scores = torch.full((batch, beam), float("-inf"), device=device)
    scores[:, 0] = 0.0
    tokens = torch.full((batch * beam,), start, device=device)
    offsets = torch.arange(batch, device=device)[:, None] * beam
    barred = torch.tensor(list(forbidden), dtype=torch.long, device=device)
    prefixes: list[list[tuple[int, ...]]] = [[()] * beam for _ in range(batch)]
    finished: list[list[Hypothesis]] = [[] for _ in range(batch)]
    open_samples = [True] * batch
    for length in range(1, longest + 2):
        logits, cache = step(tokens, cache)
        chances = logits.float().log_softmax(-1)
        chances = chances.index_fill(1, barred, float("-inf"))
        if length > longest:
            ending = chances[:, end].clone()
            chances.fill_(float("-inf"))
            chances[:, end] = ending
        vocabulary = chances.shape[-1]
        total = (scores[:, :, None] + chances.view(batch, beam, -1)).flatten(1)
        best, where = total.topk(min(2 * beam, total.shape[1]), dim=1)
        next_scores, next_words, next_parents = [], [], []
        for b, (values, places) in enumerate(zip(best.tolist(), where.tolist(), strict=True)):
            running: list[tuple[float, int, int]] = []
            for place_rank, (value, place) in enumerate(zip(values, places, strict=True)):
                parent, word = divmod(place, vocabulary)
                if value == float("-inf") or len(running) == beam:
                    break
                if word != end:
                    running.append((value, word, parent))
                elif open_samples[b] and place_rank < beam:
                    finished[b].append(Hypothesis(prefixes[b][parent], value / length))
            finished[b] = sorted(finished[b], key=lambda h: -h.score)[:beam]
            # The mean can only rise towards (sum so far) / (greatest length), were all further tokens certain.
            hope = running[0][0] / (longest + 1) if running else float("-inf")
            if not running or (len(finished[b]) == beam and finished[b][-1].score >= hope):
                open_samples[b] = False
            running += [(float("-inf"), end, 0)] * (beam - len(running))
            prefixes[b] = [(*prefixes[b][parent], word) for _, word, parent in running]
            next_scores.append([r[0] for r in running])
            next_words.extend(r[1] for r in running)
            next_parents.append([r[2] for r in running])
        if not any(open_samples):
            break
        scores = torch.tensor(next_scores, device=device)
        tokens = torch.tensor(next_words, device=device)
        cache = reorder(cache, (torch.tensor(next_parents, device=device) + offsets).flatten())
    return finished


def restrict(logits: Tensor, *, temperature: float, top_k: int = 0, top_p: float = 1.0) -> Tensor:
    """Probabilities (N, V) to draw from: tempered, then cut to the ``top_k`` likeliest and to mass ``top_p``."""
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    if top_k and top_k < logits.shape[-1]:
        limit = logits.topk(top_k, dim=-1).values[:, -1:]
        logits = logits.masked_fill(logits < limit, float("-inf"))
    chances = (logits / temperature).softmax(-1)
    if top_p < 1:
        ordered, where = chances.sort(descending=True, dim=-1)
        beyond = ordered.cumsum(-1) - ordered >= top_p  # the token that crosses the mass stays
        chances = chances.masked_fill(torch.zeros_like(beyond).scatter(-1, where, beyond), 0.0)
    return chances / chances.sum(-1, keepdim=True)


@torch.no_grad()
def draw(
    step: Step,
    cache: Any,
    noise: Tensor,
    *,
    start: int,
    end: int,
    forbidden: Sequence[int] = (),
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> list[Hypothesis]:
    """One sequence a row by inverting the cumulative distribution at ``noise`` (N, longest), uniform in [0, 1).

    Scores are of the untempered model. After ``longest`` tokens the end is forced.
    """
    n, longest = noise.shape
    tokens = torch.full((n,), start, device=noise.device)
    barred = torch.tensor(list(forbidden), dtype=torch.long, device=noise.device)
    alive = torch.ones(n, dtype=torch.bool, device=noise.device)
    sums, lengths = torch.zeros(n, device=noise.device), torch.zeros(n, device=noise.device)
    words = []
    for i in range(longest + 1):
        logits, cache = step(tokens, cache)
        logits = logits.float()
        chances = logits.log_softmax(-1)
        if i < longest:
            logits = logits.index_fill(1, barred, float("-inf"))
            mass = restrict(logits, temperature=temperature, top_k=top_k, top_p=top_p).cumsum(-1)
            # The last token with mass takes what rounding leaves above the sum.
            picked = torch.searchsorted(mass, noise[:, i : i + 1] * mass[:, -1:], right=True).squeeze(1)
            tokens = torch.minimum(picked, (mass < mass[:, -1:]).sum(-1))
        else:
            tokens = torch.full((n,), end, device=noise.device)
        tokens = torch.where(alive, tokens, end)
        sums += torch.where(alive, chances.gather(1, tokens[:, None]).squeeze(1), 0.0)
        lengths += alive
        words.append(tokens)
        alive = alive & (tokens != end)
        if not alive.any():
            break
    rows = torch.stack(words, dim=1).tolist()
    cut = [tuple(row[: row.index(end)]) for row in rows]
    return [Hypothesis(ids, score) for ids, score in zip(cut, (sums / lengths).tolist(), strict=True)]


def write(
    step: Step,
    cache_for: Callable[[int], Any],
    samples: Sequence[Sample],
    vocabulary: Vocabulary,
    options: Options,
    *,
    longest: int,
    device: torch.device | str = "cpu",
) -> list[list[Output]]:
    """``per_sample`` outputs with distinct texts for each sample, best first; fewer where the model has no more.

    ``cache_for(k)`` gives the empty cache for k rows a sample. What is drawn for a sample depends on the seed and
    its id alone, so batches, order and retries do not change it.
    """
    limits = ends(vocabulary, options)
    if options.decoding != "sample":
        beam = 1 if options.decoding == "greedy" else options.beam
        beam = max(beam, options.per_sample)
        found = beam_search(
            step, cache_for(beam), batch=len(samples), beam=beam, longest=longest, device=device, **limits
        )
        return [rank(hypotheses, vocabulary, options.per_sample) for hypotheses in found]

    def turn(number: int) -> list[Hypothesis]:
        noise = torch.stack([_noise(options, s, number, longest) for s in samples]).flatten(0, 1).to(device)
        drawn = {"temperature": options.temperature, "top_k": options.top_k, "top_p": options.top_p}
        return draw(step, cache_for(options.per_sample), noise, **drawn, **limits)

    return gather(turn, len(samples), vocabulary, options)


def ends(vocabulary: Vocabulary, options: Options) -> dict[str, Any]:
    """Which tokens begin and end a text, and which may not stand in it."""
    allowed = {vocabulary.eos, vocabulary.unk} if options.unknown else {vocabulary.eos}
    return {"start": vocabulary.bos, "end": vocabulary.eos, "forbidden": sorted(vocabulary.special - allowed)}


def gather(
    turn: Callable[[int], list[Hypothesis]], count: int, vocabulary: Vocabulary, options: Options
) -> list[list[Output]]:
    """``per_sample`` distinct texts for each of ``count`` samples out of what some turns draw; a turn gives
    ``per_sample`` hypotheses a sample, and there are more of them while a sample has too few."""
    k = options.per_sample
    pools: list[list[Hypothesis]] = [[] for _ in range(count)]
    for number in range(ROUNDS):
        drawn = turn(number)
        for i, pool in enumerate(pools):
            if len(_distinct(pool, vocabulary)) < k:
                pool.extend(drawn[i * k : (i + 1) * k])
        if all(len(_distinct(pool, vocabulary)) >= k for pool in pools):
            break
    return [rank(pool, vocabulary, k) for pool in pools]


def _noise(options: Options, sample: Sample, turn: int, longest: int) -> Tensor:
    generator = torch.Generator().manual_seed(derive(options.seed, sample.id, turn))
    return torch.rand(options.per_sample, longest, generator=generator)


def _distinct(hypotheses: Sequence[Hypothesis], vocabulary: Vocabulary) -> dict[str, float]:
    texts: dict[str, float] = {}
    for hypothesis in hypotheses:
        texts.setdefault(vocabulary.decode(hypothesis.ids), hypothesis.score)
    return texts


def rank(hypotheses: Sequence[Hypothesis], vocabulary: Vocabulary, count: int) -> list[Output]:
    """The first ``count`` distinct texts as outputs, ranked by score."""
    texts = list(_distinct(hypotheses, vocabulary).items())[:count]
    texts.sort(key=lambda item: -item[1])
    return [Output(i, text, score) for i, (text, score) in enumerate(texts, start=1)]

"""How good a checkpoint is on a corpus: ranking of shared candidate sets, and the automatic metrics of its outputs."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generation.corpus import features, windows
from generation.corpus.records import Corpus, Sample
from generation.decoding import Options
from generation.errors import UserError
from generation.scoring import candidates, metrics, relatedness
from generation.seeds import derive
from generation.systems import base
from generation.systems._decoder import Decoder

Progress = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True)
class EvaluateOptions:
    """What to evaluate on: the split, items with enough truths, at most ``limit`` of them, and how densely the
    surrounding comments are kept. ``candidates`` names a file of sets to use or to make; sets without ``plausible``
    negatives are easier than the published ones. ``reduction`` replaces the system's way from words to a score;
    ``pmi`` ranks by pointwise mutual information of comment and moment instead of likelihood, which the papers do not:
    it takes away what a comment scores anywhere, by which popular ones lead."""

    split: str = "test"
    min_references: int = 1
    limit: int | None = None
    density: float = 1.0
    seed: int = 0
    candidates: Path | None = None
    plausible: bool = True
    reduction: str | None = None
    pmi: bool = False
    generate: int = 5
    device: str = "cpu"


def items(corpus: Corpus, options: EvaluateOptions) -> list[Sample]:
    """The moments to rank at, the same for every system."""
    found = windows.with_references(windows.samples(corpus, options.split), options.min_references)
    if options.limit is not None and len(found) > options.limit:
        chosen = random.Random(derive(options.seed, "items")).sample(range(len(found)), options.limit)
        found = [found[i] for i in sorted(chosen)]
    if not found:
        raise UserError(
            f"Corpus {corpus.name} has no moments of the split {options.split!r} with {options.min_references} or more "
            "comments."
        )
    return found


def candidate_sets(
    corpus: Corpus, found: Sequence[Sample], options: EvaluateOptions
) -> tuple[list[candidates.Item], str]:
    """(sets in the order of the samples, their file): read when they were made before, else made and kept.

    They are drawn for the full context whatever the density, so that only the system's input differs.
    """
    path = options.candidates or _default_path(corpus, options)
    if path.is_file():
        by_id = {item.sample: item for item in candidates.load(path)}
        missing = next((s.id for s in found if s.id not in by_id), None)
        if missing is not None:
            raise UserError(f"{path} has no candidates for {missing}; it was made for other items. Remove it.")
        return [by_id[sample.id] for sample in found], str(path)
    train = (text for sample in windows.samples(corpus, "train") for text in sample.references)
    made = candidates.build(found, train, seed=options.seed, plausible=options.plausible)
    candidates.save(made, path, seed=options.seed)
    return made, str(path)


def _default_path(corpus: Corpus, options: EvaluateOptions) -> Path:
    limit = "all" if options.limit is None else options.limit
    name = f"{options.split}-min{options.min_references}-{limit}-seed{options.seed}"
    easier = "" if options.plausible else "-without-plausible"
    return (corpus.root or Path()) / "candidates" / f"{name}{easier}.json"


def information(system: base.System, sample: Sample, texts: Sequence[str]) -> list[float]:
    """How much likelier each text is at this moment than at the same second with no frames and comments."""
    nowhere = replace(sample, context=(), frames=())
    here, anywhere = (system.score([where], [texts])[0] for where in (sample, nowhere))
    return [a - b for a, b in zip(here, anywhere, strict=True)]


def rank(
    system: base.System,
    found: Sequence[Sample],
    sets: Sequence[candidates.Item],
    progress: Progress = iter,
    *,
    pmi: bool = False,
) -> dict[str, Any]:
    """Recall@k, MR and MRR with intervals, beside the random baseline for the very numbers of truths.

    ``lead`` is how far they lie above that baseline, with intervals that take videos for independent, not items;
    ``ranks`` are in the order of the items, so that two systems can be compared item by item.
    """
    ranks, optimistic = [], []
    for sample, item in progress(list(zip(found, sets, strict=True))):
        scores = information(system, sample, item.texts) if pmi else system.score([sample], [item.texts])[0]
        ranks.append(metrics.best_rank(scores, item.truths))
        optimistic.append(metrics.best_rank(scores, item.truths, optimistic=True))
    sizes = [(len(item.texts), sum(item.truths)) for item in sets]
    videos = [sample.video for sample in found]
    ties_aside = metrics.ranking(optimistic)["MRR"].estimate
    return {
        "metrics": {name: interval.as_json() for name, interval in metrics.ranking(ranks).items()},
        "random": metrics.random_baseline(sizes),
        "lead": {name: interval.as_json() for name, interval in metrics.lead(ranks, sizes, videos).items()},
        "videos": len(set(videos)),
        "ranks": ranks,
        "mean_truths": sum(truths for _, truths in sizes) / len(sizes),
        "mean_candidates": sum(size for size, _ in sizes) / len(sizes),
        "optimistic_MRR": ties_aside,
    }


def write(system: base.System, corpus: Corpus, found: Sequence[Sample], options: EvaluateOptions) -> dict[str, Any]:
    """BLEU-4, Fluency, Diversity and the non-null rate of several drawn outputs a moment, and of the one best; where
    the corpus names scenes also whether they, and as many of people's own, lead to the moment's scene."""
    train = windows.samples(corpus, "train")
    known = metrics.all_ngrams(text for s in train for text in s.references)
    scenes = _scenes(train, found)
    references = [sample.references for sample in found]
    result = {}
    for name, decoding in (
        ("sampled", Options(per_sample=options.generate, decoding="sample", top_p=0.9, seed=options.seed)),
        ("best", Options(per_sample=1, decoding="beam", seed=options.seed)),
    ):
        outputs = [[output.text for output in row] for row in system.generate(found, decoding)]
        result[name] = metrics.automatic(outputs, references, known, seed=options.seed)
        if scenes:
            result[name]["scenes"] = relatedness.related(outputs, [sample.scene for sample in found], scenes)
    if scenes:
        people = [list(texts[: options.generate]) for texts in references]
        result["people"] = {"scenes": relatedness.related(people, [sample.scene for sample in found], scenes)}
    return result


def _scenes(train: Iterable[Sample], found: Sequence[Sample]) -> relatedness.Scenes | None:
    """What was written in training scenes, where a corpus names its scenes and the moments lie in them."""
    comments: dict[str, list[str]] = {}
    for sample in train:
        comments.setdefault(sample.scene, []).extend(sample.references)
    if len(comments) < 2 or not all(sample.scene in comments for sample in found):
        return None
    return relatedness.Scenes(comments)


def reduce_by(system: base.System, reduction: str) -> None:
    """Have a system that writes word by word score by the mean, the sum or the published code's way."""
    if not isinstance(system, Decoder):
        raise UserError(f"{system.slug()} does not score word by word, so --reduction says nothing to it.")
    system.reduction = reduction


def evaluate(checkpoint: Path, corpus: Corpus, options: EvaluateOptions, progress: Progress = iter) -> dict[str, Any]:
    """The whole result as JSON: which checkpoint, which items, and every number."""
    if not 0 < options.density <= 1:
        raise UserError(f"The density is {options.density}; a share above 0 and at most 1 is expected.")
    _, config, _ = base.read_config(checkpoint)
    seen = features.for_corpora([corpus], config.backbone)
    system = base.load_checkpoint(checkpoint, device=options.device, features=seen)
    if options.reduction is not None:
        reduce_by(system, options.reduction)
    found = items(corpus, options)
    sets, path = candidate_sets(corpus, found, options)
    if options.density < 1:
        found = [windows.thin(sample, options.density, options.seed) for sample in found]
    result: dict[str, Any] = {"system": system.slug(), "checkpoint": base.digest(checkpoint), "corpus": corpus.name}
    result |= {"split": options.split, "items": len(found), "density": options.density, "seed": options.seed}
    result |= {"plausible": options.plausible, "reduction": getattr(system, "reduction", None), "pmi": options.pmi}
    if type(system).score is not base.System.score:
        result |= {"candidates": path, "ranking": rank(system, found, sets, progress, pmi=options.pmi)}
    if options.generate:
        result["automatic"] = write(system, corpus, found, options)
    return result

"""All that a started campaign has fixed, as canonical JSON; its SHA-256 stands on every report and completion page.

The manifest speaks of samples and systems by their own names, not by database ids, so it means the same elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings as site

from evalsite.rating import draws
from evalsite.rating.cards import Text, is_null
from evalsite.rating.models import Campaign
from evalsite.testsets.models import HUMAN, Output, Run, Sample

FORMAT = 1
MANY = 5_000  # more than so many ids are not sent to the database: it limits the parameters of a query


@dataclass(frozen=True)
class Plan:
    """What draws need of a frozen campaign, by database id."""

    samples: tuple[int, ...]  # that can be shown, in the test set's order
    spare: tuple[int, ...]  # with real comments, never judged: room for attention checks
    practice: tuple[int, ...]  # with real comments, never judged: set aside for the practice round
    real: frozenset[int]  # with real comments
    keys: Mapping[int, str]
    videos: Mapping[int, str]


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys sorted, no blanks, whole numbers without a point, no NaN."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def build(campaign: Campaign) -> dict[str, Any]:
    """The manifest of the campaign as it is now."""
    options = campaign.options
    chosen = _chosen(campaign)
    texts = _texts(campaign, options)
    return {
        "format": FORMAT,
        "software": site.SOFTWARE_VERSION,
        "campaign": campaign.slug,
        "protocol": campaign.protocol,
        "settings": options.as_json(),
        "exclusions": options.exclusions,
        "seed": campaign.seed,
        "testset": {"slug": campaign.testset.slug, "digest": campaign.testset.digest},
        "systems": {run.system.slug: _run(run) for run in campaign.runs.select_related("system")},
        "samples": {sample.key: _sample(sample, texts.get(sample.pk, {})) for sample in chosen},
        "unanswerable": sorted(sample.key for sample in chosen if not _answerable(texts.get(sample.pk, {}))),
        "consent": campaign.consent,
        "instructions": campaign.instructions,
    }


def differences(campaign: Campaign) -> list[str]:
    """Where the database no longer says what was frozen: paths into the manifest; empty while all is as it was."""
    frozen = json.loads(campaign.manifest)
    now = json.loads(canonical(build(campaign)))
    return sorted(path for path in _unequal(frozen, now, "") if path != "software")


def plan(campaign: Campaign) -> Plan:
    """What draws need, from the manifest of a started campaign; kept in memory, since it never changes."""
    return _plan(campaign.pk, campaign.testset_id, campaign.manifest_digest, str(campaign.started_at))


@lru_cache(maxsize=16)
def _plan(campaign: int, testset: int, digest: str, started: str) -> Plan:
    frozen = json.loads(Campaign.objects.values_list("manifest", flat=True).get(pk=campaign))
    silent = set(frozen["unanswerable"])
    shown = {key for key in frozen["samples"] if key not in silent}
    rows = list(Sample.objects.filter(testset=testset).order_by("position").values("pk", "key", "video", "references"))
    real = {row["pk"] for row in rows if any(not is_null(text) for text in row["references"])}
    unused = [row["pk"] for row in rows if row["key"] not in shown and row["pk"] in real]
    practice = 3 if len(unused) >= 6 else 0
    unused = draws.shuffled(unused, draws.stream(frozen["seed"], "practice samples"))
    return Plan(
        samples=tuple(row["pk"] for row in rows if row["key"] in shown),
        spare=tuple(unused[practice:]),
        practice=tuple(unused[:practice]),
        real=frozenset(real),
        keys={row["pk"]: row["key"] for row in rows},
        videos={row["pk"]: row["video"] for row in rows},
    )


def _chosen(campaign: Campaign) -> list[Sample]:
    """The samples of the campaign: all of the test set, or so many drawn from it, in its order."""
    samples = list(campaign.testset.samples.order_by("position"))
    count = campaign.options.samples
    if not count or count >= len(samples):
        return samples
    drawn = draws.shuffled(samples, draws.stream(campaign.seed, "campaign samples"))[:count]
    return sorted(drawn, key=lambda sample: sample.position)


def _texts(campaign: Campaign, options: Any) -> dict[int, dict[str, list[list[Any]]]]:
    """By sample and system: [rank, text] of every output that the protocol may show, nulls included."""
    rules, texts = campaign.rules, dict[int, dict[str, list[list[Any]]]]()
    for sample, text in outputs(campaign):
        if rules.shown(options, text):
            texts.setdefault(sample, {}).setdefault(text.system, []).append([text.rank, text.text])
    return texts


def outputs(campaign: Campaign, samples: list[int] | None = None) -> Iterator[tuple[int, Text]]:
    """Sample id and text of each output of the campaign's runs, in order of system and rank.

    With `samples`, at least those of these samples.
    """
    rows = Output.objects.filter(run__campaigns=campaign).order_by("run__system__slug", "sample", "rank")
    if samples is not None and len(samples) <= MANY:
        rows = rows.filter(sample__in=samples)
    for pk, sample, system, rank, text in rows.values_list("pk", "sample", "run__system__slug", "rank", "text"):
        yield sample, Text(pk, text, "control" if system == HUMAN else "output", system, rank)


def _answerable(texts: Mapping[str, list[list[Any]]]) -> bool:
    return any(not is_null(text) for ranked in texts.values() for _rank, text in ranked)


def _run(run: Run) -> dict[str, Any]:
    return {
        "source": run.source,
        "seed": run.seed,
        "per_sample": run.per_sample,
        "options": run.options,
        "digest": run.digest,
    }


def _sample(sample: Sample, texts: dict[str, list[list[Any]]]) -> dict[str, Any]:
    """Pictures and texts by digest and in full; the moment itself by the digest of what a rater sees of it."""
    seen = [sample.video, sample.title, sample.time, sample.duration, sample.context, sample.references]
    clip = {"clip": [sample.clip, sample.clip_start]} if sample.clip else {}
    return {"frames": sample.frames, **clip, "moment": sha256(canonical(seen)), "outputs": texts}


def _plain(value: Any) -> Any:
    """Whole floats as integers, so that 24 and 24.0 are one number in every database and language."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _unequal(a: Any, b: Any, path: str) -> Iterator[str]:
    """Paths at which two JSON values differ."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in a.keys() | b.keys():
            yield from _unequal(a.get(key), b.get(key), f"{path}.{key}" if path else key)
    elif a != b:
        yield path

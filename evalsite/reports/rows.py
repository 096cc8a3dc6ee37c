"""The tidy rows that exports and packages are made of, streamed a few sittings at a time: memory stays constant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Count, Q

from evalsite.rating.models import Assignment, Campaign, Item, Judgment, Rater, Submission
from evalsite.reports.columns import fetch
from evalsite.testsets.models import Output, Run, Sample

Kind = Literal["text", "integer", "number", "truth", "json"]
Row = tuple[Any, ...]
BATCH = 1_000
"""Items held in memory at once, as far as a sitting allows."""


@dataclass(frozen=True)
class Column:
    """A column of an export: its name, what its cells are, and what it means (for the data dictionary)."""

    name: str
    kind: Kind
    text: str


@dataclass(frozen=True)
class Table:
    """One export: columns, and a function that streams its rows."""

    name: str
    text: str
    columns: Sequence[Column]
    rows: Callable[[Campaign, Chosen], Iterator[Row]]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


@dataclass(frozen=True)
class Chosen:
    """Whose rows: people's, the simulated raters', or (both None) everybody's; remarks are personal and stay out of
    packages.
    """

    simulated: bool | None = False
    remarks: bool = True


_RATER = Column("rater", "text", "Pseudonym of the rater.")
_SITTING = Column("sitting", "integer", "Number of the rater's sitting (Human Recall) or share (preference), from 1.")
_POSITION = Column("position", "integer", "Place of the item in its sitting, from 1.")
_SAMPLE = Column("sample", "text", "Id of the sample, as in samples.jsonl.")
_PURPOSE = Column("purpose", "text", "regular; anchor (the same for every rater); check (attention check).")
_SYSTEM = Column(
    "system", "text", "Slug of the system that wrote the output; human: a person. Empty: of the whole item."
)
_RANK = Column("rank", "integer", "Rank of the output, 1 is the system's first choice. Empty: of the whole item.")


def _moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


@dataclass(frozen=True)
class _World:
    """Names of what rows point to by id."""

    samples: dict[int, str]
    outputs: dict[int, tuple[str, int, int]]  # system, rank, sample

    @classmethod
    def of(cls, campaign: Campaign) -> _World:
        samples = dict(Sample.objects.filter(testset=campaign.testset_id).order_by().values_list("pk", "key"))
        runs = dict(campaign.runs.values_list("pk", "system__slug"))
        rows = Output.objects.filter(run__in=list(runs)).order_by().values_list("pk", "run_id", "rank", "sample_id")
        return cls(samples, {pk: (runs[run], rank, sample) for pk, run, rank, sample in rows.iterator(chunk_size=5000)})

    def named(self, output: int) -> str:
        """system#rank, the name of an output beside its sample; one of another sample with that sample's id."""
        system, rank, _sample = self.outputs[output]
        return f"{system}#{rank}"


def _sittings(campaign: Campaign, chosen: Chosen) -> Iterator[list[tuple[int, str, int]]]:
    """Batches of (assignment, pseudonym, sitting) in order of pseudonym and sitting, practice left out."""
    query = Assignment.objects.filter(campaign=campaign, practice=False)
    if chosen.simulated is not None:
        query = query.filter(rater__simulated=chosen.simulated)
    rows = query.order_by().annotate(size=Count("items")).values_list("pk", "rater__pseudonym", "number", "size")
    batch: list[tuple[int, str, int]] = []
    held = 0
    for pk, pseudonym, number, size in sorted(rows, key=lambda row: (row[1], row[2])):
        batch.append((pk, pseudonym, number))
        held += size
        if held >= BATCH:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def judgments(campaign: Campaign, chosen: Chosen) -> Iterator[Row]:
    """One row a judgment, revisions that no longer count included."""
    world = _World.of(campaign)
    for batch in _sittings(campaign, chosen):
        sitting = {pk: (pseudonym, number) for pk, pseudonym, number in batch}
        items = _items(list(sitting))
        sent = Submission.objects.filter(item__assignment__in=list(sitting)).order_by()
        received = {
            (pk, revision): _moment(at) for pk, revision, at in sent.values_list("item_id", "revision", "received_at")
        }
        said: dict[int, list[Row]] = defaultdict(list)
        found = Judgment.objects.filter(item__assignment__in=list(sitting)).order_by()
        for rows in fetch(found.values_list("item_id", "revision", "output_id", "criterion", "value")):
            for pk, *rest in rows:
                said[pk].append(tuple(rest))
        for item in sorted(items, key=lambda row: (*sitting[row["assignment_id"]], row["position"])):
            head = (
                *sitting[item["assignment_id"]],
                item["position"],
                world.samples[item["sample_id"]],
                item["purpose"],
            )
            pk, current = item["pk"], item["revision"]
            for revision, system, source, rank, criterion, place, kind, value in _judged(world, item, said[pk]):
                whole = not system
                yield (
                    *head,
                    revision,
                    revision == current,
                    received.get((pk, revision)),
                    criterion,
                    None if whole else system,
                    None if whole else rank,
                    source or None,
                    place,
                    None if whole else kind,
                    value,
                )


def _judged(world: _World, item: dict[str, Any], said: list[Row]) -> list[Row]:
    """Judgments of one item as (revision, system, source, rank, criterion, place, kind, value), in this order: what is
    said of the whole item has no system and comes first. `source` is the output's own sample where that is another,
    place and kind are those of its card.
    """
    cards, own, outputs = _places(item["cards"]), item["sample_id"], world.outputs
    rows: list[Row] = []
    for revision, output, criterion, value in said:
        if output is None:
            rows.append((revision, "", "", 0, criterion, None, "", value))
            continue
        system, rank, sample = outputs[output]
        place, kind = cards.get(output, (None, "output"))
        if sample == own:
            rows.append((revision, system, "", rank, criterion, place, kind, value))
        else:
            rows.append((revision, system, world.samples[sample], rank, criterion, place, "decoy", value))
    rows.sort()  # the first five tell any two apart
    return rows


def _places(cards: list[dict[str, Any]]) -> dict[int, tuple[int, str]]:
    """Place and kind of the card that shows each output."""
    return {output: (place, card["kind"]) for place, card in enumerate(cards, 1) for output in card["outputs"]}


def _items(assignments: list[int]) -> list[dict[str, Any]]:
    rows: Any = (
        Item.objects.filter(assignment__in=assignments)
        .order_by()
        .values("pk", "assignment_id", "sample_id", "position", "purpose", "cards", "nulls", "revision", "served_at",
                "released_at")
    )  # fmt: skip
    return list(rows)


def items(campaign: Campaign, chosen: Chosen) -> Iterator[Row]:
    """One row an item that was dealt, with its cards in the order shown."""
    world = _World.of(campaign)
    for batch in _sittings(campaign, chosen):
        sitting = {pk: (pseudonym, number) for pk, pseudonym, number in batch}
        sent = {
            (row["item_id"], row["revision"]): row
            for row in Submission.objects.filter(item__assignment__in=list(sitting)).order_by().values()
        }
        found = _items(list(sitting))
        for item in sorted(found, key=lambda row: (*sitting[row["assignment_id"]], row["position"])):
            answer: dict[str, Any] = dict(sent.get((item["pk"], item["revision"])) or {})
            yield (
                *sitting[item["assignment_id"]],
                item["position"],
                world.samples[item["sample_id"]],
                item["purpose"],
                item["revision"],
                _moment(item["served_at"]),
                _moment(answer.get("received_at")),
                answer.get("visible_ms"),
                answer.get("first_action_ms"),
                answer.get("elapsed_ms"),
                item["released_at"] is not None,
                [_card(world, item, card) for card in item["cards"]],
                [world.named(output) for output in item["nulls"]],
                _picked(item["cards"], answer.get("answer") or {}),
                (answer.get("comment") or None) if chosen.remarks else None,
            )


def _card(world: _World, item: dict[str, Any], card: dict[str, Any]) -> dict[str, Any]:
    """A card without its id, which is the browser's alone; its outputs by name."""
    outputs = []
    for output in card["outputs"]:
        sample = world.outputs[output][2]
        name = world.named(output)
        outputs.append(name if sample == item["sample_id"] else f"{name}@{world.samples[sample]}")
    return {"text": card["text"], "kind": card["kind"], "outputs": outputs}


def _picked(cards: list[dict[str, Any]], answer: dict[str, Any]) -> list[int]:
    """Places of the cards that the answer names: marked, or chosen."""
    named = {word for value in answer.values() for word in (value if isinstance(value, list) else [value])}
    return [place for place, card in enumerate(cards, 1) if card["id"] in named]


def outputs(campaign: Campaign, _chosen: Chosen) -> Iterator[Row]:
    """One row an output of the campaign's runs."""
    runs = {run.pk: run for run in campaign.runs.select_related("system")}
    for slug, run in sorted((run.system.slug, run) for run in runs.values()):
        query = Output.objects.filter(run=run).order_by("sample__position", "rank")
        rows = query.values_list("sample__key", "rank", "text", "score")
        for key, rank, text, score in rows.iterator(chunk_size=2000):
            yield key, slug, rank, text, score, _source(run)


def _source(run: Run) -> str:
    return f"{run.source}:{run.digest}" if run.digest else run.source


def raters(campaign: Campaign, chosen: Chosen) -> Iterator[Row]:
    """One row a rater who took part; nothing that could name a person."""
    query = Rater.objects.filter(campaign=campaign)
    if chosen.simulated is not None:
        query = query.filter(simulated=chosen.simulated)
    dealt = Q(assignments__practice=False)
    counted = query.annotate(
        sittings=Count("assignments", filter=dealt, distinct=True),
        answered=Count("assignments__items", filter=dealt & Q(assignments__items__revision__gt=0), distinct=True),
    )
    for rater in sorted(counted, key=lambda row: row.pseudonym):
        yield (
            rater.pseudonym,
            rater.simulated,
            rater.language or None,
            rater.screening,
            rater.consented_at is not None,
            rater.completed_at is not None,
            rater.withdrawn_at is not None,
            rater.sittings,
            rater.answered,
        )


_HEAD = (_RATER, _SITTING, _POSITION, _SAMPLE, _PURPOSE)

TABLES: dict[str, Table] = {
    "judgments": Table(
        "judgments",
        "What raters said, one row a judgment; revisions that no longer count are kept and marked.",
        (
            *_HEAD,
            Column("revision", "integer", "1 is the first answer to the item; going back makes a new revision."),
            Column("counts", "truth", "Whether this revision is the last one, which counts."),
            Column("received_at", "text", "When the answer came, ISO 8601 in UTC."),
            Column("criterion", "text", "fake (1 marked fake, 0 escaped); best (1 chosen, 0 not); none (1: none of "
                "them); "
                   "check (1 passed, 0 failed); or a word of the protocol's own."),
            _SYSTEM,
            _RANK,
            Column("source", "text", "Sample that the output was written for, where it is not the item's: a decoy."),
            Column("card", "integer", "Place of the card among those shown, from 1. Outputs of one text share a card."),
            Column("kind", "text", "output; control (a real comment of the moment); decoy (a real one out of place)."),
            Column("value", "number", "What the rater said, see criterion."),
        ),
        judgments,
    ),
    "items": Table(
        "items",
        "What raters were shown, one row an item, answered or not.",
        (
            *_HEAD,
            Column("revision", "integer", "The revision that counts; 0: not answered."),
            Column("served_at", "text", "When the item was first sent to the rater's browser, ISO 8601 in UTC."),
            Column("received_at", "text", "When the answer that counts came, ISO 8601 in UTC."),
            Column("visible_ms", "integer", "Milliseconds the page was in view before that answer."),
            Column("first_action_ms", "integer", "Milliseconds to the rater's first action."),
            Column("elapsed_ms", "integer", "Milliseconds from shown to sent."),
            Column("released", "truth", "Whether the item was given to others after a long silence."),
            Column("cards", "json", "The cards in the order shown: text, kind, and outputs as system#rank."),
            Column("nulls", "json", "Empty outputs of the item, as system#rank; they are not shown."),
            Column("picked", "json", "Places of the cards that were marked fake, or chosen."),
            Column("remark", "text", "What the rater wrote about the item. Left out of packages."),
        ),
        items,
    ),
    "outputs": Table(
        "outputs",
        "What systems wrote, one row an output; an empty text is a null.",
        (
            _SAMPLE,
            Column("system", "text", "Slug of the system; human: people's own comments."),
            Column("rank", "integer", "1 is the system's first choice."),
            Column("text", "text", "The comment."),
            Column("score", "number", "The system's own score, higher is better."),
            Column("run", "text", "How it came: generated or imported, and the digest of the checkpoint or the file."),
        ),
        outputs,
    ),
    "raters": Table(
        "raters",
        "Who judged, one row a pseudonym.",
        (
            _RATER,
            Column("simulated", "truth", "Whether this is a program and not a person."),
            Column("language", "text", "Language of the pages."),
            Column("screening", "json", "Answers to the screening questions."),
            Column("consented", "truth", "Whether the rater consented."),
            Column("completed", "truth", "Whether the rater came to the end and has a completion code."),
            Column("withdrawn", "truth", "Whether the rater took everything back; no items are left then."),
            Column("sittings", "integer", "Sittings or shares taken."),
            Column("answered", "integer", "Items answered."),
        ),
        raters,
    ),
}  # fmt: skip

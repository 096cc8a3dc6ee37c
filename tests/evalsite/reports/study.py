"""Small studies written down as a person would: who was shown what, and what they said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evalsite.rating.cards import key
from evalsite.reports.tables import NO_OUTPUT, Items, Judgments, Nulls, Outputs, Samples, Study, Tables

Texts = Mapping[str, Mapping[str, Sequence[str]]]
NOBODY = "none of them"
CRITERIA = ("fake", "best", "none", "check")


def tables(
    protocol: str,
    texts: Texts,
    answers: Sequence[tuple[str, str, Any]],
    *,
    checks: Mapping[str, Sequence[bool]] | None = None,
    seconds: Mapping[str, float] | None = None,
    **settings: Any,
) -> Tables:
    """`texts` is system -> sample -> outputs; an answer is (rater, sample, what was said), None where it never came.

    In Human Recall what was said is the list of texts marked fake; in preference the text chosen, or NOBODY.
    `checks` are attention checks passed or not, by rater, answered before everything else.
    """
    systems = tuple(sorted(texts))
    samples = sorted({sample for by_sample in texts.values() for sample in by_sample})
    raters = tuple(sorted({rater for rater, _sample, _said in answers} | set(checks or {})))
    written = [
        (systems.index(system), samples.index(sample), rank, text)
        for system in systems
        for sample in samples
        for rank, text in enumerate(texts[system].get(sample, []), 1)
    ]
    outputs = Outputs(*(np.array(column, dtype=np.int64) for column in list(zip(*written, strict=True))[:3]),
                      [row[3] for row in written])  # fmt: skip
    paper = _Paper(protocol, outputs, raters, samples, dict(seconds or {}))
    for rater, passed in (checks or {}).items():
        for good in passed:
            paper.check(rater, good)
    for rater, sample, said in sorted(answers, key=lambda answer: raters.index(answer[0])):
        paper.answer(rater, sample, said)
    study = Study(
        slug="paper",
        title="",
        protocol=protocol,
        state="closed",
        seed=1,
        settings={"exclusions": {}, **settings},
        manifest={},
        digest="f" * 64,
        software="0",
        names={system: system.upper() for system in systems},
        enrolled=len(raters),
    )
    real = [list(texts.get("human", {}).get(sample, [])) for sample in samples]
    moments = Samples(samples, ["film"] * len(samples), np.arange(len(samples), dtype=float), real,
                      np.ones(len(samples), dtype=bool))  # fmt: skip
    return Tables(
        study=study,
        systems=systems,
        criteria=CRITERIA,
        raters=raters,
        samples=moments,
        outputs=outputs,
        items=paper.items(),
        judgments=Judgments(*paper.columns(paper.judgments, 3), paper.last(paper.judgments, 3),
                            paper.columns(paper.judgments, 5)[4]),
        nulls=Nulls(*paper.columns(paper.nulls, 2)),
    )  # fmt: skip


class _Paper:
    """Collects rows as the platform would store them."""

    def __init__(
        self, protocol: str, outputs: Outputs, raters: Sequence[str], samples: Sequence[str], seconds: dict[str, float]
    ) -> None:
        self.protocol, self.outputs, self.raters, self.samples = protocol, outputs, raters, samples
        self.seconds = seconds
        self.rows: list[tuple[Any, ...]] = []
        self.judgments: list[tuple[Any, ...]] = []
        self.nulls: list[tuple[Any, ...]] = []

    def _item(self, rater: str, sample: int, purpose: int, cards: int, answered: bool) -> int:
        code = self.raters.index(rater)
        position = 1 + sum(row[0] == code for row in self.rows)
        self.rows.append((code, sample, 1, position, purpose, cards, answered, self.seconds.get(rater, 8.0)))
        return len(self.rows) - 1

    def check(self, rater: str, good: bool) -> None:
        item = self._item(rater, 0, 2, 3, True)
        self.judgments.append((item, NO_OUTPUT, CRITERIA.index("check"), float(good), 0))

    def answer(self, rater: str, sample: str, said: Any) -> None:
        here = [o for o in range(len(self.outputs.text)) if self.samples[self.outputs.sample[o]] == sample]
        cards = list(dict.fromkeys(key(self.outputs.text[o]) for o in here if self.outputs.text[o]))
        item = self._item(rater, self.samples.index(sample), 0, len(cards), said is not None)
        self.nulls += [(item, o) for o in here if not self.outputs.text[o]]
        if said is None:
            return
        picked = {key(said)} if isinstance(said, str) else set(map(key, said))
        criterion = CRITERIA.index("fake" if self.protocol == "human_recall" else "best")
        for output in here:
            if text := self.outputs.text[output]:
                place = cards.index(key(text)) + 1
                self.judgments.append((item, output, criterion, float(key(text) in picked), place))
        if self.protocol == "preference":
            self.judgments.append((item, NO_OUTPUT, CRITERIA.index("none"), float(said == NOBODY), 0))

    def items(self) -> Items:
        rater, sample, sitting, position, purpose, cards, answered, seconds = self.columns(self.rows, 8, float)
        start = np.datetime64("2025-03-01T09:00:00")
        received = np.where(answered > 0, start + np.arange(len(rater)).astype("timedelta64[m]"), np.datetime64("NaT"))
        whole = [column.astype(np.int64) for column in (rater, sample, sitting, position, purpose, cards)]
        unknown = np.full(len(rater), np.nan)
        return Items(*whole, received.astype("datetime64[s]"), np.where(answered > 0, seconds * 1000, np.nan), unknown)

    def columns(self, rows: Sequence[tuple[Any, ...]], width: int, kind: Any = np.int64) -> list[Any]:
        return [np.array([row[k] for row in rows], dtype=kind) for k in range(width)]

    def last(self, rows: Sequence[tuple[Any, ...]], column: int) -> Any:
        return np.array([row[column] for row in rows], dtype=float)

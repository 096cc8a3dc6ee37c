"""The case sheet, after Fig. 4 of the KLVCG paper: a moment, what was said around it, what was recalled, what each
system wrote, and what people wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from generation.corpus.records import HALF_WINDOW, Sample
from generation.corpus.vocabulary import SEP
from generation.decoding import Options, Output
from generation.knowledge.recall import Knowledge
from generation.sheets import html
from generation.systems.base import System

MOST = 12  # comments of one kind in one cell


@dataclass(frozen=True)
class Case:
    """One moment: outputs by the name of their system, facts recalled, and comments of other videos by second."""

    sample: Sample
    outputs: Mapping[str, Sequence[Output]]
    facts: Sequence[str] = ()
    recalled: Mapping[int, Sequence[str]] = field(default_factory=dict)


def cases(
    samples: Sequence[Sample], systems: Mapping[str, System], options: Options, knowledge: Knowledge | None = None
) -> list[Case]:
    """What the systems write at these moments, and what the knowledge gives for them."""
    written = {name: system.generate(samples, options) for name, system in systems.items()}
    return [_case(s, {name: rows[i] for name, rows in written.items()}, knowledge) for i, s in enumerate(samples)]


def _case(sample: Sample, outputs: Mapping[str, Sequence[Output]], knowledge: Knowledge | None) -> Case:
    if knowledge is None:
        return Case(sample, outputs)
    facts = " ".join(knowledge.facts(sample)).split(SEP)  # words apart, as a system reads them
    return Case(sample, outputs, [fact.strip() for fact in facts if fact.strip()], knowledge.comments(sample))


STYLE = """
article { border-top: 2px solid var(--ink); padding-top: .75rem; margin-top: 2rem; }
article h2 { margin: 0 0 .5rem; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
article h2 span { font-weight: 400; font-size: .85rem; }
.strip { display: flex; gap: 4px; margin-bottom: .75rem; align-items: flex-end; }
.strip figure { flex: 1 1 0; min-width: 0; max-width: 9rem; margin: 0; font-size: .7rem; text-align: center;
  color: var(--soft); }
.strip figure.now { flex-grow: 2.4; max-width: 22rem; color: var(--ink); font-weight: 700; }
.strip img { width: 100%; height: auto; border-radius: 2px; } .strip .now img { outline: 2px solid #0072b2; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 0 2rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .5rem; }
th { font-weight: 600; white-space: nowrap; width: 1%; font-variant-numeric: tabular-nums; padding-left: 0; }
tr + tr > * { border-top: 1px solid var(--line); } ul { margin: 0; padding-left: 1.1rem; }
.said { display: inline-block; background: var(--tint); border: 1px solid var(--line); border-radius: 1rem;
  padding: 0 .6rem; margin: 1px 2px; overflow-wrap: anywhere; }
.other { border-style: dashed; background: none; } .null { color: var(--soft); font-style: italic; }
.answers { margin-top: .75rem; background: var(--tint); border-radius: 6px; }
.answers th { width: 9rem; padding-left: .75rem; } .answers .said { background: var(--paper); }
.people th { color: #0072b2; }
.same { color: #00674c; font-size: .8rem; white-space: nowrap; }
footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: .5rem; font-size: .8rem; color: var(--soft);
  overflow-wrap: anywhere; }
@media (max-width: 40rem) { .strip { flex-wrap: wrap; } .strip figure { flex: 0 0 calc(20% - 4px); }
  .strip figure.now { flex-basis: calc(40% - 4px); } .answers th { width: 5rem; white-space: normal; } }
@media print { body { padding: 0; max-width: none; font-size: 11px; } article { break-inside: avoid; margin-top: 1rem; }
  .said, .answers { print-color-adjust: exact; } }
"""


def sheet(found: Sequence[Case], notes: Sequence[str]) -> str:
    """The page; ``notes`` say at its end where everything comes from."""
    title = "Cases · 案例"
    about = "<footer>" + "<br>".join(map(html.escape, notes)) + "</footer>"
    return html.page(title, [f"<h1>{title}</h1>", *map(_article, found), about], STYLE)


def _article(case: Case) -> str:
    sample = case.sample
    name = html.escape(sample.title or sample.video)
    head = f"<h2>{name} {html.clock(sample.time)} <span class='soft'>{html.escape(sample.id)}</span></h2>"
    sides = [f"<section><h3>Surrounding comments · 周围弹幕</h3>{_context(case)}</section>"]
    if case.facts:
        facts = "".join(f"<li>{html.escape(fact)}</li>" for fact in case.facts)
        sides.append(f"<section><h3>Recalled facts · 召回的知识</h3><ul>{facts}</ul></section>")
    return f"<article>{head}{_strip(sample)}<div class='sides'>{''.join(sides)}</div>{_answers(case)}</article>"


def _strip(sample: Sample) -> str:
    """The window's frames in order, each once; the moment's own is larger."""
    if not sample.frames:
        return "<p class='soft'>No frames · 没有画面</p>"
    middle = len(sample.frames) // 2
    shown: dict[str, int] = {}  # a frame that stands in for its neighbours is named by the second nearest to t
    for i in sorted(range(len(sample.frames)), key=lambda i: abs(i - middle)):
        shown.setdefault(sample.frames[i], i - middle)
    ordered = sorted(shown.items(), key=lambda item: item[1])
    figures = [_frame(frame, sample.time + offset, not offset) for frame, offset in ordered]
    return f"<div class='strip'>{''.join(figures)}</div>"


def _frame(path: str, second: int, now: bool) -> str:
    place, label = " class='now'" if now else "", html.clock(second)
    return f"<figure{place}>{html.picture(path, 480 if now else 200, label)}{label}</figure>"


def _context(case: Case) -> str:
    """The comments by second; those that were recalled from other videos behind a second's own, in dashes."""
    rows = []
    for offset, texts in case.sample.context_by_second().items():
        second = case.sample.time + offset
        others = case.recalled.get(second, ())
        if texts or others:
            cell = _said(texts) + _said(others, "said other")
            rows.append(f"<tr><th>{html.clock(second)}</th><td>{cell}</td></tr>")
    legend = "<p class='soft'>- - -: recalled from other videos · 来自其他视频</p>" if case.recalled else ""
    nobody = f"<p class='soft'>Nobody commented within {HALF_WINDOW} s · 前后 {HALF_WINDOW} 秒没有弹幕</p>"
    return f"<table>{''.join(rows)}</table>{legend}" if rows else nobody


def _said(texts: Sequence[str], kind: str = "said") -> str:
    shown = "".join(f"<span class='{kind}'>{html.escape(text)}</span>" for text in texts[:MOST])
    return shown + (f" <span class='soft'>+{len(texts) - MOST}</span>" if len(texts) > MOST else "")


def _answers(case: Case) -> str:
    """Each system's outputs, and last what people wrote at that second."""
    truths = list(dict.fromkeys(case.sample.references))
    rows = [
        f"<tr><th>{html.escape(name)}</th><td>{''.join(_output(output, truths) for output in outputs)}</td></tr>"
        for name, outputs in case.outputs.items()
    ]
    people = _said(truths) or "<span class='null'>none · 无</span>"
    rows.append(f"<tr class='people'><th>People · 真实弹幕</th><td>{people}</td></tr>")
    return f"<table class='answers'>{''.join(rows)}</table>"


def _output(output: Output, truths: Sequence[str]) -> str:
    if not output.text:
        return "<span class='null'>null · 空</span> "
    same = " <span class='same'>= people · 与真实弹幕相同</span>" if output.text in truths else ""
    return f"<span class='said'>{html.escape(output.text)}</span>{same}"

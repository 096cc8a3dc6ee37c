"""The documents of a replication package: what the files are, what the columns mean, and a human-evaluation datasheet.

The datasheet asks what the field's own form (HEDS, Shimorina and Belz 2022) asks, in our words; what the system knows
is filled in, what only the authors know is marked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from evalsite.rating import protocols
from evalsite.reports.definitions import DEFINITIONS
from evalsite.reports.rows import TABLES
from evalsite.reports.tables import Study

Report = dict[str, Any]
OPEN = "**TO BE FILLED IN BY THE AUTHORS**"


def facts(study: Study) -> dict[str, Any]:
    """The study as JSON, the manifest apart, which is a file of its own."""
    return {
        field.name: _plain(getattr(study, field.name))
        for field in dataclasses.fields(study)
        if field.name != "manifest"
    }


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def all_of(report: Report, study: Study) -> dict[str, str]:
    """Every document by file name."""
    return {
        "README.md": readme(report),
        "DATA_DICTIONARY.md": dictionary(),
        "DATASHEET.md": datasheet(report, study),
    }


def readme(report: Report) -> str:
    """What is in the package and how to check it."""
    return f"""# Replication package of campaign {report["campaign"]}

Protocol {report["protocol"]}, {report["counts"]["raters"]} raters, {report["counts"]["judgments"]} judgments.
Manifest SHA-256 `{report["manifest"]}`, software {report["software"]}.

| file | what |
|---|---|
| `manifest.json` | all that was frozen at the start: settings, samples, every output shown, texts, rules |
| `study.json` | the campaign's other facts |
| `samples.jsonl` | the moments; frames and clips are named by their SHA-256 and are not in the package |
| `outputs.jsonl` | every output of every system |
| `raters.jsonl` | pseudonyms, languages, answers to screening questions |
| `items.jsonl` | what each rater was shown, in which order, and how long it took |
| `judgments.jsonl` | what each rater said, all revisions |
| `report.json` | the report |
| `DATA_DICTIONARY.md` | every column and every number |
| `DATASHEET.md` | the human-evaluation datasheet; the open questions are marked |
| `SHA256SUMS` | digests of all files |

To check it: `python manage.py verify_package THIS.zip` recomputes every number of `report.json` from the
judgments and names each that differs.
"""


def dictionary() -> str:
    """Every column of every file, and every number of the report."""
    parts = ["# Data dictionary\n"]
    for table in TABLES.values():
        parts += [f"\n## {table.name}.jsonl\n\n{table.text}\n", "| column | kind | meaning |", "|---|---|---|"]
        parts += [f"| `{column.name}` | {column.kind} | {_cell(column.text)} |" for column in table.columns]
    parts += ["\n## report.json\n\nNumbers are JSON numbers, null where undefined; `reasons` says why.\n"]
    parts += ["| key | meaning |", "|---|---|"]
    parts += [f"| `{key}` | {_cell(str(entry.text))} |" for key, entry in DEFINITIONS.items()]
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def datasheet(report: Report, study: Study) -> str:
    """The datasheet as Markdown."""
    sections = {
        "1. The study": _study(report, study),
        "2. What was evaluated": _systems(study),
        "3. Samples and outputs shown": _samples(report, study),
        "4. Raters": _raters(report, study),
        "5. The task": _task(report, study),
        "6. What was measured": _measure(report),
        "7. Ethics": _ethics(report, study),
    }
    head = f"# Human-evaluation datasheet: {report['campaign']}\n\nFilled in from the campaign's own record.\n"
    return head + "".join(f"\n## {title}\n\n{_points(points)}" for title, points in sections.items())


def _points(points: Mapping[str, Any]) -> str:
    return "".join(f"- **{question}** {OPEN if answer is None else answer}\n" for question, answer in points.items())


def _study(report: Report, study: Study) -> dict[str, Any]:
    return {
        "Paper that reports it, contact person": None,
        "Why was it done?": None,
        "When?": f"Started {study.started_at or 'not yet'}, closed {study.closed_at or 'not yet'}.",
        "Where are data and code?": f"This package; software {study.software}; manifest SHA-256 "
        f"`{study.digest or '-'}`.",
        "Was it registered beforehand?": "Settings, samples, outputs, texts and exclusion rules were frozen at the "
        "start under "
        "the digest above. " + OPEN,
        "Were results seen before the end?": "; ".join(f"{look['at']}: {look['reason']}" for look in study.seen_early)
        or "No look before the end is on record.",
    }


def _systems(study: Study) -> dict[str, Any]:
    runs = study.manifest.get("systems", {})
    lines = [
        f"{study.names.get(slug, slug)}: {run['source']}, seed {run['seed']}, options {run['options'] or '{}'}, digest "
        f"`{run['digest'] or '-'}`"
        for slug, run in sorted(runs.items())
    ]
    return {
        "What do the systems take in and put out?": "A moment of a video (frames and the surrounding comments) goes "
        "in, live "
        "video comments come out.",
        "Which systems?": "; ".join(lines) or None,
        "On what were they trained?": None,
        "Language of the outputs": None,
    }


def _samples(report: Report, study: Study) -> dict[str, Any]:
    testset = study.manifest.get("testset", {})
    counts = report["counts"]
    return {
        "How many samples, and how chosen?": f"{counts['samples']} of test set {testset.get('slug', '-')} (digest "
        f"`{testset.get('digest', '-')}`), {counts['samples_judged']} of them judged; drawn by seed {study.seed}.",
        "Where do the samples come from?": None,
        "How many outputs were judged?": f"{counts['items_answered']} items with {counts['judgments']} judgments.",
        "Was the number of samples and raters planned?": None,
    }


def _raters(report: Report, study: Study) -> dict[str, Any]:
    counts = report["counts"]
    return {
        "How many?": f"{counts['enrolled']} consented, {counts['raters']} counted, {counts['excluded_raters']} left "
        f"out by rule, "
        f"{counts['withdrawn_raters']} withdrew ({counts['withdrawn_judgments']} judgments deleted).",
        "Who are they: experts, crowd, students; related to the authors?": None,
        "How were they found, and what were they paid?": None,
        "Were they screened and trained?": f"At least {study.settings.get('minimum_years', 0)} years of watching "
        f"danmaku; "
        f"practice round: {'yes' if study.settings.get('practice') else 'no'}.",
        "Were they programs?": "Yes: simulated raters." if report["simulated"] else "No.",
    }


def _task(report: Report, study: Study) -> dict[str, Any]:
    rules = protocols.load(study.protocol)
    instructions = study.manifest.get("instructions", {})
    exclusions = ", ".join(f"{name} {limit:g}" for name, limit in sorted(report["exclusions"].items()))
    times = report["response_times"]
    return {
        "What did raters do?": str(rules.summary),
        "What did they read?": " / ".join(f"[{code}] {_flat(text)}" for code, text in sorted(instructions.items()))
        or None,
        "Settings": ", ".join(f"{name}={value}" for name, value in sorted(study.settings.items())),
        "Were they blind to who wrote what? Was the order "
        "shuffled?": "Yes; cards are shuffled for every item by its recorded seed.",
        "Quality control": f"Attention checks a sitting: {study.settings.get('checks_per_sitting', 0)}; exclusion "
        f"rules frozen "
        f"with the campaign: {exclusions or 'none'}; the report shows the numbers with and without them.",
        "How long did an item take?": f"Median {times['p50']:.1f} s (5 to 95 %: {times['p5']:.1f} to "
        f"{times['p95']:.1f} s)."
        if times["items"]
        else "Not known.",
        "Interface": "A web page with the moment playing and a list of the comments; keyboard and screen reader work.",
    }


def _measure(report: Report) -> dict[str, Any]:
    definition = DEFINITIONS[report["headline"]]
    agreement = report["agreement"]
    alpha = agreement["krippendorff_alpha"]
    return {
        "Criterion": f"{definition.name}. {definition.text}",
        "Is it about form, content, or both; absolute or relative; intrinsic or extrinsic?": "Both form and content; "
        + ("relative" if report["headline"] == "share" else "absolute")
        + "; of the output in its context; subjective.",
        "Intervals and tests": f"{DEFINITIONS['ci95'].text} Pairs of systems: paired tests, Holm-corrected.",
        "Agreement": "not computable"
        if alpha is None
        else f"Krippendorff's alpha {alpha:.3f} over {agreement['items_with_overlap']} things judged twice or more.",
    }


def _ethics(report: Report, study: Study) -> dict[str, Any]:
    consent = study.manifest.get("consent", {})
    return {
        "Approved by an ethics board?": None,
        "Consent": " / ".join(f"[{code}] {_flat(text)}" for code, text in sorted(consent.items())) or None,
        "Personal data": "Pseudonyms, language, answers to screening questions. No name, e-mail or address was asked "
        "for; "
        "remarks and recruiting ids are not in the package.",
        "Could raters take part of it back?": "Yes: withdrawal deletes the judgments; forgetting keeps them without a "
        "person.",
        "Could the task do harm?": None,
    }


def _flat(text: str) -> str:
    return " ".join(text.split())

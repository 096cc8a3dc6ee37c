"""The main table for a paper: booktabs, intervals beside the numbers, what they are in the caption."""

from __future__ import annotations

from typing import Any

from evalsite.reports import presentation
from evalsite.reports.presentation import BLANK

SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "−": "$-$",
        "–": "--",
        "<": "$<$",
        "′": "$'$",
    }
)

HEADINGS = {
    "human_recall": ("Human Recall", "Rank", "$d'$", "Humanness", "Shown", "Nulls"),
    "share": ("Share", "Rank", "When present", "Worth", "Non-null"),
    "mean": ("Mean", "Rank"),
}
KEYS = {
    "human_recall": ("human_recall", "rank_range", "d_prime", "humanness_ratio", "shown", "nulls"),
    "share": ("share", "rank_range", "share_when_present", "worth", "non_null_rate"),
    "mean": ("mean", "rank_range"),
}


def escape(text: str) -> str:
    """Text as LaTeX prints it."""
    return text.translate(SPECIAL)


def render(report: dict[str, Any]) -> str:
    """A table environment; the preamble needs booktabs. A blinded report has no numbers to print."""
    if report.get("blinded"):
        return f"% Campaign {report['campaign']} is {report['state']}: no comparison before it is closed.\n"
    headline = report["headline"]
    sheet = presentation.systems(report, "")
    columns = {column.key: column for column in sheet.columns}
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_caption(report)}}}",
        rf"\label{{tab:{report['campaign']}}}",
        rf"\begin{{tabular}}{{l{'r' * len(KEYS[headline])}}}",
        r"\toprule",
        " & ".join(["System", *HEADINGS[headline]]) + r" \\",
        r"\midrule",
    ]
    for row in sheet.rows:
        cells = [columns[key].write(row) for key in KEYS[headline]]
        lines.append(" & ".join(escape(cell).replace(BLANK, "--") for cell in [row["system"], *cells]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"]) + "\n"


def _caption(report: dict[str, Any]) -> str:
    counts = report["counts"]
    what = {"human_recall": "Human Recall", "share": "Preference shares", "mean": f"Mean of {report['criterion']}"}
    words = (
        f"{what[report['headline']]} with two-way cluster-robust 95 % intervals: {counts['raters']} raters, "
        f"{counts['samples_judged']} samples, {counts['items_answered']} items, {counts['judgments']} judgments; ranks "
        f"after Holm-corrected paired tests at 5 %. Campaign {report['campaign']}, manifest "
        f"{(report['manifest'] or '-')[:12]}."
    )
    if report["simulated"]:
        words = f"SIMULATED RATERS. {words}"
    return escape(words)

"""A table with groups of columns, as aligned text and as LaTeX (booktabs)."""

from collections.abc import Sequence
from dataclasses import dataclass

_SPECIAL = str.maketrans(
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
    }
)


@dataclass(frozen=True)
class Grid:
    """``groups`` (title, columns) stand over ``heads`` without gaps; the first ``names`` columns hold words."""

    groups: Sequence[tuple[str, int]]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 1

    def starts(self) -> list[int]:
        """The first column of each group."""
        return [sum(count for _, count in self.groups[:i]) for i in range(len(self.groups))]


def text(grid: Grid) -> str:
    """Aligned columns, a group's title over its first; names to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in (grid.heads, *grid.rows)) for i in range(len(grid.heads))]
    for (title, count), start in zip(grid.groups, grid.starts(), strict=True):
        missing = len(title) - sum(widths[start : start + count]) - 2 * (count - 1)
        widths[start + count - 1] += max(missing, 0)
    lines = [_line(row, widths, grid.names) for row in (grid.heads, *grid.rows)]
    return "\n".join([*_titles(grid, widths), *lines])


def _line(row: Sequence[str], widths: Sequence[int], names: int) -> str:
    pairs = enumerate(zip(row, widths, strict=True))
    return "  ".join(cell.ljust(w) if i < names else cell.rjust(w) for i, (cell, w) in pairs).rstrip()


def _titles(grid: Grid, widths: Sequence[int]) -> list[str]:
    if not any(title for title, _ in grid.groups):
        return []
    parts = [
        title.ljust(sum(widths[start : start + count]) + 2 * (count - 1))
        for (title, count), start in zip(grid.groups, grid.starts(), strict=True)
    ]
    return ["  ".join(parts).rstrip()]


def latex(grid: Grid) -> str:
    """A tabular of booktabs, which the preamble must load."""
    columns = "l" * grid.names + "r" * (len(grid.heads) - grid.names)
    top = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", *_spanning(grid), _row(grid.heads), r"\midrule"]
    return "\n".join([*top, *map(_row, grid.rows), r"\bottomrule", r"\end{tabular}"])


def _row(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"


def _spanning(grid: Grid) -> list[str]:
    if not any(title for title, _ in grid.groups):
        return []
    cells = [rf"\multicolumn{{{count}}}{{c}}{{{escaped(title)}}}" if title else "" for title, count in grid.groups]
    rules = [
        rf"\cmidrule(lr){{{start + 1}-{start + count}}}"
        for (title, count), start in zip(grid.groups, grid.starts(), strict=True)
        if title
    ]
    return [" & ".join(cells) + r" \\", "".join(rules)]


def escaped(cell: str) -> str:
    """As LaTeX prints it."""
    return cell.translate(_SPECIAL)

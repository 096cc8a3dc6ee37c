"""One file = one published measure. A protocol's criterion picks it; an unknown one gets the mean of its criterion."""

from __future__ import annotations

from evalsite.reports.measures import generic, preference, recall
from evalsite.reports.measures.base import Measured, Rule
from evalsite.reports.tables import Tables

RULES: dict[str, Rule] = {"fake": recall.measure, "best": preference.measure}


def measure(tables: Tables, criterion: str) -> Measured:
    """What the judgments say by the protocol's criterion."""
    return RULES.get(criterion, generic.measure)(tables, criterion)

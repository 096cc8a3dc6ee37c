"""What a draft can be expected to show: interval width and power of its design, simulated before anyone is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from evalsite.rating.models import Campaign
from evalsite.reports import planning
from evalsite.reports.planning import PlanRow, PreferenceDesign, RecallDesign
from evalsite.testsets.models import HUMAN

SIMULATIONS = 300
FEWEST = 60
"""Simulated campaigns below which a power is not worth telling."""
EFFORT = 30_000_000
"""Random numbers a page may draw: about two seconds."""
RATERS = 40


class ProspectForm(forms.Form):
    """What is assumed of the campaign; values in per cent."""

    raters = forms.IntegerField(label=gettext_lazy("Raters"), min_value=1, max_value=10_000)
    level = forms.FloatField(min_value=1, max_value=99)
    difference = forms.FloatField(
        label=gettext_lazy("True difference to be found, in percentage points"), min_value=0.5, max_value=90, initial=10
    )
    LABELS = {
        "human_recall": (gettext_lazy("Human Recall of the weaker system, in per cent"), 50),
        "preference": (gettext_lazy("Share of the stronger system, in per cent"), 35),
    }

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.protocol = campaign.protocol
        self.fields["raters"].initial = getattr(campaign.options, "raters", RATERS)
        self.fields["level"].label, self.fields["level"].initial = self.LABELS[self.protocol]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "level" in data and "difference" in data:
            low, high = data["level"], data["level"] + data["difference"]
            if self.protocol == "preference":
                low, high = low - data["difference"], 2 * low - data["difference"]
            if low < 1 or high > 99:
                raise forms.ValidationError(gettext("Such a difference cannot be; make it smaller."))
        return data


@dataclass(frozen=True)
class Prospect:
    """What can be expected, in words: `interval`, `power`, and on what that rests."""

    interval: str
    power: str
    basis: str


def form(campaign: Campaign, data: Any) -> ProspectForm | None:
    """The form, filled in where it was sent; None for a protocol that no simulation knows."""
    if campaign.protocol not in ProspectForm.LABELS:
        return None
    return ProspectForm(data if "difference" in data else None, campaign=campaign)


def prospect(campaign: Campaign, assumed: dict[str, Any]) -> Prospect:
    """What the campaign's settings give with these raters and this difference. Raises PlanError where it is too large
    to be simulated while someone waits.
    """
    systems = campaign.runs.exclude(system__slug=HUMAN).count()
    comparisons = max(1, systems * (systems - 1) // 2)
    low, gap = assumed["level"] / 100, assumed["difference"] / 100
    options: Any = campaign.options
    samples = options.samples or campaign.testset.samples.count()
    if campaign.protocol == "human_recall":
        items = min(options.items_per_sitting, samples)
        recall = RecallDesign(assumed["raters"], items, samples, options.outputs_per_system, options.anchor_items)
        size = 2 * recall.raters * recall.items * recall.outputs
        (row,) = planning.plan_recall(
            [recall], recall=low, difference=gap, comparisons=comparisons, simulations=_simulations(size)
        )
    else:
        each = min(options.raters_per_sample, assumed["raters"])
        size = 6 * samples * each
        (row,) = planning.plan_preference(
            [PreferenceDesign(assumed["raters"], samples, each)],
            shares=(low, low - gap),
            comparisons=comparisons,
            simulations=_simulations(size),
        )
    return _words(row, assumed, comparisons)


def _simulations(size: int) -> int:
    """How many campaigns of `size` random numbers each there is time for."""
    count = min(SIMULATIONS, EFFORT // max(size, 1))
    if count < FEWEST:
        raise planning.PlanError(
            gettext("This design is too large to be simulated while you wait; use the command manage.py plan.")
        )
    return count


def _words(row: PlanRow, assumed: dict[str, Any], comparisons: int) -> Prospect:
    told = {
        "raters": row.raters,
        "items": f"{row.items_per_rater:.3g}",
        "samples": row.samples,
        "each": f"{row.raters_per_sample:.3g}",
        "difference": f"{assumed['difference']:g}",
        "simulations": row.simulations,
        "pairs": comparisons,
    }
    basis = gettext(
        "From %(simulations)d simulated campaigns, analysed as the report does it, at the 5%% level with Holm's "
        "correction (number of comparisons: %(pairs)d). Raters, samples and comments are taken to differ as is usual; "
        "manage.py plan --pilot takes it from a campaign of yours."
    )
    if row.half_width is None or row.power is None:
        few = gettext("With fewer than three raters or three samples there is neither an interval nor a test.")
        return Prospect(few, "", basis % told)
    told |= {"half": f"{100 * row.half_width:.1f}", "power": f"{100 * row.power:.0f}"}
    if row.protocol == "human_recall":
        interval = gettext(
            "With %(raters)d raters × %(items)s items, the 95%% interval of each system's Human Recall will be about "
            "±%(half)s percentage points."
        )
    else:
        interval = gettext(
            "With %(raters)d raters × %(items)s items (each of %(samples)d samples judged by %(each)s), the 95%% "
            "interval of each system's share will be about ±%(half)s percentage points."
        )
    power = gettext("A true difference of %(difference)s points between two systems is found in %(power)s%% of cases.")
    return Prospect(interval % told, power % told, basis % told)

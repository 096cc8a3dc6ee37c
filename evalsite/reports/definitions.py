"""What every number of a report means, in one place: the page, the one-file report and the data dictionary read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Definition(NamedTuple):
    """A number's name as column headings print it, and what it is."""

    name: Text
    text: Text


DEFINITIONS: Mapping[str, Definition] = {
    "system": Definition(_("System"), _("Who wrote the comments: a model, or people (human).")),
    "human_recall": Definition(
        _("Human Recall"),
        _("Comments not marked as fake / comments shown. 1: every comment passed for real; 0: all were found out."),
    ),
    "share": Definition(
        _("Share"),
        _(
            "Credit / answered items. The chosen card gives its system 1; systems that wrote the same text divide it. "
            "The "
            "shares of all systems and of “none of them” add up to 1."
        ),
    ),
    "mean": Definition(_("Mean"), _("The mean of the raters' values for the outputs of this system.")),
    "ci95": Definition(
        _("95% interval"),
        _(
            "Where the value lies with 95% confidence, for other raters and other samples of the same kinds: "
            "cluster-robust "
            "in both directions (Cameron, Gelbach and Miller 2011), on the logit scale, Student t with min(raters, "
            "samples) "
            "− 1 degrees of freedom. Where the value is 0 or 1 it is Wilson's, counting raters instead of judgments."
        ),
    ),
    "wilson95": Definition(
        _("Wilson (naive)"),
        _(
            "The interval if every judgment were independent. It is too narrow, because judgments repeat within raters "
            "and samples; it is printed for comparison with other papers."
        ),
    ),
    "shown": Definition(_("Shown"), _("Judgments: how often comments of this system were shown and answered.")),
    "escaped": Definition(_("Escaped"), _("How many of these were not marked as fake.")),
    "nulls": Definition(
        _("Nulls"),
        _("Empty outputs of the system in answered items. They are not shown and do not count in the measure."),
    ),
    "human_recall_strict": Definition(
        _("Strict"), _("Human Recall if every null counts as caught: escaped / (shown + nulls).")
    ),
    "hit_rate": Definition(_("Marked"), _("How often comments of this system were marked as fake.")),
    "false_alarm_rate": Definition(_("False alarms"), _("How often real comments were marked as fake.")),
    "d_prime": Definition(
        _("d′"),
        _(
            "How well raters tell the system's comments from real ones, whatever their habit of clicking: z(marked) − "
            "z(false alarms), rates with the log-linear correction (Hautus 1995). 0: they cannot; 1: fairly well. "
            "Interval "
            "by a two-way jackknife."
        ),
    ),
    "criterion": Definition(
        _("Criterion c"),
        _("How slow raters are to mark a comment as fake: 0 neutral, above 0 reluctant, below 0 eager."),
    ),
    "humanness_ratio": Definition(
        _("Humanness ratio"),
        _(
            "Human Recall of the system / Human Recall of real comments. 1: passes for real as often as real comments "
            "do."
        ),
    ),
    "rank_range": Definition(
        _("Ranks"),
        _(
            "The ranks this system may hold: from 1 + the systems significantly better to n − those significantly "
            "worse, "
            "tests Holm-corrected at 5%."
        ),
    ),
    "answered": Definition(_("Answered"), _("Items that were answered, attention checks apart.")),
    "credit": Definition(_("Credit"), _("Choices won; a card shared by m systems gives each 1/m.")),
    "present": Definition(
        _("Present"), _("Answered items in which the system had a card, that is, a comment that is not empty.")
    ),
    "share_when_present": Definition(_("When present"), _("Credit / items in which the system had a card.")),
    "non_null_rate": Definition(
        _("Non-null"), _("Outputs that are not empty / outputs, over the samples of the campaign.")
    ),
    "worth": Definition(
        _("Worth"),
        _(
            "The chance to be chosen if every system always had a comment, by Luce's choice model with “none of them” "
            "as "
            "an option. Interval by a two-way jackknife."
        ),
    ),
    "none": Definition(_("None of them"), _("How often raters found no comment good enough.")),
    "unanswerable": Definition(
        _("Unanswerable"), _("Samples for which every compared system was silent; they are not shown.")
    ),
    "difference": Definition(
        _("Difference"),
        _(
            "First minus second system, paired: what a rater or a sample does to both cancels out. Same interval as "
            "above."
        ),
    ),
    "p": Definition(_("p"), _("Two-sided p-value of the two-way cluster-robust t-test that there is no difference.")),
    "p_holm": Definition(
        _("p (Holm)"),
        _("The p-value after Holm's correction for testing all pairs. The pair differs where it is at most 0.05."),
    ),
    "krippendorff_alpha": Definition(
        _("Krippendorff's α"),
        _("Agreement beyond chance over all comments judged by two raters or more; 1 perfect, 0 chance. Nominal."),
    ),
    "gwet_ac1": Definition(
        _("Gwet's AC1"),
        _("Agreement beyond chance that stays meaningful when nearly all answers are the same (Gwet 2008)."),
    ),
    "fleiss_kappa": Definition(_("Fleiss' κ"), _("Agreement beyond chance over the comments that every rater judged.")),
    "pairwise": Definition(
        _("Pairwise"),
        _("How often two raters who judged the same comment gave the same answer; nothing taken off for chance."),
    ),
    "items": Definition(_("Items"), _("Items this rater answered.")),
    "median_seconds": Definition(_("Median seconds"), _("Middle time an item took while the page was in view.")),
    "fake_rate": Definition(_("Marks fake"), _("Share of the cards this rater marked as fake.")),
    "none_rate": Definition(_("Chooses none"), _("Share of the items this rater answered with “none of them”.")),
    "checks": Definition(_("Checks"), _("Attention checks: planted items whose right answer is known.")),
    "checks_failed": Definition(_("Checks failed"), _("Attention checks answered wrongly.")),
    "longest_run": Definition(
        _("Longest run"), _("Most items in a row with the same answer (same place chosen; all or nothing marked).")
    ),
    "majority_agreement": Definition(
        _("With majority"), _("How often the rater sided with the majority of the others who judged the same.")
    ),
    "flags": Definition(
        _("Signs"), _("What a person should look at. Signs exclude nobody; only the campaign's frozen rules do.")
    ),
    "excluded_by": Definition(
        _("Left out by"), _("The rule, frozen with the campaign, that leaves this rater out of the numbers.")
    ),
    "outputs": Definition(_("Outputs"), _("Outputs of the system on the samples of the campaign.")),
    "bleu4": Definition(
        _("BLEU-4"),
        _(
            "Overlap with up to three real comments of the moment, by characters, n-grams up to 4, over all outputs "
            "together. Comments need not resemble each other to be good: read it beside, not instead."
        ),
    ),
    "fluency": Definition(
        _("Fluency"),
        _("Share of the outputs' n-grams that people have written in the training set; from an imported evaluation."),
    ),
    "diversity": Definition(
        _("Diversity"), _("1 − mean overlap of n-grams between a system's outputs for the same sample.")
    ),
    "pearson": Definition(
        _("Pearson r"), _("Linear correlation of the metric with the human measure; interval by jackknife.")
    ),
    "kendall": Definition(
        _("Kendall τ"), _("How far the metric orders as people do; 1 the same order, −1 the reverse.")
    ),
}


def definition(key: str) -> Definition:
    """The definition of a number; one without any explains itself by its key."""
    return DEFINITIONS.get(key, Definition(key, ""))

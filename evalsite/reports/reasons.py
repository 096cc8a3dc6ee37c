"""The estimators' reasons, marked for translation: estimators import no framework, so they cannot do it themselves."""

from django.utils.translation import gettext_noop

REASONS = (
    gettext_noop("There are no judgments to compute this from."),
    gettext_noop("An interval needs judgments by at least 3 raters."),
    gettext_noop("An interval needs judgments on at least 3 samples."),
    gettext_noop("There are no real comments among the judged cards to compare with."),
    gettext_noop("The ratio is undefined because real comments never escaped."),
    gettext_noop("A ratio of 0 has no interval on the logarithmic scale."),
    gettext_noop("No comment was judged by two or more raters."),
    gettext_noop("All raters always gave the same answer, so agreement beyond chance is undefined."),
    gettext_noop("Fleiss' kappa needs comments that every rater judged."),
    gettext_noop("The value is undefined when one rater or sample is left out, so it has no interval."),
    gettext_noop("The values show no variance between raters or samples, so there is no interval."),
    gettext_noop("A correlation needs values that differ."),
    gettext_noop("A correlation between systems needs at least 3 systems."),
    gettext_noop("There are no choices between these systems."),
    gettext_noop("No item left a choice between positions."),
    gettext_noop("Kendall's tau of so few systems takes only a few values, so it has a p-value but no interval."),
)

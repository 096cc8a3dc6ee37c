"""What was found, how sure that is, and what cannot be said: in whole sentences, in every language of the site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext, override

from evalsite.reports.presentation import number

Report = dict[str, Any]
Row = dict[str, Any]

FEW = 3
RELIABLE, TENTATIVE = 0.8, 0.667
"""Krippendorff's own marks for alpha (Content Analysis, chapter 12)."""


def in_all_languages(report: Report) -> dict[str, list[str]]:
    """The sentences of the report by language code; the first is the one to read if only one is read."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            found[code] = list(sentences(report))
    return found


def sentences(report: Report) -> Iterator[str]:
    """In the active language."""
    if report["simulated"]:
        yield gettext("These answers come from simulated raters, not from people.")
    counts = report["counts"]
    if not counts["items_answered"]:
        yield gettext("Nobody has answered an item yet, so there is nothing to report.")
        return
    yield from _result(report)
    yield from _small(counts["raters"], counts["samples_judged"])
    yield from _anchors(report)
    yield from _agreement(report["agreement"], counts["raters"])
    yield from _excluded(report)
    yield from _habits(report)
    yield from _seen_early(len(report["seen_early"]))


def percent(value: float | None) -> str:
    """62.7%, as both languages write it."""
    return "–" if value is None else f"{100 * value:.1f}%"


def span(row: Row, key: str = "ci95") -> str:
    """The interval in words, or why there is none."""
    if not row.get(key):
        return gettext("no interval")
    low, high = row[key]
    return gettext("95%% interval %(low)s to %(high)s") % {"low": percent(low), "high": percent(high)}


def names(rows: Sequence[str]) -> str:
    """A, B and C."""
    if len(rows) < 2:
        return "".join(rows)
    return gettext("%(some)s and %(last)s") % {"some": gettext(", ").join(rows[:-1]), "last": rows[-1]}


def _result(report: Report) -> Iterator[str]:
    """The one sentence that says what was found and how sure it is."""
    headline = report["headline"]
    systems = [row for row in report["systems"] if row["rank_range"] and row[headline] is not None]
    if not systems:
        yield gettext("No comment of a compared system was judged, so the systems cannot be compared.")
        return
    if headline == "human_recall":
        shown, escaped = (sum(row[name] for row in systems) for name in ("shown", "escaped"))
        if escaped in (0, shown):
            yield _all_or_nothing(escaped > 0)
            return
    if headline == "share" and report["none"]["share"] == 1:
        yield gettext(
            "Raters answered “none of them” every time: no system's comment was ever chosen, so the systems cannot be "
            "ranked."
        )
        return
    ranked = sorted(systems, key=lambda row: -row[headline])
    yield _leader(ranked, headline, report["comparisons"])
    if headline == "share":
        yield _none(report["none"])


def _all_or_nothing(escaped: bool) -> str:
    if escaped:
        return gettext(
            "Raters marked none of the systems' comments as fake: every Human Recall is 100%, which tells nothing "
            "about how the systems differ."
        )
    return gettext(
        "Raters marked all of the systems' comments as fake: every Human Recall is 0%, which tells nothing about how "
        "the systems differ."
    )


def _leader(ranked: Sequence[Row], headline: str, comparisons: Sequence[Row]) -> str:
    best, rest = ranked[0], ranked[1:]
    words = {"system": best["name"], "value": percent(best[headline]), "span": span(best)}
    if headline == "mean":
        words["value"] = f"{best[headline]:.3g}"
        low_high = best["ci95"]
        words["span"] = (
            gettext("95%% interval %(low)s to %(high)s") % {"low": f"{low_high[0]:.3g}", "high": f"{low_high[1]:.3g}"}
            if low_high
            else gettext("no interval")
        )
    first = {
        "human_recall": gettext("Comments by %(system)s were taken for real most often: %(value)s escaped (%(span)s)"),
        "share": gettext("Raters preferred %(system)s most often: %(value)s of the choices (%(span)s)"),
        "mean": gettext("%(system)s has the highest mean: %(value)s (%(span)s)"),
    }
    alone = {
        "human_recall": gettext("%(value)s of the comments by %(system)s were taken for real (%(span)s)."),
        "share": gettext("Raters chose %(system)s in %(value)s of the items (%(span)s)."),
        "mean": gettext("The mean of %(system)s is %(value)s (%(span)s)."),
    }
    if not rest:
        return alone[headline] % words
    tested = [pair for pair in comparisons if best["system"] in (pair["a"], pair["b"]) and pair["p_holm"] is not None]
    close = _not_told_apart(best, rest, tested)
    if not tested:
        tail = gettext("%(first)s, but there are too few raters or samples to test whether that is more than chance.")
        return tail % {"first": first[headline] % words}
    if not close:
        tail = gettext("%(first)s, significantly more often than every other system (Holm-corrected p ≤ %(p)s).")
        return tail % {"first": first[headline] % words, "p": _p(max(pair["p_holm"] for pair in tested))}
    tail = gettext("%(first)s, but at the 5%% level it cannot be told apart from %(others)s.")
    return tail % {"first": first[headline] % words, "others": names(close)}


def _not_told_apart(best: Row, rest: Sequence[Row], tested: Sequence[Row]) -> list[str]:
    differs = {pair["a"] if pair["b"] == best["system"] else pair["b"] for pair in tested if pair["differs"]}
    return [row["name"] for row in rest if row["system"] not in differs]


def _p(value: float) -> str:
    return "0.001" if value < 0.001 else f"{value:.3f}"


def _none(none: Row) -> str:
    return gettext("“None of them” was the answer to %(share)s of the items (%(span)s).") % {
        "share": percent(none["share"]),
        "span": span(none),
    }


def _small(raters: int, samples: int) -> Iterator[str]:
    if raters == 1:
        yield gettext(
            "Only one rater answered. What one person thinks may not hold for others, so there are no intervals, no "
            "tests and no agreement."
        )
    elif raters < FEW:
        yield gettext("Only two raters answered: too few for intervals and tests, which need at least three.")
    elif samples < FEW:
        yield gettext("Fewer than three samples were judged: too few for intervals and tests.")


def _anchors(report: Report) -> Iterator[str]:
    """How the systems stand to real comments."""
    if report["headline"] != "human_recall":
        return
    real = report.get("controls")
    if not real:
        yield gettext(
            "No real comments were shown, so Human Recall also depends on how freely raters mark, and d′ is not known."
        )
        return
    yield gettext("Real comments of the same moments escaped in %(rate)s of cases (%(span)s).") % {
        "rate": percent(real["rate"]),
        "span": span(real),
    }
    alike = [
        row["name"]
        for row in report["systems"]
        if row["role"] == "system" and row["d_prime_ci95"] and row["d_prime_ci95"][0] <= 0 <= row["d_prime_ci95"][1]
    ]
    if alike:
        yield gettext(
            "Raters could not reliably tell comments by %(systems)s from real ones (the interval of d′ holds 0)."
        ) % {"systems": names(alike)}


def _agreement(agreement: Row, raters: int) -> Iterator[str]:
    alpha = agreement["krippendorff_alpha"]
    if raters < 2:
        return
    if alpha is None:
        yield gettext("Agreement between raters cannot be computed: %(reason)s") % {
            "reason": gettext(agreement["reasons"].get("krippendorff_alpha", "") or "–")
        }
        return
    words = {"alpha": number(alpha)}
    if alpha >= RELIABLE:
        yield gettext("Raters agree well (Krippendorff's alpha %(alpha)s).") % words
    elif alpha >= TENTATIVE:
        yield gettext("Raters agree enough for tentative conclusions (Krippendorff's alpha %(alpha)s).") % words
    else:
        little = gettext(
            "Raters agree little on single comments (Krippendorff's alpha %(alpha)s), as is usual in matters of taste; "
            "the shares above average over many of them."
        )
        yield little % words


def _excluded(report: Report) -> Iterator[str]:
    count = report["counts"]["excluded_raters"]
    if not count:
        return
    yield ngettext(
        "%(count)d rater was left out by the campaign's rules; the numbers with everybody stand beside.",
        "%(count)d raters were left out by the campaign's rules; the numbers with everybody stand beside.",
        count,
    ) % {"count": count}
    whole, headline = report["without_exclusions"], report["headline"]
    if whole and _best(whole["systems"], headline) != _best(report["systems"], headline):
        yield gettext("With everybody in, another system comes first, so the result rests on the exclusion.")


def _best(rows: Sequence[Row], headline: str) -> str | None:
    known = [row for row in rows if row["rank_range"] and row[headline] is not None]
    return max(known, key=lambda row: row[headline])["system"] if known else None


def _habits(report: Report) -> Iterator[str]:
    bias = report["position_bias"]
    if bias["p"] is not None and bias["p"] < 0.01:
        yield gettext(
            "Where a card stood had an influence on the answers (p = %(p)s); cards are shuffled, so no system gains."
        ) % {"p": _p(bias["p"])}


def _seen_early(times: int) -> Iterator[str]:
    if times:
        yield ngettext(
            "The results were looked at %(count)d time before the campaign was closed; the reason is on record.",
            "The results were looked at %(count)d times before the campaign was closed; the reasons are on record.",
            times,
        ) % {"count": times}

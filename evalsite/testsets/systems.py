"""Systems by slug, with the names that papers print."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evalsite.testsets.errors import UserError
from evalsite.testsets.models import HUMAN, System, validate_slug

DISPLAY_NAMES = {
    "ut": "UT",
    "mml_cg": "MML-CG",
    "klvcg": "KLVCG",
    "e_ga": "E-GA",
    "encoder_decoder": "Encoder-Decoder",
    "cvae": "Conditional VAE",
    "simple_gan": "Simple-GAN",
    "tfidf": "TF-IDF retrieval",
    HUMAN: "Human",
}
NAMED = {"system": gettext_lazy("system"), "test set": gettext_lazy("test set")}
RESERVED = frozenset({"none"})  # the answer "none of them" of a preference campaign


def display_name(slug: str) -> str:
    """The name as papers print it; the slug where we know of none."""
    return DISPLAY_NAMES.get(slug, slug)


def checked_slug(slug: str, what: str) -> str:
    """The slug, or a UserError that says what a slug may be; `what` is "system" or "test set"."""
    try:
        validate_slug(slug)
    except ValidationError:
        rule = _(
            "%(slug)s cannot name a %(what)s: use 1 to 64 lower-case letters, digits, - or _, and begin with a letter "
            "or digit."
        )
        raise UserError(rule % {"slug": repr(slug), "what": NAMED[what]}) from None
    if slug in RESERVED:
        taken = _("%(slug)s cannot name a %(what)s: the word is taken by the answer 'none of them'.")
        raise UserError(taken % {"slug": repr(slug), "what": NAMED[what]})
    return slug


def named(slug: str) -> System:
    """The system of that slug, made on first use."""
    checked_slug(slug, "system")
    return System.objects.get_or_create(slug=slug, defaults={"name": display_name(slug)})[0]

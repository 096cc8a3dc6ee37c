"""Who judges, and what they said. Judgments are append-only: going back writes a new revision."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.signals import m2m_changed, pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evalsite.rating import protocols
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import Output, Run, Sample, TestSet, validate_slug

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from evalsite.rating.protocols.base import Protocol, Settings


def opaque_id() -> str:
    """An address nobody can guess and that tells nothing, not even an order."""
    return secrets.token_urlsafe(12)


def protocol_choices() -> list[tuple[str, str]]:
    """The protocols in the folder, so that one more is one more file and no migration."""
    return [(name, name) for name in protocols.names()]


class Frozen(UserError):
    """Someone tried to change what a started campaign has fixed; the text says what to do."""

    def __init__(self, slug: str, what: str) -> None:
        super().__init__(
            gettext(
                "Campaign %(campaign)s has been started, so its %(what)s cannot change any more; make a copy to change "
                "it: manage.py clone_campaign %(campaign)s NEW_SLUG."
            )
            % {"campaign": slug, "what": what}
        )


class CampaignManager(models.Manager["Campaign"]):
    """Leaves the manifest in the database until it is asked for: it may weigh megabytes."""

    def get_queryset(self) -> models.QuerySet[Campaign]:
        return super().get_queryset().defer("manifest")


class Campaign(models.Model):
    """One study: a protocol, a test set, one run of each system. Frozen once started."""

    FROZEN = ("slug", "protocol", "testset_id", "settings", "seed", "consent", "instructions", "manifest_digest")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        CLOSED = "closed", _("closed")

    slug = models.CharField(max_length=64, unique=True, validators=[validate_slug])
    title = models.CharField(max_length=200, blank=True)
    protocol = models.CharField(max_length=64, choices=protocol_choices)
    testset = models.ForeignKey(TestSet, models.PROTECT, related_name="campaigns")
    runs: models.ManyToManyField[Run, Any] = models.ManyToManyField(Run, related_name="campaigns")
    settings = models.JSONField(default=dict, help_text=_("the protocol's settings that differ from its defaults"))
    seed = models.BigIntegerField(help_text=_("everything drawn derives from it"))
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    consent = models.JSONField(
        default=dict, blank=True, help_text=_('consent text by language: {"zh-hans": "...", "en": "..."}')
    )
    instructions = models.JSONField(
        default=dict, blank=True, help_text=_("instruction text by language; empty: the protocol's own")
    )
    open_enrolment = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text=_("SHA-256 of the open link's token; empty: no open link"),
    )
    completion_url = models.URLField(blank=True, help_text=_("where raters go at the end; {code} is filled in"))
    manifest = models.TextField(blank=True, editable=False, help_text=_("canonical JSON of all that was frozen"))
    manifest_digest = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    raters: RelatedManager[Rater]
    assignments: RelatedManager[Assignment]
    events: RelatedManager[Event]

    objects = CampaignManager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        base_manager_name = "objects"
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")

    def __str__(self) -> str:
        return self.title or self.slug

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse what would change a frozen campaign, whoever asks."""
        if self.pk and (name := self._frozen_change()):
            raise Frozen(self.slug, name)
        super().save(*args, **kwargs)

    def _frozen_change(self) -> str | None:
        """Name of a frozen field that differs from what is stored, or None. A started campaign is no draft again."""
        stored = Campaign.objects.filter(pk=self.pk).exclude(state=self.State.DRAFT).values(*self.FROZEN).first()
        here = self.__dict__  # a field that was not loaded is not written either
        if stored and here.get("state") == self.State.DRAFT:
            return "state"
        return next(
            (name.removesuffix("_id") for name in stored or {} if here.get(name, stored[name]) != stored[name]), None
        )

    @property
    def rules(self) -> type[Protocol]:
        """The class of its protocol."""
        return protocols.load(self.protocol)

    @property
    def options(self) -> Settings:
        """Its settings, whole: what differs over the protocol's defaults. Raises SettingsError."""
        return self.rules.Settings.read(self.settings)


@receiver(m2m_changed, sender=Campaign.runs.through)
def _keep_frozen_runs(instance: Campaign | Run, action: str, pk_set: set[int] | None, **_kwargs: Any) -> None:
    """The runs of a frozen campaign stay as they are, from whichever side they are touched."""
    if action not in {"pre_add", "pre_remove", "pre_clear"}:
        return
    if isinstance(instance, Campaign):
        touched = Campaign.objects.filter(pk=instance.pk)
    elif pk_set is None:
        touched = Campaign.objects.filter(runs=instance)
    else:
        touched = Campaign.objects.filter(pk__in=pk_set)
    if frozen := touched.exclude(state=Campaign.State.DRAFT).first():
        raise Frozen(frozen.slug, "runs")


@receiver(pre_delete, sender=Run)
def _keep_shown_runs(instance: Run, **_kwargs: Any) -> None:
    """A run that a frozen campaign shows cannot be deleted."""
    if frozen := Campaign.objects.filter(runs=instance).exclude(state=Campaign.State.DRAFT).first():
        raise Frozen(frozen.slug, "runs")


class Rater(models.Model):
    """A pseudonym within one campaign. No name or e-mail is kept."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="raters")
    pseudonym = models.CharField(max_length=32, help_text=_("R-0007"))
    token_digest = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the invitation's token"))
    external_id = models.CharField(
        max_length=64, blank=True, help_text=_("SHA-256 of a recruiting platform's participant id")
    )
    language = models.CharField(max_length=16, blank=True)
    screening = models.JSONField(default=dict, blank=True, help_text=_("answers to the screening questions"))
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_digest = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the text consented to"))
    practised_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    completion_code = models.CharField(max_length=32, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True, help_text=_("when all that is personal was erased"))
    simulated = models.BooleanField(default=False)
    skill = models.JSONField(null=True, blank=True, help_text=_("a simulated rater's parameters"))
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    assignments: RelatedManager[Assignment]

    token = ""  # of a rater just enrolled, to be told once; never stored

    class Meta:
        ordering = ["campaign", "pseudonym"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "pseudonym"], name="one_rater_a_pseudonym"),
            models.UniqueConstraint(
                fields=["campaign", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_rater_an_external_id",
            ),
        ]
        verbose_name = _("rater")
        verbose_name_plural = _("raters")

    def __str__(self) -> str:
        return self.pseudonym


class Assignment(models.Model):
    """One sitting (Human Recall) or one share of the samples (preference) of one rater."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="assignments")
    rater = models.ForeignKey(Rater, models.CASCADE, related_name="assignments")
    public_id = models.CharField(max_length=32, unique=True, default=opaque_id)
    number = models.PositiveIntegerField(help_text=_("the rater's sittings, from 1"))
    practice = models.BooleanField(default=False)
    seat = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("which of the shares dealt beforehand; empty: none")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    items: RelatedManager[Item]

    class Meta:
        ordering = ["campaign", "rater", "number"]
        constraints = [models.UniqueConstraint(fields=["rater", "number", "practice"], name="one_sitting_a_number")]
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")

    def __str__(self) -> str:
        return f"{self.rater.pseudonym} / {self.number}"


class Item(models.Model):
    """One sample shown once to one rater; the cards and their order are fixed when it is made.

    `cards` is `[{"id": opaque, "text": shown, "kind": "output" | "control" | "decoy" | "check",
    "outputs": [ids of the outputs that share this text]}]` in the order shown; only `id` and `text` may be shown.
    In an attention check of its own (`purpose` is "check") the right answer is the card of kind "control".
    """

    class Purpose(models.TextChoices):
        REGULAR = "regular", _("regular")
        ANCHOR = "anchor", _("anchor: the same for every rater")
        CHECK = "check", _("attention check")

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="items")
    sample = models.ForeignKey(Sample, models.PROTECT, related_name="items")
    position = models.PositiveIntegerField(help_text=_("order in the sitting, from 1"))
    purpose = models.CharField(max_length=16, choices=Purpose.choices, default=Purpose.REGULAR)
    seed = models.BigIntegerField(help_text=_("the draw of this item can be repeated from it"))
    cards = models.JSONField(default=list)
    nulls = models.JSONField(default=list, help_text=_("ids of the empty outputs, which are not shown"))
    released_at = models.DateTimeField(null=True, blank=True, help_text=_("given to others after a long silence"))
    served_at = models.DateTimeField(null=True, blank=True, help_text=_("first sent to the rater's browser"))
    revision = models.PositiveSmallIntegerField(default=0, help_text=_("the revision that counts; 0: not answered"))

    submissions: RelatedManager[Submission]
    judgments: RelatedManager[Judgment]

    class Meta:
        ordering = ["assignment", "position"]
        constraints = [models.UniqueConstraint(fields=["assignment", "position"], name="one_item_a_position")]
        indexes = [models.Index(fields=["sample", "revision"], name="item_by_sample")]
        verbose_name = _("item")
        verbose_name_plural = _("items")

    def __str__(self) -> str:
        return f"{self.assignment} / {self.position}"


class Kept(models.Model):
    """A row that is written once: evidence is added to, and never changed."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"A stored {self._meta.verbose_name} is never changed; add another one.")
        super().save(*args, **kwargs)


class Submission(Kept):
    """What a rater sent for one item, as it came: the evidence behind the judgments."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="submissions")
    revision = models.PositiveSmallIntegerField(help_text=_("1 is the first answer"))
    key = models.CharField(max_length=64, help_text=_("the browser's idempotency key"))
    received_at = models.DateTimeField(auto_now_add=True)
    answer = models.JSONField(help_text=_("card ids marked or chosen"))
    visible_ms = models.PositiveIntegerField(null=True, blank=True, help_text=_("time the page was in view"))
    first_action_ms = models.PositiveIntegerField(null=True, blank=True)
    elapsed_ms = models.PositiveIntegerField(null=True, blank=True, help_text=_("from shown to sent"))
    comment = models.TextField(blank=True, help_text=_("the rater's remark on the item"))

    class Meta:
        ordering = ["item", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["item", "revision"], name="one_submission_a_revision"),
            models.UniqueConstraint(fields=["item", "key"], name="one_submission_a_key"),
        ]
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")

    def __str__(self) -> str:
        return f"{self.item} r{self.revision}"


class Judgment(Kept):
    """One tidy row: what one submission says of one output (or of the item, where output is empty).

    Criteria: `fake` (1 marked fake, 0 escaped), `best` (1 chosen, 0 not), `none` (1: none of them; no output),
    `check` (1 passed, 0 failed; no output).
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="judgments")
    output = models.ForeignKey(Output, models.PROTECT, null=True, blank=True, related_name="judgments")
    revision = models.PositiveSmallIntegerField(help_text=_("counts while it equals the item's revision"))
    criterion = models.CharField(max_length=32)
    value = models.FloatField()

    class Meta:
        ordering = ["item", "revision", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "revision", "output", "criterion"], name="one_judgment_an_output"),
            models.UniqueConstraint(
                fields=["item", "revision", "criterion"],
                condition=models.Q(output=None),
                name="one_judgment_an_item",
            ),
        ]
        verbose_name = _("judgment")
        verbose_name_plural = _("judgments")

    def __str__(self) -> str:
        return f"{self.item} {self.criterion}={self.value:g}"


class Event(Kept):
    """A log of what was done to a campaign: by whom, when, why. Rows are only ever added."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="events")
    action = models.CharField(max_length=32, help_text=_("started, paused, closed, unblinded, ..."))
    actor = models.CharField(max_length=150, blank=True)
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["campaign", "at", "pk"]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.campaign.slug}: {self.action}"

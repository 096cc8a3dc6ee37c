"""What is judged: a test set's samples, and the outputs every system wrote for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from evalsite.testsets.querysets import OutputQuerySet, RunQuerySet, SampleQuerySet, TestSetQuerySet

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

HUMAN = "human"  # people's own comments are the outputs of this system

validate_slug = RegexValidator(
    r"^[a-z0-9][a-z0-9_-]{0,63}$",
    _("Use 1 to 64 lower-case letters, digits, - or _; begin with a letter or digit."),
)


class TestSet(models.Model):
    """Samples that never change; a new version is a new slug."""

    __test__ = False  # the name begins like a test's; pytest must not collect it

    slug = models.CharField(max_length=64, unique=True, validators=[validate_slug])
    title = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the imported file"))
    created_at = models.DateTimeField(auto_now_add=True)

    sample_count: int  # by with_counts()

    objects = TestSetQuerySet.as_manager()

    samples: RelatedManager[Sample]
    runs: RelatedManager[Run]

    class Meta:
        ordering = ["slug"]
        verbose_name = _("test set")
        verbose_name_plural = _("test sets")

    def __str__(self) -> str:
        return self.title or self.slug


class Sample(models.Model):
    """A moment of a video: frames around second t, the comments around it, the real comments at t."""

    testset = models.ForeignKey(TestSet, models.CASCADE, related_name="samples")
    key = models.CharField(max_length=200, help_text=_("the id in samples.jsonl"))
    position = models.PositiveIntegerField(help_text=_("order in the file, from 0"))
    video = models.CharField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    time = models.FloatField(help_text=_("seconds from the start of the video"))
    duration = models.FloatField(null=True, blank=True, help_text=_("seconds"))
    frames = models.JSONField(default=list, help_text=_("SHA-256 of each frame, in order of time; t is in the middle"))
    clip = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the film around t; empty: none"))
    clip_start = models.FloatField(null=True, blank=True, help_text=_("second of the video at which the clip begins"))
    context = models.JSONField(default=list, help_text=_('surrounding comments: [{"time": s, "text": "..."}]'))
    references = models.JSONField(default=list, help_text=_("the real comments at t"))
    split = models.CharField(max_length=32, default="test")
    extra = models.JSONField(default=dict, help_text=_("unknown keys of the line, kept as they were"))

    objects = SampleQuerySet.as_manager()

    outputs: RelatedManager[Output]

    class Meta:
        ordering = ["testset", "position"]
        constraints = [models.UniqueConstraint(fields=["testset", "key"], name="one_sample_a_key")]
        verbose_name = _("sample")
        verbose_name_plural = _("samples")

    def __str__(self) -> str:
        return self.key

    @property
    def key_frame(self) -> str | None:
        """Digest of the middle frame, or None where the sample has no picture."""
        return self.frames[len(self.frames) // 2] if self.frames else None


class Frame(models.Model):
    """A picture in the store, named by its content: equal pictures are kept once."""

    digest = models.CharField(max_length=64, primary_key=True)
    file = models.CharField(max_length=120, help_text=_("path in the media store"))
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    content_type = models.CharField(max_length=40)

    class Meta:
        verbose_name = _("frame")
        verbose_name_plural = _("frames")

    def __str__(self) -> str:
        return self.digest[:12]


class Clip(models.Model):
    """A few seconds of film in the store, named by their content."""

    digest = models.CharField(max_length=64, primary_key=True)
    file = models.CharField(max_length=120, help_text=_("path in the media store"))
    content_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    duration = models.FloatField(help_text=_("seconds"))

    class Meta:
        verbose_name = _("clip")
        verbose_name_plural = _("clips")

    def __str__(self) -> str:
        return self.digest[:12]


class System(models.Model):
    """Who writes comments: a model of ours or of others, or people (`human`)."""

    slug = models.CharField(max_length=64, unique=True, validators=[validate_slug])
    name = models.CharField(max_length=100, help_text=_("as papers print it: MML-CG, E-GA"))
    description = models.TextField(blank=True)

    runs: RelatedManager[Run]

    class Meta:
        ordering = ["slug"]
        verbose_name = _("system")
        verbose_name_plural = _("systems")

    def __str__(self) -> str:
        return self.name


class Run(models.Model):
    """One pass of one system over one test set: weights, seed and options are on record."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        RUNNING = "running", _("running")
        FINISHED = "finished", _("finished")
        FAILED = "failed", _("failed")

    class Source(models.TextChoices):
        GENERATED = "generated", _("generated here")
        IMPORTED = "imported", _("imported")

    testset = models.ForeignKey(TestSet, models.PROTECT, related_name="runs")
    system = models.ForeignKey(System, models.PROTECT, related_name="runs")
    source = models.CharField(max_length=16, choices=Source.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    error = models.TextField(blank=True)
    seed = models.BigIntegerField(default=0)
    per_sample = models.PositiveSmallIntegerField(default=1, help_text=_("outputs for each sample"))
    options = models.JSONField(default=dict, help_text=_("decoding options"))
    checkpoint = models.CharField(max_length=500, blank=True, help_text=_("folder, as the worker sees it"))
    digest = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the checkpoint or the imported file"))
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    progressed_at = models.DateTimeField(null=True, blank=True, help_text=_("when outputs last came in"))
    finished_at = models.DateTimeField(null=True, blank=True)

    samples_done: int  # by with_progress()
    samples_total: int

    objects = RunQuerySet.as_manager()

    outputs: RelatedManager[Output]

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self) -> str:
        return f"{self.system.slug} / {self.testset.slug} #{self.pk}"


class Output(models.Model):
    """One comment by one system for one sample. An empty text is a null, and is kept as a row."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="outputs")
    sample = models.ForeignKey(Sample, models.PROTECT, related_name="outputs")
    rank = models.PositiveSmallIntegerField(help_text=_("1 is the system's first choice"))
    text = models.TextField(blank=True)
    score = models.FloatField(null=True, blank=True, help_text=_("the system's own score, higher is better"))

    objects = OutputQuerySet.as_manager()

    class Meta:
        ordering = ["run", "sample", "rank"]
        constraints = [models.UniqueConstraint(fields=["run", "sample", "rank"], name="one_output_a_rank")]
        verbose_name = _("output")
        verbose_name_plural = _("outputs")

    def __str__(self) -> str:
        return self.text or "∅"

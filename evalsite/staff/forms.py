"""What staff fill in about test sets, outputs and runs. Campaigns have a module of their own."""

import json
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evalsite.testsets.models import HUMAN, System, TestSet, validate_slug


class TestSetForm(forms.Form):
    """A new test set from files."""

    __test__ = False

    slug = forms.CharField(
        label=gettext_lazy("Slug"),
        max_length=64,
        validators=[validate_slug],
        help_text=gettext_lazy(
            "Its name in commands and addresses, for example lighthouse-v1. A new version is a new slug."
        ),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    samples = forms.FileField(
        label=gettext_lazy("samples.jsonl"), help_text=gettext_lazy("One moment a line, UTF-8; up to 64 MiB here.")
    )
    frames = forms.FileField(
        label=gettext_lazy("Pictures as a zip file"),
        required=False,
        help_text=gettext_lazy(
            "Its folders as the lines name them. Not needed where no line has frames; up to 512 MiB here."
        ),
    )


class SystemField(forms.CharField):
    """A system's slug, with those already known offered while typing."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"list": "systems", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(
            label=gettext_lazy("System"), max_length=64, validators=[validate_slug], widget=widget, **kwargs
        )


class OutputsForm(forms.Form):
    """Outputs written elsewhere."""

    system = SystemField(help_text=gettext_lazy("The slug of the system that wrote them; human takes the references."))
    outputs = forms.FileField(
        label=gettext_lazy("outputs.jsonl"),
        required=False,
        help_text=gettext_lazy("Not needed for human; up to 64 MiB here."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("system") and data["system"] != HUMAN and not data.get("outputs"):
            self.add_error("outputs", _("Choose the file of this system's outputs."))
        return data


class RunForm(forms.Form):
    """A run to be started."""

    testset = forms.ModelChoiceField(
        label=gettext_lazy("Test set"),
        queryset=TestSet.objects.order_by("slug"),
        to_field_name="slug",
        empty_label=None,
    )
    system = SystemField(help_text=gettext_lazy("A slug that the generation workers know, for example ut."))
    checkpoint = forms.CharField(
        label=gettext_lazy("Checkpoint"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("The folder as the worker sees it. Empty: checkpoints/ and the system's slug."),
    )
    per_sample = forms.IntegerField(
        label=gettext_lazy("Outputs for each sample"),
        min_value=1,
        max_value=100,
        initial=3,
        help_text=gettext_lazy("Human Recall shows up to 3 of each system, preference shows the first."),
    )
    seed = forms.IntegerField(label=gettext_lazy("Seed"), min_value=0, max_value=2**63 - 1, initial=0)
    options = forms.CharField(
        label=gettext_lazy("Decoding options"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("One key=value a line. Empty: the system's own."),
    )

    def clean_options(self) -> dict[str, Any]:
        return dict(_option(line.strip()) for line in self.cleaned_data["options"].splitlines() if line.strip())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        given, system = data.get("checkpoint", ""), data.get("system")
        if system and "://" not in given:
            folder = Path(given or settings.BASE_DIR / "checkpoints" / system).expanduser().absolute()
            if settings.CELERY_BROKER_URL.startswith("filesystem://") and not folder.is_dir():
                self.add_error("checkpoint", _("There is no folder %(folder)s.") % {"folder": folder})
            data["checkpoint"] = str(folder)
        return data


def _option(line: str) -> tuple[str, Any]:
    """key=value with the value as JSON where it is JSON, else as text."""
    key, equals, value = line.partition("=")
    if not equals or not key.strip():
        raise forms.ValidationError(_("%(line)s must look like key=value.") % {"line": line})
    try:
        return key.strip(), json.loads(value)
    except ValueError:
        return key.strip(), value.strip()


def known_systems() -> list[str]:
    """Slugs to offer while a system is typed."""
    return list(System.objects.order_by("slug").values_list("slug", flat=True))

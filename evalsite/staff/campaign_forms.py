"""What staff fill in about a campaign. The settings' fields are made from the protocol's own declaration."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.conf import settings as site
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import get_language_info, gettext_lazy

from evalsite.rating import protocols, texts
from evalsite.rating.models import Campaign
from evalsite.rating.options import EXCLUSIONS
from evalsite.rating.protocols.base import Protocol
from evalsite.testsets.models import HUMAN, Run, TestSet, validate_slug

if TYPE_CHECKING:
    RunsFieldBase = forms.ModelMultipleChoiceField[Run]
else:
    RunsFieldBase = forms.ModelMultipleChoiceField  # Django's class takes no type parameter while running

LANGUAGES = [(code, get_language_info(code)["name_local"]) for code, _name in site.LANGUAGES]


def protocol_choices() -> list[tuple[str, Any]]:
    """Name and one sentence of each protocol."""
    return [
        (slug, f"{rules.name}: {rules.summary}") for slug, rules in ((s, protocols.load(s)) for s in protocols.names())
    ]


class BasisForm(forms.Form):
    """The two choices all others depend on."""

    protocol = forms.ChoiceField(label=gettext_lazy("Protocol"), choices=protocol_choices, widget=forms.RadioSelect)
    testset = forms.ModelChoiceField(
        label=gettext_lazy("Test set"),
        queryset=TestSet.objects.order_by("slug"),
        to_field_name="slug",
        empty_label=None,
    )


class CampaignForm(forms.Form):
    """All of a campaign that may be edited while it is a draft."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, required=False, help_text=gettext_lazy("Raters see it.")
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=2**63 - 1,
        required=False,
        help_text=gettext_lazy("Everything drawn derives from it. Empty: one is drawn now."),
    )
    completion_url = forms.URLField(
        label=gettext_lazy("Where raters go at the end"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy(
            "For a recruiting platform; {code} stands for the completion code. Empty: they stay here."
        ),
    )

    def __init__(self, *args: Any, rules: type[Protocol], campaign: Campaign | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules
        values = rules.Settings.defaults() | dict(campaign.settings if campaign else {})
        self.fields.update(settings_fields(rules, values))
        for name, given in self._texts(campaign).items():
            self.fields.update(text_fields(name, given))
        if campaign:
            for name in ("title", "seed", "completion_url"):
                self.fields[name].initial = getattr(campaign, name)
            self.fields["seed"].required = True

    def _texts(self, campaign: Campaign | None) -> dict[str, Mapping[str, str]]:
        consent = campaign.consent if campaign else {}
        instructions = campaign.instructions if campaign else {}
        return {"consent": consent or texts.CONSENT, "instructions": instructions or self.rules.instructions}

    def group(self, *starts: str) -> list[forms.BoundField]:
        """The fields whose names begin so, for the template."""
        return [self[name] for name in self.fields if name.startswith(starts)]

    @property
    def settings_group(self) -> list[forms.BoundField]:
        return [field for field in self.group("set.") if not field.name.startswith("set.exclusions")]

    @property
    def exclusions_group(self) -> list[forms.BoundField]:
        return self.group("set.exclusions")

    @property
    def texts_group(self) -> list[forms.BoundField]:
        return self.group("consent.", "instructions.")

    @property
    def text_errors(self) -> bool:
        return any(field.errors for field in self.texts_group)

    @property
    def head_group(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if "." not in field.name]

    def values(self) -> dict[str, Any]:
        """Arguments of `campaigns.create` and `campaigns.edit`."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "completion_url": data["completion_url"],
            "seed": data["seed"],
            "settings": self.rules.Settings.differing(self._settings()),
            "consent": self._in_languages("consent"),
            "instructions": self._in_languages("instructions"),
        }

    def _settings(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            _set, _dot, key = name.partition("set.")
            if key.startswith("exclusions."):
                rules = values.setdefault("exclusions", {})
                if value is not None:
                    rules[key.removeprefix("exclusions.")] = value
            elif key:
                values[key] = value
        return values

    def _in_languages(self, name: str) -> dict[str, str]:
        given = {code: self.cleaned_data[f"{name}.{code}"].replace("\r\n", "\n").strip() for code, _name in LANGUAGES}
        return {code: text for code, text in given.items() if text}


class RunsField(RunsFieldBase):
    """Runs to tick, each told from others of the same system."""

    def label_from_instance(self, obj: Run) -> str:
        return f"{obj.system.name} · #{obj.pk}, {localtime(obj.created_at):%Y-%m-%d %H:%M}, k = {obj.per_sample}"


class NewCampaignForm(CampaignForm):
    """The same, with what is fixed from the first: its slug and the runs compared."""

    slug = forms.CharField(
        label=gettext_lazy("Slug"),
        max_length=64,
        validators=[validate_slug],
        help_text=gettext_lazy("Its name in commands and addresses, for example lighthouse-pilot."),
    )
    runs = RunsField(
        label=gettext_lazy("Runs compared"),
        queryset=Run.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "One of each system. People's own comments (human) serve as controls where the protocol has any."
        ),
    )
    field_order = ["slug", "title", "runs"]

    def __init__(self, *args: Any, testset: TestSet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        finished = Run.objects.finished().of(testset).with_names()
        runs = self.fields["runs"]
        assert isinstance(runs, forms.ModelMultipleChoiceField)
        runs.queryset = finished.order_by("system__slug", "-created_at")
        newest = finished.newest_of_each_system()
        runs.initial = [
            run.pk for run in newest if run.system.slug != HUMAN or "controls" in self.rules.Settings.fields()
        ]

    def values(self) -> dict[str, Any]:
        return super().values() | {"slug": self.cleaned_data["slug"], "runs": list(self.cleaned_data["runs"])}


def settings_fields(rules: type[Protocol], values: Mapping[str, Any]) -> dict[str, forms.Field]:
    """One field for each setting of the protocol, named set.KEY; one for each exclusion rule."""
    fields: dict[str, forms.Field] = {}
    for key, entry in rules.Settings.fields().items():
        if key == "exclusions":
            for rule, text in EXCLUSIONS.items():
                initial = f"{values[key][rule]:g}" if rule in values[key] else None
                fields[f"set.exclusions.{rule}"] = forms.FloatField(
                    label=capfirst(str(text)), min_value=0, required=False, initial=initial
                )
        else:
            fields[f"set.{key}"] = _field(entry, values[key])
    return fields


def _field(entry: dataclasses.Field[Any], value: Any) -> forms.Field:
    """The form field for one declared setting, by the type of its default."""
    known = entry.metadata
    common = {
        "label": capfirst(known["help"]),
        "initial": f"{value:g}" if isinstance(value, float) else value,
        "help_text": entry.name,
    }
    if isinstance(entry.default, bool):
        return forms.BooleanField(required=False, **common)
    if isinstance(entry.default, str):
        return forms.ChoiceField(choices=[(choice, choice) for choice in known["choices"]], **common)
    kind = forms.IntegerField if isinstance(entry.default, int) else forms.FloatField
    return kind(min_value=known["low"], max_value=known["high"], **common)


def text_fields(name: str, given: Mapping[str, str]) -> Iterator[tuple[str, forms.Field]]:
    """A text in every language of the site."""
    labels = {"consent": gettext_lazy("Consent"), "instructions": gettext_lazy("Instructions")}
    for code, language in LANGUAGES:
        widget = forms.Textarea(attrs={"rows": 8, "lang": code})
        label = f"{labels[name]} ({language})"
        yield f"{name}.{code}", forms.CharField(label=label, required=False, widget=widget, initial=given.get(code, ""))


class InviteForm(forms.Form):
    """So many personal links. The nonce makes a form that is sent twice invite once."""

    count = forms.IntegerField(label=gettext_lazy("How many raters"), min_value=1, max_value=1000, initial=10)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of their pages at first"),
        choices=[("", gettext_lazy("the browser's")), *LANGUAGES],
        required=False,
    )
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class CloneForm(forms.Form):
    """A draft like this campaign, under a slug of its own."""

    slug = forms.CharField(label=gettext_lazy("Slug of the copy"), max_length=64, validators=[validate_slug])

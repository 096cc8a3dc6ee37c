"""The life of a campaign: draft -> running -> paused -> running -> closed. What has been started is never changed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from evalsite.rating import manifest, protocols, texts
from evalsite.rating.models import Campaign, Event, Frozen
from evalsite.rating.options import SettingsError
from evalsite.testsets.errors import UserError
from evalsite.testsets.models import HUMAN, Run, TestSet

State = Campaign.State


class CampaignError(UserError):
    """The campaign cannot be made, changed or moved like this; `errors` holds one sentence for each reason."""

    def __init__(self, *errors: str) -> None:
        self.errors = list(errors)
        super().__init__(" ".join(errors))


def latest_runs(testset: TestSet, systems: Sequence[str]) -> list[Run]:
    """The latest finished run of each system on the test set. Raises CampaignError that names every one missing."""
    runs, errors = [], []
    for slug in systems:
        finished = testset.runs.filter(system__slug=slug, state=Run.State.FINISHED)
        if run := finished.order_by("-created_at", "-pk").first():
            runs.append(run)
        else:
            errors.append(
                gettext(
                    "System %(system)s has no finished run on test set %(testset)s; first run `manage.py pregenerate "
                    "%(testset)s %(system)s` or `manage.py import_outputs %(testset)s %(system)s outputs.jsonl`."
                )
                % {"system": slug, "testset": testset.slug}
            )
    if twice := {slug for slug in systems if list(systems).count(slug) > 1}:
        errors.append(gettext("System %(system)s is named twice.") % {"system": min(twice)})
    if errors:
        raise CampaignError(*errors)
    return runs


@transaction.atomic
def create(
    *,
    slug: str,
    protocol: str,
    testset: TestSet,
    runs: Sequence[Run],
    settings: Mapping[str, Any] | None = None,
    seed: int | None = None,
    title: str = "",
    consent: Mapping[str, str] | None = None,
    instructions: Mapping[str, str] | None = None,
    completion_url: str = "",
    actor: str = "",
) -> Campaign:
    """A draft. `settings` are those that differ from the defaults. Raises CampaignError with every error.

    People's own comments (`human`) join where they can serve as controls; where there are none and nothing was said
    of controls, there are no controls.
    """
    errors = _slug_errors(slug)
    try:
        rules = protocols.load(protocol)
        values = rules.Settings.differing(settings or {})
    except LookupError as error:
        raise CampaignError(*errors, str(error)) from None
    except SettingsError as error:
        raise CampaignError(*errors, *error.errors) from None
    if errors:
        raise CampaignError(*errors)
    runs, values = _with_people(testset, list(runs), rules, values, settings or {})
    campaign = Campaign.objects.create(
        slug=slug,
        title=title,
        protocol=protocol,
        testset=testset,
        settings=values,
        seed=secrets.randbits(63) if seed is None else seed,
        consent=dict(consent or texts.CONSENT),
        instructions=dict(instructions or rules.instructions),
        completion_url=completion_url,
    )
    campaign.runs.set(runs)
    if errors := problems(campaign):
        raise CampaignError(*errors)
    log(campaign, "created", actor=actor)
    return campaign


@transaction.atomic
def edit(
    *,
    campaign: Campaign,
    settings: Mapping[str, Any] | None = None,
    runs: Sequence[Run] | None = None,
    actor: str = "",
    **fields: Any,
) -> Campaign:
    """Change a draft: settings, runs, seed, title, consent, instructions, completion_url. Raises CampaignError, Frozen.

    The title and where raters go at the end may change at any time.
    """
    if unknown := fields.keys() - {"seed", "title", "consent", "instructions", "completion_url"}:
        raise TypeError(f"{min(unknown)} of a campaign cannot be edited.")
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if settings is not None:
        try:
            fields["settings"] = campaign.rules.Settings.differing(settings)
        except SettingsError as error:
            raise CampaignError(*error.errors) from None
    changed = {name: value for name, value in fields.items() if getattr(campaign, name) != value}
    for name, value in changed.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(changed))
    if runs is not None and set(runs) != set(campaign.runs.all()):
        campaign.runs.set(runs)
        changed["runs"] = runs
    if errors := problems(campaign):
        raise CampaignError(*errors)
    log(campaign, "edited", actor=actor, detail={"fields": sorted(changed)})
    return campaign


def problems(campaign: Campaign) -> list[str]:
    """What keeps the campaign from being started, one sentence each; empty: it can start."""
    try:
        options = campaign.options
    except (SettingsError, LookupError) as error:
        return getattr(error, "errors", [str(error)])
    runs = list(campaign.runs.select_related("system", "testset"))
    people = any(run.system.slug == HUMAN for run in runs)
    rows = list(campaign.testset.samples.values_list("video", "references"))
    found = [*_run_problems(campaign, runs)]
    if not rows:
        found.append(
            gettext("Test set %(testset)s has no samples; import it again.") % {"testset": campaign.testset.slug}
        )
    if options.samples > len(rows):
        found.append(
            gettext("samples=%(wanted)d, but test set %(testset)s has %(there)d.")
            % {"wanted": options.samples, "testset": campaign.testset.slug, "there": len(rows)}
        )
    videos, real = len({video for video, _real in rows}), sum(bool(references) for _video, references in rows)
    found += campaign.rules.problems(options, samples=len(rows), videos=videos, real=real, human=people)
    return found


@transaction.atomic
def start(*, campaign: Campaign, actor: str = "") -> Campaign:
    """Freeze a draft and open it to raters. Raises CampaignError."""
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if campaign.state != State.DRAFT:
        raise CampaignError(
            gettext("Campaign %(campaign)s is %(state)s; only a draft can be started.")
            % {"campaign": campaign.slug, "state": campaign.get_state_display()}
        )
    if errors := problems(campaign):
        raise CampaignError(*errors)
    frozen = manifest.build(campaign)
    if len(frozen["unanswerable"]) == len(frozen["samples"]):
        raise CampaignError(
            gettext("No sample of campaign %(campaign)s has a comment to show: every output is empty.")
            % {"campaign": campaign.slug}
        )
    text = manifest.canonical(frozen)
    campaign.manifest, campaign.manifest_digest = text, manifest.sha256(text)
    campaign.state, campaign.started_at = State.RUNNING, timezone.now()
    campaign.save(update_fields=["manifest", "manifest_digest", "state", "started_at"])
    log(campaign, "started", actor=actor, detail={"manifest": campaign.manifest_digest})
    return campaign


def pause(*, campaign: Campaign, actor: str = "", reason: str = "") -> Campaign:
    """Give out nothing more for now; what raters have in front of them can still be sent."""
    return _move(campaign, "paused", State.PAUSED, [State.RUNNING], actor, reason)


def resume(*, campaign: Campaign, actor: str = "", reason: str = "") -> Campaign:
    """Go on after a pause."""
    return _move(campaign, "resumed", State.RUNNING, [State.PAUSED], actor, reason)


def close(*, campaign: Campaign, actor: str = "", reason: str = "") -> Campaign:
    """End it: no more answers, and the report may tell all."""
    return _move(
        campaign, "closed", State.CLOSED, [State.RUNNING, State.PAUSED], actor, reason, closed_at=timezone.now()
    )


@transaction.atomic
def clone(*, campaign: Campaign, slug: str, actor: str = "") -> Campaign:
    """A draft with the same protocol, runs, settings, seed and texts, and no raters. Raises CampaignError."""
    if errors := _slug_errors(slug):
        raise CampaignError(*errors)
    copy = Campaign.objects.create(
        slug=slug,
        title=campaign.title,
        protocol=campaign.protocol,
        testset=campaign.testset,
        settings=campaign.settings,
        seed=campaign.seed,
        consent=campaign.consent,
        instructions=campaign.instructions,
        completion_url=campaign.completion_url,
    )
    copy.runs.set(campaign.runs.all())
    log(copy, "cloned", actor=actor, detail={"from": campaign.slug})
    return copy


def unblind(*, campaign: Campaign, actor: str, reason: str) -> Event:
    """Put on record that someone looked at the results before closing, and why. Raises CampaignError."""
    if not reason.strip():
        raise CampaignError(
            gettext("Say why the results are to be seen before the campaign is closed; the reason is kept.")
        )
    return log(campaign, "unblinded", actor=actor, reason=reason.strip())


def log(
    campaign: Campaign, action: str, *, actor: str = "", reason: str = "", detail: Mapping[str, Any] | None = None
) -> Event:
    """Add one row to the campaign's record of what was done."""
    return Event.objects.create(campaign=campaign, action=action, actor=actor, reason=reason, detail=dict(detail or {}))


@transaction.atomic
def _move(
    campaign: Campaign, action: str, to: str, before: Sequence[str], actor: str, reason: str, **fields: Any
) -> Campaign:
    """One change of state: claimed by a filtered update, so of two people only one makes it."""
    if Campaign.objects.filter(pk=campaign.pk, state__in=before).update(state=to, **fields) != 1:
        campaign.refresh_from_db(fields=["state"])
        raise CampaignError(
            gettext("Campaign %(campaign)s is %(state)s; that can be done only while it is %(before)s.")
            % {
                "campaign": campaign.slug,
                "state": campaign.get_state_display(),
                "before": gettext(" or ").join(str(State(state).label) for state in before),
            }
        )
    log(campaign, action, actor=actor, reason=reason)
    campaign.refresh_from_db()
    return campaign


def _slug_errors(slug: str) -> list[str]:
    field = Campaign._meta.get_field("slug")
    try:
        field.run_validators(slug)
    except ValidationError as error:
        return [
            gettext("“%(slug)s” cannot be a campaign's name. %(why)s") % {"slug": slug, "why": " ".join(error.messages)}
        ]
    if Campaign.objects.filter(slug=slug).exists():
        return [gettext("There is already a campaign %(campaign)s; choose another name.") % {"campaign": slug}]
    return []


def _with_people(
    testset: TestSet, runs: list[Run], rules: type[Any], values: dict[str, Any], said: Mapping[str, Any]
) -> tuple[list[Run], dict[str, Any]]:
    """Add people's own comments where the protocol has controls; where there are none, and unless told, no controls."""
    if "controls" not in rules.Settings.fields() or any(run.system.slug == HUMAN for run in runs):
        return runs, values
    wanted = rules.Settings.read(values)
    people = testset.runs.filter(system__slug=HUMAN, state=Run.State.FINISHED).order_by("-created_at", "-pk").first()
    if people and (wanted.controls or wanted.decoys):
        return [*runs, people], values
    if not people and "controls" not in said:
        return runs, {**values, "controls": 0}
    return runs, values


def _run_problems(campaign: Campaign, runs: Sequence[Run]) -> list[str]:
    found = []
    if not [run for run in runs if run.system.slug != HUMAN]:
        found.append(gettext("A campaign needs the outputs of at least one system other than human."))
    slugs = [run.system.slug for run in runs]
    found += [
        gettext("System %(system)s has more than one run in it; keep one.") % {"system": slug}
        for slug in {s for s in slugs if slugs.count(s) > 1}
    ]
    for run in runs:
        if run.testset_id != campaign.testset_id:
            found.append(
                gettext("Run %(run)s is not on test set %(testset)s.") % {"run": run, "testset": campaign.testset.slug}
            )
        if run.state != Run.State.FINISHED:
            found.append(
                gettext("Run %(run)s is %(state)s; wait until it is finished, or resume it.")
                % {"run": run, "state": run.get_state_display()}
            )
    return found


__all__ = [
    "CampaignError", "Frozen", "clone", "close", "create", "edit", "latest_runs", "log", "pause", "problems", "resume",
    "start", "unblind",
]  # fmt: skip

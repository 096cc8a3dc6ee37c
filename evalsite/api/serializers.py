"""What the API says of each thing. Tokens, keys of the database and seeds of single draws are never among it."""

from typing import Any

from rest_framework import serializers

from evalsite.rating.models import Campaign
from evalsite.testsets.models import Output, Run, Sample, System, TestSet


class TestSetSerializer(serializers.ModelSerializer[TestSet]):
    __test__ = False  # the name begins like a test's; pytest must not collect it

    samples = serializers.IntegerField(source="sample_count", read_only=True, help_text="how many samples it has")

    class Meta:
        model = TestSet
        fields = ["slug", "title", "digest", "samples", "created_at"]


class SampleSerializer(serializers.ModelSerializer[Sample]):
    id = serializers.CharField(source="key", read_only=True, help_text="the id in samples.jsonl")

    class Meta:
        model = Sample
        fields = [
            "id", "video", "title", "time", "duration", "frames", "clip", "clip_start", "context", "references",
            "split", "extra",
        ]  # fmt: skip


class SystemSerializer(serializers.ModelSerializer[System]):
    class Meta:
        model = System
        fields = ["slug", "name", "description"]


class RunSerializer(serializers.ModelSerializer[Run]):
    testset = serializers.SlugRelatedField[TestSet](slug_field="slug", read_only=True)
    system = serializers.SlugRelatedField[System](slug_field="slug", read_only=True)

    class Meta:
        model = Run
        fields = [
            "id",
            "testset",
            "system",
            "source",
            "state",
            "error",
            "seed",
            "per_sample",
            "options",
            "checkpoint",
            "digest",
            "created_at",
            "started_at",
            "progressed_at",
            "finished_at",
        ]


class RunsAskedSerializer(serializers.Serializer[dict[str, Any]]):
    """The query of the list of runs."""

    testset = serializers.SlugField(source="testset__slug", required=False)
    system = serializers.SlugField(source="system__slug", required=False)
    state = serializers.ChoiceField(choices=Run.State.choices, required=False)


class OutputSerializer(serializers.ModelSerializer[Output]):
    """A line of outputs.jsonl."""

    sample = serializers.CharField(source="sample.key", read_only=True, help_text="the sample's id")

    class Meta:
        model = Output
        fields = ["sample", "rank", "text", "score"]


class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    protocol = serializers.CharField(read_only=True)
    testset = serializers.SlugRelatedField[TestSet](slug_field="slug", read_only=True)
    systems = serializers.SerializerMethodField(
        help_text="the systems compared, each with the run its outputs are from"
    )
    manifest = serializers.CharField(
        source="manifest_digest", read_only=True, help_text="SHA-256 of all that was frozen; empty while a draft"
    )

    class Meta:
        model = Campaign
        fields = [
            "slug",
            "title",
            "protocol",
            "testset",
            "systems",
            "settings",
            "seed",
            "state",
            "manifest",
            "completion_url",
            "created_at",
            "started_at",
            "closed_at",
        ]

    def get_systems(self, campaign: Campaign) -> list[dict[str, Any]]:
        runs = sorted(campaign.runs.all(), key=lambda run: run.system.slug)
        return [{"system": run.system.slug, "run": run.pk} for run in runs]


class SimulatedSerializer(serializers.Serializer[dict[str, Any]]):
    """Whose answers are asked for."""

    simulated = serializers.BooleanField(default=False, help_text="those of simulated raters instead of people's")


class InvitationsAskedSerializer(serializers.Serializer[dict[str, Any]]):
    raters = serializers.IntegerField(min_value=1, max_value=1000, help_text="how many raters to make")
    language = serializers.ChoiceField(
        choices=["", "zh-hans", "en"], default="", help_text="the language their pages begin in; empty: the browser's"
    )


class InvitationSerializer(serializers.Serializer[dict[str, Any]]):
    rater = serializers.CharField(read_only=True, help_text="pseudonym: R-0007")
    link = serializers.CharField(read_only=True, help_text="the rater's personal link; it is told this once")


class InvitationsMadeSerializer(serializers.Serializer[dict[str, Any]]):
    campaign = serializers.CharField(read_only=True)
    invitations = InvitationSerializer(many=True, read_only=True)

"""Read-only lists and single things. Every class is a declaration; what is shown is said in `serializers`."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from evalsite.api.serializers import (
    CampaignSerializer,
    OutputSerializer,
    RunsAskedSerializer,
    RunSerializer,
    SampleSerializer,
    SystemSerializer,
    TestSetSerializer,
)
from evalsite.rating.models import Campaign
from evalsite.testsets.models import Output, Run, Sample, System, TestSet


class Index(APIView):
    """Where to begin: the addresses of the lists."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, operation_id="index")
    def get(self, request: Request) -> Response:
        names = ("testsets", "systems", "runs", "campaigns", "schema", "docs")
        return Response({name: reverse(f"api:{name}", request=request) for name in names})


class TestSets(generics.ListAPIView[TestSet]):
    """Test sets, by slug."""

    __test__ = False

    serializer_class = TestSetSerializer
    queryset = TestSet.objects.with_counts().order_by("slug")


class TestSetDetail(generics.RetrieveAPIView[TestSet]):
    """One test set."""

    __test__ = False

    serializer_class = TestSetSerializer
    queryset = TestSet.objects.with_counts()
    lookup_field = "slug"


class Samples(generics.ListAPIView[Sample]):
    """The samples of a test set in their order, each as a line of samples.jsonl; files are named by SHA-256."""

    serializer_class = SampleSerializer
    queryset = Sample.objects.none()  # tells the schema the type

    def get_queryset(self) -> QuerySet[Sample]:
        testset = get_object_or_404(TestSet, slug=self.kwargs["slug"])
        return testset.samples.order_by("position")


class Systems(generics.ListAPIView[System]):
    """Who writes comments: models of ours or of others, and people (`human`)."""

    serializer_class = SystemSerializer
    queryset = System.objects.order_by("slug")


@extend_schema_view(get=extend_schema(parameters=[RunsAskedSerializer]))
class Runs(generics.ListAPIView[Run]):
    """Passes of a system over a test set, newest first; `?testset=`, `?system=`, `?state=` choose among them."""

    serializer_class = RunSerializer
    queryset = Run.objects.select_related("testset", "system").order_by("-created_at", "-pk")

    def get_queryset(self) -> QuerySet[Run]:
        asked = RunsAskedSerializer(data=self.request.GET)
        asked.is_valid(raise_exception=True)
        return super().get_queryset().filter(**asked.validated_data)


class RunDetail(generics.RetrieveAPIView[Run]):
    """One run: its state, and the weights, seed and options its outputs come from."""

    serializer_class = RunSerializer
    queryset = Run.objects.select_related("testset", "system")


class RunOutputs(generics.ListAPIView[Output]):
    """The outputs of a run, each as a line of outputs.jsonl; an empty text is a null."""

    serializer_class = OutputSerializer
    queryset = Output.objects.none()  # tells the schema the type

    def get_queryset(self) -> QuerySet[Output]:
        run = get_object_or_404(Run, pk=self.kwargs["pk"])
        return run.outputs.select_related("sample").order_by("sample__position", "rank")


class Campaigns(generics.ListAPIView[Campaign]):
    """Studies, newest first."""

    serializer_class = CampaignSerializer
    queryset = Campaign.objects.select_related("testset").prefetch_related("runs__system")


class CampaignDetail(generics.RetrieveAPIView[Campaign]):
    """One study."""

    serializer_class = CampaignSerializer
    queryset = Campaign.objects.select_related("testset").prefetch_related("runs__system")
    lookup_field = "slug"


class Unknown(APIView):
    """An address the API does not have gets its answer in the API's own form, not as a web page."""

    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(_("There is no such address in this API; /api/v1/docs/ lists those there are."))

"""What one study tells programs: its progress, its report, and links for new raters.

Watching is not peeking: what tells who leads is refused with 409 while a campaign runs, until it is closed or the
asker has put on record, on its report page, why they must look.
"""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evalsite.api.serializers import InvitationsAskedSerializer, InvitationsMadeSerializer, SimulatedSerializer
from evalsite.rating import invitations
from evalsite.rating.models import Campaign
from evalsite.reports import reading, summary


class Conflict(APIException):
    """The campaign is not in the state for this; the text says what to do."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


CONFLICT = OpenApiResponse(
    OpenApiTypes.OBJECT, description="The campaign is not in the state for this; `detail` says why."
)


def find(slug: str) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("testset"), slug=slug)


def unblinded(request: Request, campaign: Campaign, *, simulated: bool) -> None:
    """Refuse what tells who leads to those who may not see it yet."""
    try:
        reading.require(campaign, request.user.get_username(), simulated=simulated)
    except reading.Blinded as error:
        raise Conflict(str(error)) from None


def asked_simulated(request: Request) -> bool:
    asked = SimulatedSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return bool(asked.validated_data["simulated"])


class CampaignReport(APIView):
    """The report as data, the same numbers as on its page; `?simulated=true` is that of simulated raters."""

    @extend_schema(
        operation_id="campaigns_report",
        parameters=[SimulatedSerializer],
        responses={200: OpenApiTypes.OBJECT, 409: CONFLICT},
    )
    def get(self, request: Request, slug: str) -> Response:
        campaign, simulated = find(slug), asked_simulated(request)
        unblinded(request, campaign, simulated=simulated)
        return Response(reading.report(campaign, simulated=simulated))


class CampaignProgress(APIView):
    """How far a study is and how precise, at any time: counts, response times, flagged raters, widths of intervals."""

    @extend_schema(operation_id="campaigns_progress", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, slug: str) -> Response:
        return Response(summary.progress(reading.report(find(slug))))


class CampaignInvitations(APIView):
    """New raters, each with a personal link. The answer is the only place where a link is told."""

    @extend_schema(
        operation_id="campaigns_invite",
        request=InvitationsAskedSerializer,
        responses={201: InvitationsMadeSerializer, 409: CONFLICT},
    )
    def post(self, request: Request, slug: str) -> Response:
        campaign = find(slug)
        asked = InvitationsAskedSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if campaign.state == Campaign.State.CLOSED:
            raise Conflict(_("This campaign is closed: nobody can take part any more."))
        count, language = asked.validated_data["raters"], asked.validated_data["language"]
        made: list[dict[str, Any]] = [
            {"rater": invitation.rater.pseudonym, "link": invitations.link(invitation.token)}
            for invitation in invitations.invite(campaign=campaign, count=count, language=language)
        ]
        answer = InvitationsMadeSerializer({"campaign": slug, "invitations": made})
        return Response(answer.data, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

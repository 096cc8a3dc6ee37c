"""Logging in and out, passwords, and one's own key to the API."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from rest_framework.authtoken.models import Token

from evalsite.staff.access import StaffRequest, staff_page
from evalsite.staff.tokens import renew_token, revoke_token


def client_address(request: HttpRequest) -> str:
    """Where a log-in comes from: behind a proxy its last word, since all before it is the caller's own claim."""
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.BEHIND_PROXY else ""
    return forwarded.rsplit(",", 1)[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """What a name and address see that guessed too often: how long to wait."""
    wait: timedelta = settings.AXES_COOLOFF_TIME
    context = {"failures": settings.AXES_FAILURE_LIMIT, "minutes": round(wait.total_seconds() / 60)}
    page = render(request, "registration/locked.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    page["Retry-After"] = str(round(wait.total_seconds()))
    return page


@staff_page("GET", "HEAD", "POST")
def api_token(request: StaffRequest) -> HttpResponse:
    """One's own API token: made or renewed (then shown this once), or revoked."""
    shown = ""
    if request.method == "POST" and "revoke" in request.POST:
        revoke_token(user=request.user)
    elif request.method == "POST":
        shown = renew_token(user=request.user)
    made_at = Token.objects.filter(user=request.user.pk).values_list("created", flat=True).first()
    return render(request, "registration/api_token.html", {"token": shown, "made_at": made_at})


urlpatterns = [
    path("login/", views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", views.LogoutView.as_view(), name="logout"),
    path("password_change/", views.PasswordChangeView.as_view(), name="password_change"),
    path("password_change/done/", views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("api-token/", api_token, name="api_token"),
]

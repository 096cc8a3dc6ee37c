"""Who may open the pages of those who run a study: people marked as staff, and nobody else."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

View: TypeAlias = Callable[..., HttpResponseBase]


class StaffRequest(HttpRequest):
    """A request that has passed `staff_page`."""

    user: User


def staff_page(*methods: str) -> Callable[[View], View]:
    """A page for staff that answers these methods: strangers log in first, others are refused, nothing is cached.

    Raters have no account, so to this page they are strangers.
    """

    def decorate(view: View) -> View:
        answer = require_http_methods(list(methods) or ["GET", "HEAD"])(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not request.user.is_staff:
                raise PermissionDenied(
                    _("This page is for those who run a study; your account is not marked as staff.")
                )
            return answer(request, *args, **kwargs)

        return never_cache(guarded)

    return decorate

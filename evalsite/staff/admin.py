"""Accounts of those who run studies. A key to the API is shown once, when it is made, and never listed."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import TokenProxy

from evalsite.staff.tokens import NotStaffError, renew_token, revoke_token

if TYPE_CHECKING:
    Base = UserAdmin[User]
else:
    Base = UserAdmin  # Django's class takes no type parameter while running

admin.site.site_header = admin.site.site_title = _("Danmaku evaluation")
admin.site.index_title = _("Records")
admin.site.unregister([User, TokenProxy])  # the stock list of tokens prints every key


@admin.register(User)
class StaffUserAdmin(Base):
    list_display = ["username", "email", "is_active", "is_staff", "is_superuser", "last_login"]
    actions = ["make_token", "take_token"]

    @admin.action(description=_("New API token (the old one stops working)"), permissions=["change"])
    def make_token(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            try:
                key = renew_token(user=user)
            except NotStaffError as error:
                messages.error(request, str(error))
            else:
                text = _("API token of %(user)s, shown this once: %(key)s") % {"user": user.username, "key": key}
                messages.success(request, text)

    @admin.action(description=_("Take the API token away"), permissions=["change"])
    def take_token(self, request: HttpRequest, users: QuerySet[User]) -> None:
        taken = sum(revoke_token(user=user) for user in users)
        messages.success(request, _("API tokens taken away: %(count)d.") % {"count": taken})

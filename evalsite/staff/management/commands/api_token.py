"""Make, renew or revoke the API token of a member of staff."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalsite.staff.tokens import NotStaffError, renew_token, revoke_token


class Command(BaseCommand):
    help = "Print a new API token for a member of staff; the old one stops working. --revoke takes it away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--revoke", action="store_true", help="take the token away instead")

    def handle(self, *args: Any, username: str, revoke: bool, **options: Any) -> None:
        users = get_user_model()
        try:
            user = users.objects.get_by_natural_key(username)
        except users.DoesNotExist:
            raise CommandError(f"There is no user {username!r}; make one with `createsuperuser`.") from None
        if revoke:
            self.stdout.write("revoked" if revoke_token(user=user) else "there was no token")
            return
        try:
            self.stdout.write(renew_token(user=user))
        except NotStaffError as error:
            raise CommandError(str(error)) from None

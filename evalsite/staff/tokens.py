"""Keys to the API: one for each member of staff, shown once when made."""

from django.contrib.auth.models import User
from django.db import transaction
from rest_framework.authtoken.models import Token


class NotStaffError(ValueError):
    """The API answers staff only, so a token for anybody else would open nothing."""


@transaction.atomic
def renew_token(*, user: User) -> str:
    """A new token for a member of staff; the old one stops working at once."""
    if not (user.is_active and user.is_staff):
        raise NotStaffError(f"The API answers staff only, and {user.get_username()} is not active staff.")
    Token.objects.filter(user_id=user.pk).delete()
    key: str = Token.objects.create(user_id=user.pk).key
    return key


def revoke_token(*, user: User) -> bool:
    """Take the token away; False where there was none."""
    deleted, _by_model = Token.objects.filter(user_id=user.pk).delete()
    return deleted > 0

"""Keys to the API: made by a command, on one's own page, or by the superuser; shown once."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.authtoken.models import Token


def command(*words: str) -> str:
    out = io.StringIO()
    call_command("api_token", *words, stdout=out)
    return out.getvalue().strip()


def opens(key: str) -> bool:
    return Client().get("/api/v1/systems/", headers={"Authorization": f"Token {key}"}).status_code == 200


def test_it_works(alice: User) -> None:
    assert opens(command("alice"))


def test_a_new_token_ends_the_old_one(alice: User) -> None:
    old, new = command("alice"), command("alice")
    assert (opens(old), opens(new)) == (False, True)


def test_a_token_can_be_taken_away(alice: User) -> None:
    key = command("alice")
    assert command("alice", "--revoke") == "revoked"
    assert not opens(key)
    assert command("alice", "--revoke") == "there was no token"


def test_only_staff_get_one(bob: User) -> None:
    with pytest.raises(CommandError, match="staff only, and bob is not"):
        command("bob")
    assert not Token.objects.exists()


def test_an_unknown_name_is_one_clear_sentence(db: None) -> None:
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        command("nobody")


def test_ones_own_page_shows_it_once(alice_client: Client) -> None:
    body = alice_client.post("/accounts/api-token/").content.decode()
    key = Token.objects.get().key
    assert key in body
    assert opens(key)
    assert key not in alice_client.get("/accounts/api-token/").content.decode()
    alice_client.post("/accounts/api-token/", {"revoke": "1"})
    assert not opens(key)

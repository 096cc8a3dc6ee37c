"""The guide says what is there: no address in it is wrong, and none is left out."""

import re
from pathlib import Path

from django.urls import resolve

from evalsite.api.urls import urlpatterns

UNDOCUMENTED = {"index"}  # the root itself, which stands in the text without a name


def names(repository: Path) -> set[str | None]:
    text = (repository / "docs" / "api.md").read_text()
    addresses = re.findall(r"`(?:GET |POST )?(/api/v1/[^`?\s]*)`?", text)
    assert len(addresses) > 15
    return {resolve(address.replace("SLUG", "first").replace("ID", "1")).url_name for address in addresses}


def test_every_address_in_the_guide_is_there(repository: Path) -> None:
    assert None not in names(repository)


def test_every_address_is_in_the_guide(repository: Path) -> None:
    assert {pattern.name for pattern in urlpatterns if pattern.name} - names(repository) <= UNDOCUMENTED

"""A sitting from the first item to the last."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.rating import invitations, sessions
from evalsite.rating.models import Campaign, Item, Judgment, Submission
from evalsite.rating.sessions import Timing

from .conftest import make_rater

pytestmark = pytest.mark.django_db
TIMING = Timing(visible_ms=3000, first_action_ms=900, elapsed_ms=4000)


def answer(item: Item, **fields: Any) -> Submission:
    """The first answer to an item: the first card marked or chosen."""
    card = item.cards[0]["id"]
    said = {"marked": [card], "chosen": card}
    return sessions.record(item=item, key=f"key-{item.pk}", revision=0, answer=said, timing=TIMING, **fields)


@pytest.mark.parametrize("slug", ["recall", "preference"])
def test_it_works(slug: str, request: pytest.FixtureRequest) -> None:
    campaign: Campaign = request.getfixturevalue(slug)
    rater = make_rater(campaign)
    assignment = sessions.assign(rater=rater)
    answered, total = sessions.progress(assignment)
    assert (answered, total) == (0, assignment.items.count())
    while item := sessions.next_item(assignment):
        sessions.serve(item=item)
        answer(item)
    assert sessions.progress(assignment) == (total, total)
    assert invitations.complete(rater=rater) == invitations.complete(rater=rater)
    assert Submission.objects.count() == total
    assert Judgment.objects.filter(criterion="check").count() == 1

"""The same people and the same small study in every test of the top floor."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.authtoken.models import Token

from evalsite.rating import campaigns, invitations, sessions
from evalsite.rating.models import Campaign, Rater
from evalsite.testsets.models import Output, Run, Sample, System, TestSet

PASSWORD = "a bridge of paper boats"


def make_user(name: str, **flags: bool) -> User:
    return User.objects.create_user(name, password=PASSWORD, **flags)


@pytest.fixture
def alice(db: None) -> User:
    """Runs studies: staff, no more."""
    return make_user("alice", is_staff=True)


@pytest.fixture
def root(db: None) -> User:
    """Runs the site."""
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def bob(db: None) -> User:
    """Has an account and no part in any study."""
    return make_user("bob")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice_client(alice: User) -> Client:
    return logged_in(alice)


@pytest.fixture
def root_client(root: User) -> Client:
    return logged_in(root)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return logged_in(bob)


@pytest.fixture
def program(alice: User) -> Client:
    """A program that holds alice's token, and no cookie."""
    key = Token.objects.create(user=alice).key
    return Client(headers={"Authorization": f"Token {key}", "Accept-Language": "en"})


def make_testset(slug: str = "harbour", samples: int = 4) -> TestSet:
    testset = TestSet.objects.create(slug=slug, title="Harbour at dawn", digest="d" * 64)
    Sample.objects.bulk_create(
        Sample(
            testset=testset,
            key=f"film@{second}",
            position=second,
            video="film",
            time=second,
            context=[{"time": second - 1.5, "text": "来了来了"}],
            references=["好美"],
        )
        for second in range(samples)
    )
    return testset


def make_run(testset: TestSet, slug: str, write: Callable[[Sample], str], **fields: object) -> Run:
    """A finished run in which the system wrote one output for every sample."""
    system, _made = System.objects.get_or_create(slug=slug, defaults={"name": slug.upper()})
    values: dict[str, object] = {"source": Run.Source.GENERATED, "state": Run.State.FINISHED, "digest": "e" * 64}
    run = Run.objects.create(testset=testset, system=system, **(values | fields))
    Output.objects.bulk_create(
        Output(run=run, sample=sample, rank=1, text=write(sample)) for sample in testset.samples.order_by("position")
    )
    return run


@pytest.fixture
def harbour(db: None) -> TestSet:
    return make_testset()


@pytest.fixture
def ut(harbour: TestSet) -> Run:
    return make_run(harbour, "ut", lambda sample: f"灯塔亮了{sample.position}")


@pytest.fixture
def cvae(harbour: TestSet) -> Run:
    return make_run(harbour, "cvae", lambda sample: f"前方高能{sample.position}")


@pytest.fixture
def draft(harbour: TestSet, ut: Run, cvae: Run) -> Campaign:
    campaign = Campaign.objects.create(
        slug="first", title="First study", protocol="preference", testset=harbour, seed=7
    )
    campaign.runs.set([ut, cvae])
    return campaign


@pytest.fixture
def running(draft: Campaign) -> Campaign:
    return campaigns.start(campaign=draft, actor="alice")


def answer_all(campaign: Campaign, *, raters: int) -> list[Rater]:
    """So many people take part and answer all they are given, always with the first card."""
    invited = [invitation.rater for invitation in invitations.invite(campaign=campaign, count=raters)]
    for rater in invited:
        invitations.consent(rater=rater, language="en", screening={"years": 3})
        sitting = sessions.assign(rater=rater)
        while item := sessions.next_item(sitting):
            sessions.serve(item=item)
            answer = {"chosen": item.cards[0]["id"]}
            timing = sessions.Timing(3000, 1000, 4000)
            sessions.record(item=item, key=f"key-{item.pk}", revision=item.revision, answer=answer, timing=timing)
    return invited

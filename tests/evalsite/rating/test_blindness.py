"""Nothing that reaches a rater tells who wrote a comment: not a name, not a length, not a byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from evalsite.rating import invitations
from evalsite.rating.models import Campaign, Item, Rater
from evalsite.testsets.models import Clip, Frame, Sample, TestSet
from tests.evalsite.rating.conftest import make_campaign, make_people, make_run, make_testset

pytestmark = pytest.mark.django_db

# What is random by design, and stands for nothing: it has the same length for every system.
RANDOM = (
    (rb"/r/[\w-]{24}/", b"/r/TOKEN/"),
    (rb"/rate/[\w-]{16}/", b"/rate/SITTING/"),
    (rb'name="csrfmiddlewaretoken" value="\w{64}"', b"CSRF"),
    (rb'name="key" value="[0-9a-f]{32}"', b"KEY"),
    (rb"/my-data/\d+/", b"/my-data/RATER/"),
    (rb"<output class=\"code\" data-code>\w{10}<", b"CODE<"),
    (rb'fingerprint">[0-9a-f]{64}<', b'fingerprint">DIGEST<'),
    (rb'"\d{4}-\d\d-\d\dT[\d:.]+\+\d\d:\d\d"', b"TIME"),
    (rb'"completion_code": "\w{10}"', b"CODE"),
    (rb"[A-Z][a-z]{2}\. \d+, \d{4}, [^<]+<", b"DATE<"),
)
# Every address a page may hold: by random ids, positions, and digests of pictures.
ADDRESSES = re.compile(
    rb"/static/[\w./-]+|/(?:frames|clips)/[0-9a-f]{64}|/r/[\w-]{24}/(?:instructions/|start/|practice/[123]/)?|"
    rb"/rate/[\w-]{16}/(?:\d{1,2}/|done/(?:again/)?)|/my-data/(?:\d+/(?:export|withdraw|forget)/)?|/i18n/setlang/|"
    rb"data:image/svg[^\"]+|#main"
)
HEADERS_OF_CHANCE = {"Set-Cookie", "Expires"}


def journey(campaign: Campaign, sittings: int = 1) -> Iterator[tuple[str, Any]]:
    """Every response a rater can get, in the order of a visit: pages, JSON, pictures' addresses, errors."""
    client = Client(headers={"accept-language": "en"})
    [invitation] = invitations.invite(campaign=campaign, count=1)
    door = f"/r/{invitation.token}/"
    yield "invitation", client.get(door)
    yield "refused", client.post(door, {"years": "x", "agree": "yes"})
    yield "consent", client.post(door, {"years": "4", "agree": "yes"})
    yield "instructions", client.get(f"{door}instructions/")
    for number in (1, 2, 3):
        yield f"practice {number}", client.get(f"{door}practice/{number}/")
        yield f"solved {number}", client.post(f"{door}practice/{number}/", {"marked": "x", "chosen": "none"})
    begun = client.post(f"{door}start/")
    yield "start", begun
    path = begun.headers["Location"]
    yield "sitting", client.get(path.rsplit("/", 2)[0] + "/")
    yield "worker", client.get("/rate/worker.js")
    while not path.endswith("/done/"):
        item = Item.objects.get(assignment__public_id=path.split("/")[2], position=path.split("/")[3])
        cards = [card["id"] for card in item.cards]
        yield f"item {path[-5:]}", client.get(path)
        yield "ahead", client.get(path.replace(f"/{item.position}/", "/2/"), headers={"x-ahead": "1"})
        json = {"accept": "application/json"}
        answer = {"marked": cards[::2], "chosen": cards[-1], "revision": 0}
        yield "wrong", client.post(path, {"marked": "no", "chosen": "no", "key": "w", "revision": 0}, headers=json)
        yield "wrong form", client.post(path, {"marked": "no", "chosen": "no", "key": "w", "revision": 0})
        reply = client.post(path, {**answer, "key": "a"}, headers=json)
        yield "answer", reply
        yield "again", client.post(path, {**answer, "key": "a"})
        yield (
            "conflict",
            client.post(path, {"marked": cards, "chosen": "none", "key": "c", "revision": 0}, headers=json),
        )
        yield "changed", client.get(path)
        path = reply.json()["next"]
    yield "done", client.get(path)
    yield "my data", client.get("/my-data/")
    rater = Rater.objects.get(campaign=campaign)
    yield "export", client.get(f"/my-data/{rater.pk}/export/")
    yield "again", client.post(f"{path}again/")
    yield "forget", client.post(f"/my-data/{rater.pk}/forget/", {"sure": "yes"})
    yield "stranger", client.get(path)


def plain(response: Any) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, with what is random by design replaced, and nothing else."""
    body, headers = response.content, dict(response.headers)
    headers = {name: value for name, value in headers.items() if name not in HEADERS_OF_CHANCE}
    for pattern, word in RANDOM:
        body = re.sub(pattern, word, body)
        headers = {name: re.sub(pattern, word, value.encode()).decode() for name, value in headers.items()}
    return response.status_code, headers, body


def one(n: int, rank: int) -> str:
    return "" if n % 5 == 3 else ("前方高能" if n % 3 == 0 else f"甲写的第{n}条{rank}")


def two(n: int, rank: int) -> str:
    return "" if n % 7 == 2 else ("前方高能" if n % 3 == 0 else f"乙说{n}，再说{rank}遍，还要说很久很久")


@pytest.fixture
def with_pictures(testset: TestSet) -> TestSet:
    for n, sample in enumerate(testset.samples.order_by("position")):
        digests = [f"{n:02x}{second:02x}".ljust(64, "0") for second in range(11)]
        Frame.objects.bulk_create(Frame(digest=d, file=d, width=1, height=1, content_type="image/png") for d in digests)
        clip = f"{n:02x}".ljust(64, "c") if n % 3 == 0 else ""
        if clip:
            Clip.objects.create(digest=clip, file=clip, content_type="video/mp4", width=1, height=1, duration=11)
        Sample.objects.filter(pk=sample.pk).update(
            frames=digests if n % 2 else [], title=f"第{n}集", clip=clip, clip_start=5 if clip else None
        )
    return testset


@pytest.mark.parametrize("protocol", ["human_recall", "preference"])
def test_campaigns_that_differ_only_in_who_wrote_what_are_the_same_to_the_byte(
    with_pictures: TestSet, protocol: str
) -> None:
    make_people(with_pictures)
    pairs = []
    for slug, first, second in (("study-a", one, two), ("study-b", two, one)):
        runs = [make_run(with_pictures, "quokkanet", first, 3), make_run(with_pictures, "wombatlm", second, 3)]
        options = {"items_per_sitting": 6, "decoys": 2} if protocol == "human_recall" else {"raters": 2}
        pairs.append(make_campaign(with_pictures, protocol, runs, slug=slug, **options))
    seen = films = 0
    for (name, a), (_name, b) in zip(journey(pairs[0]), journey(pairs[1]), strict=True):
        assert plain(a) == plain(b), name
        # Lengths are equal before anything is replaced, too: what is random has a fixed size. Pseudonyms aside.
        assert len(a.content) == len(b.content) or name in {"my data", "export"}, name
        seen += 1
        films += a.content.count(b'data-src="/clips/')
    assert seen > 50
    assert films


def test_the_comparison_above_can_fail(testset: TestSet) -> None:
    """Change one comment, and the bytes differ."""
    make_people(testset)
    bodies = []
    for slug, last in (("study-a", "甲"), ("study-b", "乙")):
        runs = [make_run(testset, "quokkanet", lambda n, rank, last=last: f"{n}{rank}{last}", 3)]
        campaign = make_campaign(testset, "human_recall", runs, slug=slug, items_per_sitting=4)
        bodies.append([plain(response) for _name, response in journey(campaign)])
    assert bodies[0] != bodies[1]


@pytest.mark.parametrize("protocol", ["human_recall", "preference"])
def test_no_byte_names_a_system_a_run_an_output_or_a_file(protocol: str) -> None:
    testset = make_testset(12, slug="tamarin-set")
    make_people(testset)
    runs = [
        make_run(testset, name, writes, 3, checkpoint=f"/srv/checkpoints/{name}-final", digest="ab" * 32)
        for name, writes in (("quokkanet", one), ("wombatlm", two))
    ]
    campaign = make_campaign(testset, protocol, runs, slug=f"quokkanet-against-wombatlm-{protocol[:4]}")
    Campaign.objects.filter(pk=campaign.pk).update(title="Is Quokkanet better?")
    words = [b"quokkanet", b"wombatlm", b"human", b"checkpoint", b"control", b"decoy", b"ab" * 8, b"against", b"seed"]
    for name, response in journey(campaign):
        _status, headers, body = plain(response)  # a random key may spell a word by chance: "seed" once in 70 visits
        cookies = re.sub(rb"(csrftoken|sessionid)=\w+;", rb"\1=KEY;", response.cookies.output().encode())
        said = b"\n".join([body, cookies, *(f"{k}: {v}".encode() for k, v in headers.items())])
        low = said.lower()
        allowed = {b"human"} if protocol == "human_recall" else set()  # data-protocol="human_recall"
        for word in words:
            text = low.replace(b"human_recall", b"") if word in allowed else low
            text = text.replace(b"cache-control", b"").replace(b"data-controls", b"").replace(b"stage__controls", b"")
            text = text.replace(b"frame-ancestors", b"")
            at = text.find(word)
            assert at < 0, f"{name} says {word.decode()}: {text[max(at - 60, 0) : at + 60]!r}"
        for address in re.findall(rb'(?:href|src|action|data-next)="([^"]*)"', response.content):
            assert ADDRESSES.fullmatch(address), f"{name} has the address {address.decode()}"
        for card in re.findall(rb'(?:data-card|name="(?:marked|chosen)" value)="([^"]*)"', response.content):
            assert re.fullmatch(rb"[0-9a-f]{16}|none", card), f"{name} has the card {card.decode()}"


def test_cards_of_the_page_carry_an_id_and_a_text_and_nothing_else(recall: Campaign) -> None:
    pages = [response.content.decode() for name, response in journey(recall) if name.startswith("item")]
    assert pages
    attributes = set()
    for page in pages:
        for tag in re.findall(r'<li class="choice[^>]*>', page):
            attributes.update(re.findall(r"([\w-]+)=", tag))
        for tag in re.findall(r"<input type=\"checkbox\"[^>]*>", page):
            attributes.update(re.findall(r"([\w-]+)=", tag))
    assert attributes == {"class", "data-card", "data-time", "data-kind", "type", "name", "value"}
    kinds = {kind for page in pages for kind in re.findall(r'<li class="(choice[^"]*)"[^>]*data-kind="(\w+)"', page)}
    assert kinds == {("choice choice--mark", "card")}


def test_two_raters_of_the_same_moment_get_other_card_ids_and_another_order(testset: TestSet) -> None:
    make_people(testset)
    runs = [make_run(testset, "quokkanet", one, 3), make_run(testset, "wombatlm", two, 3)]
    campaign = make_campaign(testset, "human_recall", runs, items_per_sitting=12, anchor_items=12, checks_per_sitting=0)
    for _rater in range(2):
        for _name, _response in journey(campaign):
            if _name == "start":
                break
        Rater.objects.filter(campaign=campaign).update(campaign=campaign)
    first, second = (
        {item.sample_id: item.cards for item in Item.objects.filter(assignment__rater=rater)}
        for rater in Rater.objects.filter(campaign=campaign).order_by("pk")
    )
    assert first.keys() == second.keys()
    shared = [(first[sample], second[sample]) for sample in first]
    assert not {c["id"] for a, _b in shared for c in a} & {c["id"] for _a, b in shared for c in b}
    assert any([c["text"] for c in a] != [c["text"] for c in b] for a, b in shared)


def test_the_cookie_of_the_session_is_a_key_and_holds_nothing(recall: Campaign) -> None:
    for _name, response in journey(recall):
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        assert cookie is None or cookie.value == "" or re.fullmatch(r"[a-z0-9]{32}", cookie.value)

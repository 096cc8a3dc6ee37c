"""How raters come in and go out: links, consent, screening, completion."""

from __future__ import annotations

import hashlib

import pytest

from evalsite.rating import invitations, sessions, texts
from evalsite.rating.invitations import InvalidScreening, NotEligible, NotFinished
from evalsite.rating.models import Campaign, Rater
from evalsite.testsets.models import Run, TestSet

from .conftest import make_campaign, make_rater
from .test_sessions import silence, sit

pytestmark = pytest.mark.django_db


def test_an_invitation_opens_the_door_of_its_rater_only(recall: Campaign) -> None:
    made = invitations.invite(campaign=recall, count=3, language="en")
    assert [invitation.rater.pseudonym for invitation in made] == ["R-0001", "R-0002", "R-0003"]
    assert [invitations.admit(invitation.token) for invitation in made] == [invitation.rater for invitation in made]
    assert invitations.admit("guess") is None
    assert Rater.objects.exclude(seen_at=None).count() == 3


def test_the_database_holds_no_token(recall: Campaign) -> None:
    (made,) = invitations.invite(campaign=recall, count=1)
    opened = invitations.open_link(campaign=recall)
    assert Rater.objects.get().token_digest == hashlib.sha256(made.token.encode()).hexdigest()
    stored = repr([*Rater.objects.values(), *Campaign.objects.values()])
    assert made.token not in stored
    assert opened not in stored


def test_pseudonyms_go_on_where_they_stopped(recall: Campaign) -> None:
    invitations.invite(campaign=recall, count=2)
    assert invitations.enrol(campaign=recall).pseudonym == "R-0003"


def test_inviting_nobody_is_refused(recall: Campaign) -> None:
    with pytest.raises(ValueError, match="at least one"):
        invitations.invite(campaign=recall, count=0)


def test_the_open_link_finds_its_campaign_until_there_is_a_new_one(recall: Campaign) -> None:
    old = invitations.open_link(campaign=recall)
    assert invitations.campaign_of_open_link(old) == recall
    new = invitations.open_link(campaign=recall)
    assert invitations.campaign_of_open_link(old) is None
    assert invitations.campaign_of_open_link(new) == recall
    assert invitations.campaign_of_open_link("") is None


def test_the_same_participant_is_the_same_rater(recall: Campaign) -> None:
    one = invitations.enrol(campaign=recall, external_id="5f3c9a")
    again = invitations.enrol(campaign=recall, external_id="5f3c9a")
    other = invitations.enrol(campaign=recall, external_id="77aa01")
    assert one == again != other
    assert "5f3c9a" not in repr(list(Rater.objects.values()))


def test_a_rater_who_enrols_is_told_a_link_to_come_back_by(recall: Campaign) -> None:
    rater = invitations.enrol(campaign=recall)
    assert invitations.admit(rater.token) == rater


def test_consent_keeps_when_what_and_the_answers(recall: Campaign) -> None:
    rater = invitations.enrol(campaign=recall)
    invitations.consent(rater=rater, language="zh-hans", screening={"years": "3"})
    assert rater.consented_at
    assert rater.consent_digest == hashlib.sha256(recall.consent["zh-hans"].encode()).hexdigest()
    assert (rater.language, rater.screening) == ("zh-hans", {"years": 3.0})
    before = rater.consented_at
    invitations.consent(rater=rater, language="en", screening={"years": "30"})
    assert (rater.consented_at, rater.screening) == (before, {"years": 3.0})


@pytest.mark.parametrize("years", ["", "many", None, "-1", "nan", "51", [3]])
def test_an_answer_that_is_no_number_of_years_is_asked_for_again(recall: Campaign, years: object) -> None:
    rater = invitations.enrol(campaign=recall)
    with pytest.raises(InvalidScreening):
        invitations.consent(rater=rater, language="en", screening={"years": years})
    assert (rater.consented_at, rater.screening) == (None, {})


def test_whoever_is_ruled_out_stays_out(testset: TestSet, runs: list[Run]) -> None:
    campaign = make_campaign(testset, "preference", runs, minimum_years=2)
    rater = invitations.enrol(campaign=campaign)
    for years in ("1", "20"):
        with pytest.raises(NotEligible, match="at least 2 years"):
            invitations.consent(rater=rater, language="en", screening={"years": years})
    with pytest.raises(sessions.NothingLeft):
        sessions.assign(rater=rater)
    assert make_rater(campaign, years=2).consented_at


def test_questions_and_texts_speak_both_languages(recall: Campaign) -> None:
    for language in ("en", "zh-hans"):
        (question,) = invitations.questions(recall, language)
        assert question.label == texts.QUESTIONS["years"][language]
        assert texts.consent(recall, language) == texts.CONSENT[language]
        assert texts.instructions(recall, language) == recall.rules.instructions[language]


def test_a_language_without_a_text_gets_the_nearest() -> None:
    known = {"en": "Hello", "zh-hans": "你好"}
    assert texts.in_language(known, "zh-tw") == "你好"
    assert texts.in_language(known, "en-gb") == "Hello"
    assert texts.in_language(known, "fr") == "Hello"
    assert texts.in_language({}, "fr") == ""


def test_there_is_no_code_before_the_last_answer(recall: Campaign) -> None:
    rater = make_rater(recall)
    with pytest.raises(NotFinished):
        invitations.complete(rater=rater)
    sit(rater, items=4)
    with pytest.raises(NotFinished) as caught:
        invitations.complete(rater=rater)
    assert caught.value.missing == 1
    sit(rater)
    code = invitations.complete(rater=rater)
    assert len(code) == 10
    assert Rater.objects.get().completed_at


def test_whoever_did_nothing_gets_no_code_when_others_took_it_all(preference: Campaign) -> None:
    idle = make_rater(preference)
    sessions.assign(rater=idle)
    others = [make_rater(preference) for _rater in range(2)]
    for rater in others:
        sit(rater)
    silence(idle, hours=25)
    for rater in (*others, *others):
        if sessions.more(rater=rater):
            sit(rater)
    with pytest.raises(NotFinished):
        invitations.complete(rater=idle)


def test_links_lead_to_this_site(settings: object, recall: Campaign) -> None:
    settings.SITE_URL = "https://danmaku.example"  # type: ignore[attr-defined]
    assert invitations.link("abc") == "https://danmaku.example/r/abc/"

"""The words raters agree to and work by: a campaign's own, or these defaults. By language, frozen with the campaign."""

from __future__ import annotations

from collections.abc import Mapping

from evalsite.rating.models import Campaign

CONSENT = {
    "en": (
        "This study asks people to judge comments on videos (danmaku). Its results will be published for research, "
        "together with the anonymous answers.\n\n"
        "What we keep: your answers, how long each took, the remarks you write, and your answers to the questions "
        "below, all under a pseudonym such as R-0007. We ask for no name and no e-mail address, and keep no network "
        "address with your answers.\n\n"
        "Some comments are real and were written by strangers on the internet; a few may be rude or give away a plot."
        "\n\n"
        "Taking part is voluntary. You may stop at any time without giving a reason. On the page “My data” you can see "
        "all that is kept of you, take a copy, have it made untraceable, or withdraw, which deletes your answers. "
        "Copies of anonymous answers that were already published cannot be called back.\n\n"
        "By continuing you confirm that you are at least 18 years old, have read this, and agree to take part."
    ),
    "zh-hans": (
        "本研究请大家对视频弹幕作出判断。研究结果将与匿名的作答数据一起，以科研为目的公开发表。\n\n"
        "我们会保存：你的作答、每题用时、你写下的意见，以及你对下方问题的回答。"
        "这些内容都只记在代号（例如 R-0007）之下。"
        "我们不要求提供姓名和电子邮箱，也不会把网络地址和你的作答存在一起。\n\n"
        "部分弹幕是网友写的真实弹幕，其中可能有少数用语不雅，或者透露剧情。\n\n"
        "参与完全自愿，你可以随时停止，无需说明理由。在“我的数据”页面，你可以查看我们保存的全部内容、下载副本、"
        "要求抹去可追溯到你的信息，或者退出研究（退出后你的作答会被删除）。已经公开发表的匿名数据无法收回。\n\n"
        "继续即表示：你已年满 18 周岁，已阅读以上内容，并同意参与。"
    ),
}

# What a rater is asked before starting; the answers are kept with the pseudonym.
YEARS = "years"
QUESTIONS: dict[str, dict[str, str]] = {
    YEARS: {
        "en": "For how many years have you been watching videos with danmaku?",
        "zh-hans": "你看弹幕视频有多少年了？",
    }
}


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in that language, else in the nearest there is."""
    if language in texts:
        return texts[language]
    family = language.split("-")[0]
    near = next((code for code in texts if code.split("-")[0] == family), None)
    return texts[near or ("en" if "en" in texts else next(iter(texts)))] if texts else ""


def consent(campaign: Campaign, language: str) -> str:
    """What a rater of this campaign consents to."""
    return in_language(campaign.consent or CONSENT, language)


def instructions(campaign: Campaign, language: str) -> str:
    """What a rater of this campaign is to do."""
    return in_language(campaign.instructions or campaign.rules.instructions, language)

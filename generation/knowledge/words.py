"""Which words can be keywords, and names as keys under which facts are found.

The rule of the KLVCG code: a keyword has two characters or more, is no number and no chat word, and jieba tags it
as some noun ("n" in the flag), an idiom ("i") or a place ("s").
"""

import functools
import re
from collections.abc import Sequence
from typing import Any

from generation.corpus.vocabulary import split_words


def listed(text: str) -> frozenset[str]:
    """A set of words written with spaces between."""
    return frozenset(text.split())


# Nouns by tag that say nothing about what a comment is about, because any video is commented with them.
CHAT = listed(
    "弹幕 视频 评论 前方 高能 字幕 打卡 时候 东西 事情 感觉 问题 地方 东东 楼上 楼下 前面 后面 有人 别人 大家 人家 "
    "观众 网友 主播 兄弟 朋友 小时 分钟 时间 今天 明天 昨天 现在 哈哈 哈哈哈 哈哈哈哈 呵呵 嘿嘿 嘻嘻 卧槽 神马"
)
STOP = listed("的 了 是 在 我 你 他 她 它 和 与 及 或 就 都 也 还 而 被 把 对 从 到 为 于 以 之 等 这 那 有 由 让 着")
_BRACKETED = re.compile(
    r"\([^()]*\)|（[^（）]*）|\[[^\[\]]*\]|【[^【】]*】|\{[^{}]*\}|<[^<>]*>|〈[^〈〉]*〉|〔[^〔〕]*〕"
)
_LETTER = re.compile(r"[^\W_]")
_OUTER = re.compile(r"^[\W_]+|[\W_]+$")


@functools.cache
def _tagger() -> Any:
    import jieba.posseg  # here, because its dictionary takes a second to load

    jieba.posseg.initialize()
    return jieba.posseg


@functools.lru_cache(maxsize=1_000_000)
def can_be_keyword(word: str) -> bool:
    """Whether the word may enter a video's keywords; of a word unknown to the tagger its last part decides."""
    if len(word) < 2 or word in CHAT or not _LETTER.search(word) or any(c.isdigit() for c in word):
        return False
    tags = _tagger()
    flag: str = tags.dt.word_tag_tab.get(word) or tags.lcut(word)[-1].flag
    return ("n" in flag and flag != "eng") or flag in ("i", "s")


def tokens(text: str) -> list[str]:
    """The words of a comment or a fact without those that are punctuation alone."""
    return [word for word in split_words(text, "jieba") if _LETTER.search(word)]


def without_brackets(name: str) -> str:
    """A name without the bracketed parts that tell its senses apart; the name as it is, where nothing would be left."""
    if name.isalnum():
        return name
    plain = _BRACKETED.sub("", name).strip()
    return plain or name.strip()


def key(name: str) -> str:
    """What a name is looked up by: no brackets, no punctuation at its ends, no spaces, one case."""
    if name.isalnum():
        return name.casefold()
    return _OUTER.sub("", without_brackets(name)).replace(" ", "").casefold()


def stretches(words: Sequence[str], longest: int = 6) -> list[tuple[int, int]]:
    """Every run [i, j) of up to ``longest`` words, longer ones first, then from left to right."""
    n = len(words)
    return [(i, i + size) for size in range(min(longest, n), 0, -1) for i in range(n - size + 1)]

"""Cards: shared texts, nulls, order, ids that tell nothing."""

from __future__ import annotations

import json
from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from evalsite.rating import cards, draws
from evalsite.rating.cards import Text

words = st.text(max_size=6)


def test_texts_alike_after_nfkc_and_trimming_share_one_card() -> None:
    made, nulls = cards.build([Text(1, "哈哈ＡＢＣ"), Text(2, " 哈哈ABC　"), Text(3, "别的")], seed=1)
    assert sorted(card["outputs"] for card in made) == [[1, 2], [3]]
    assert nulls == []
    assert next(c for c in made if c["outputs"] == [1, 2])["text"] in {"哈哈ＡＢＣ", "哈哈ABC"}


def test_a_text_by_a_system_and_a_person_counts_for_both() -> None:
    made, _nulls = cards.build([Text(1, "前方高能", "control"), Text(2, "前方高能")], seed=1)
    assert [(card["kind"], card["outputs"]) for card in made] == [("output", [1, 2])]


def test_what_cannot_be_seen_is_a_null() -> None:
    made, nulls = cards.build([Text(4, ""), Text(2, " 　\t"), Text(3, "\u200b\u200d"), Text(1, "。")], seed=1)
    assert [card["outputs"] for card in made] == [[1]]
    assert nulls == [2, 3, 4]


@given(st.lists(words, max_size=8), st.integers(0, 2**63 - 1))
def test_every_output_is_on_one_card_or_a_null(texts: list[str], seed: int) -> None:
    made, nulls = cards.build([Text(n, text) for n, text in enumerate(texts, 1)], seed=seed)
    assert sorted([o for card in made for o in card["outputs"]] + nulls) == list(range(1, len(texts) + 1))
    assert len({cards.key(card["text"]) for card in made}) == len(made)
    assert len({card["id"] for card in made}) == len(made)


@given(st.lists(words, max_size=8), st.integers(0, 2**63 - 1), st.randoms())
def test_who_wrote_what_changes_no_byte_of_what_is_shown(texts: list[str], seed: int, random: Random) -> None:
    swapped = list(texts)
    random.shuffle(swapped)
    kinds = ["control", "output", "decoy"] * 3
    one, _nulls = cards.build([Text(n, t) for n, t in enumerate(texts, 1)], seed=seed)
    two, _nulls = cards.build([Text(900 + n, t, kinds[n]) for n, t in enumerate(swapped)], seed=seed)
    assert shown(one) == shown(two)


def shown(made: list[cards.Card]) -> str:
    return json.dumps([[card["id"], card["text"]] for card in made])


def test_a_card_is_as_likely_in_every_place() -> None:
    places: Counter[tuple[str, int]] = Counter()
    for number in range(2000):
        seed = draws.seed(3, "item", rater=f"R-{number}")
        made, _nulls = cards.build([Text(1, "甲"), Text(2, "乙"), Text(3, "丙"), Text(4, "丁")], seed=seed)
        places.update((card["text"], place) for place, card in enumerate(made))
    assert all(chisquare([places[text, place] for place in range(4)]).pvalue > 0.001 for text in "甲乙丙丁")


def test_two_raters_get_other_ids_and_other_orders() -> None:
    texts = [Text(n, f"第{n}句") for n in range(1, 9)]
    one, _nulls = cards.build(texts, seed=draws.seed(3, "item", rater="R-0001", item="a"))
    two, _nulls = cards.build(texts, seed=draws.seed(3, "item", rater="R-0002", item="a"))
    assert not {card["id"] for card in one} & {card["id"] for card in two}
    assert [card["text"] for card in one] != [card["text"] for card in two]


@given(st.lists(words, max_size=4), st.integers())
def test_nonsense_is_five_to_nine_letters_nobody_wrote(sources: list[str], seed: int) -> None:
    text = cards.nonsense(sources, Random(seed), avoid=sources)
    assert 5 <= len(text) <= 9
    assert cards.key(text) not in {cards.key(source) for source in sources}


def test_nonsense_of_a_poor_moment_borrows_letters() -> None:
    """Shuffling the letters of 哈哈哈 would give 哈哈哈, which is real."""
    assert len(set(cards.nonsense(["哈哈哈", "！！！"], Random(1)))) >= 4

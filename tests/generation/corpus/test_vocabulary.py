"""Words, ids and the published shapes of dictionaries."""

import json
import pickle

import pytest

from generation.corpus.text import join_words, normalise
from generation.corpus.vocabulary import MASK, SEP, Vocabulary, split_words
from generation.errors import UserError


def test_words_are_ranked_by_frequency_and_ties_by_first_sight():
    vocabulary = Vocabulary.build(["猫 狗", "猫 鱼", "鱼 鸟"], size=3, tokenizer="spaces")
    assert vocabulary.tokens == ("<PAD>", "<BOS>", "<EOS>", "<UNK>", "<SEP>", "猫", "鱼", "狗")
    assert vocabulary.encode("鸟 狗") == [vocabulary.unk, 7]


def test_rare_words_can_be_left_out():
    assert len(Vocabulary.build(["a a b"], size=9, tokenizer="spaces", min_count=2)) == 6


def test_a_frame_of_tokens_is_cut_and_padded():
    vocabulary = Vocabulary.build(["甲乙丙丁"], size=9, tokenizer="characters")
    assert vocabulary.frame("甲乙", 6) == [1, 5, 6, 2, 0, 0]
    assert vocabulary.frame("甲乙丙丁", 4) == [1, 5, 6, 2]


def test_decoding_stops_at_the_end_and_leaves_specials_out():
    vocabulary = Vocabulary.build(["猫 ok 3 狗"], size=9, tokenizer="spaces")
    ids = vocabulary.encode("ok 3 猫")
    assert vocabulary.decode([1, *ids, 3, 4, 2, 5]) == "ok 3猫"
    assert vocabulary.decode([1, 3, 2]) == ""


def test_livebots_dictionary_is_read(tmp_path):
    words = ["<PAD>", "<BOS>", "<EOS>", "<UNK>", "<&&&>", "哈哈", "好"]
    data = {"word2id": {w: i for i, w in enumerate(words)}, "id2word": {str(i): w for i, w in enumerate(words)}}
    (tmp_path / "dicts-30000.json").write_text(json.dumps(data), encoding="utf-8")
    vocabulary = Vocabulary.load(tmp_path / "dicts-30000.json")
    assert (vocabulary.pad, vocabulary.eos, vocabulary.sep, vocabulary.mask) == (0, 2, 4, None)
    assert vocabulary.encode("哈哈") == [5]


@pytest.mark.parametrize("style", ["{}", "<{}>", "[{}]"])
def test_special_tokens_are_found_by_name_whatever_their_ids(tmp_path, style):
    words = ["好", *(style.format(name) for name in ("MASK", "SEP", "UNK", "EOS", "BOS", "PAD"))]
    path = tmp_path / "dict.json"
    path.write_text(json.dumps({"word2id": {w: i for i, w in enumerate(words)}, "id2word": {}}))
    vocabulary = Vocabulary.load(path)
    assert [vocabulary.mask, vocabulary.sep, vocabulary.unk, vocabulary.eos, vocabulary.bos, vocabulary.pad] == [
        *range(1, 7)
    ]


def test_saving_and_loading_gives_the_same_vocabulary(tmp_path):
    vocabulary = Vocabulary.build(
        ["好 看"], size=9, tokenizer="spaces", specials=("<PAD>", "<BOS>", "<EOS>", "<UNK>", MASK, SEP)
    )
    vocabulary.save(tmp_path / "vocabulary.json")
    again = Vocabulary.load(tmp_path / "vocabulary.json")
    assert (again.tokens, again.tokenizer, again.mask, again.sep) == (vocabulary.tokens, "spaces", 4, 5)
    assert pickle.loads(pickle.dumps(vocabulary)).tokens == vocabulary.tokens


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "cannot be read as a vocabulary"),
        ("[]", "is no vocabulary"),
        ('{"word2id": {"<PAD>": 0, "<BOS>": 2}}', "not 0 to 1"),
        ('{"tokens": ["<PAD>", "<BOS>", "<EOS>"]}', "no token <UNK>"),
        ('{"tokens": ["<PAD>", "<BOS>", "<EOS>", "<UNK>", "a", "a"]}', "'a' twice"),
    ],
)
def test_a_wrong_dictionary_is_refused_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "dict.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=sentence):
        Vocabulary.load(path)


def test_jieba_cuts_after_spaces_are_removed():
    assert split_words("前方 高能", "jieba") == ["前方", "高能"]
    with pytest.raises(UserError, match="no tokenizer 'bpe'"):
        split_words("a", "bpe")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("&lt;泪目&gt; &amp;amp;", "<泪目> &"),
        ("ＡＢＣ１２３！", "ABC123！"),
        ("一\n二\t 三\u3000四", "一 二 三 四"),
        ("\u202e反\x00转\ufeff", "反转"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_text_is_cleaned_once_and_keeps_chinese_punctuation(raw, clean):
    assert normalise(raw) == clean
    assert normalise(clean) == clean


def test_latin_words_do_not_grow_together():
    assert join_words(["hello", "world", "！", "666", "个"]) == "hello world！666个"

"""Words and their ids. Special tokens are found by name, whatever ids a published dictionary gave them."""

import functools
import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from generation.corpus.text import join_words, normalise
from generation.errors import UserError

PAD, BOS, EOS, UNK, SEP, MASK = "<PAD>", "<BOS>", "<EOS>", "<UNK>", "<SEP>", "<MASK>"
# The names under which published dictionaries keep the same tokens.
_ALIASES = {SEP: ("<&&&>", "SEP", "[SEP]"), **{t: (t[1:-1], f"[{t[1:-1]}]") for t in (PAD, BOS, EOS, UNK, MASK)}}
TOKENIZERS = ("jieba", "characters", "spaces")


@functools.cache
def _jieba() -> "jieba.Tokenizer":  # type: ignore[name-defined]  # noqa: F821
    import jieba  # here, because its dictionary takes a second to load

    jieba.setLogLevel(logging.WARNING)
    return jieba.Tokenizer()


def split_words(text: str, tokenizer: str) -> list[str]:
    """The words of a comment: by jieba (spaces removed first), by character, or as already cut by spaces."""
    if tokenizer == "jieba":
        return [word for word in _jieba().lcut(text.replace(" ", "")) if not word.isspace()]
    if tokenizer == "characters":
        return list(text)
    if tokenizer == "spaces":
        return text.split()
    raise UserError(f"There is no tokenizer {tokenizer!r}; there are {', '.join(TOKENIZERS)}.")


class Vocabulary:
    """Tokens by id and ids by token.

    Attributes ``pad``, ``bos``, ``eos``, ``unk``, ``sep``, ``mask`` hold the ids of the special tokens, or
    ``None`` where this vocabulary has no such token.
    """

    def __init__(self, tokens: Sequence[str], tokenizer: str = "jieba") -> None:
        self.tokens = tuple(tokens)
        self.tokenizer = tokenizer
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self.ids) != len(self.tokens):
            twice = next(token for token, n in Counter(self.tokens).items() if n > 1)
            raise UserError(f"The vocabulary holds {twice!r} twice; every token needs one id.")
        self.pad, self.bos, self.eos, self.unk = (self._demand(name) for name in (PAD, BOS, EOS, UNK))
        self.sep, self.mask = self._find(SEP), self._find(MASK)
        self.special = frozenset(
            i for i in (self.pad, self.bos, self.eos, self.unk, self.sep, self.mask) if i is not None
        )
        self._words = functools.lru_cache(maxsize=100_000)(self._encode)

    def __len__(self) -> int:
        return len(self.tokens)

    def __getstate__(self) -> tuple[tuple[str, ...], str]:
        return self.tokens, self.tokenizer

    def __setstate__(self, state: tuple[tuple[str, ...], str]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def _find(self, name: str) -> int | None:
        return next((self.ids[n] for n in (name, *_ALIASES[name]) if n in self.ids), None)

    def _demand(self, name: str) -> int:
        found = self._find(name)
        if found is None:
            raise UserError(f"The vocabulary has no token {name}; it needs <PAD>, <BOS>, <EOS> and <UNK>.")
        return found

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self.ids.get(word, self.unk) for word in split_words(text, self.tokenizer))

    def encode(self, text: str) -> list[int]:
        """Ids of the words of ``text``, unknown ones as <UNK>, without <BOS> and <EOS>."""
        return list(self._words(text))

    def frame(self, text: str, length: int) -> list[int]:
        """<BOS> words <EOS> padded to ``length``; words beyond ``length - 2`` are cut."""
        ids = [self.bos, *self.encode(text)[: length - 2], self.eos]
        return ids + [self.pad] * (length - len(ids))

    def decode(self, ids: Iterable[int]) -> str:
        """Running text up to the first <EOS>; special tokens are left out, so a null comes out as ``""``."""
        words = []
        for i in ids:
            if i == self.eos:
                break
            if i not in self.special:
                words.append(self.tokens[i])
        text = "".join(words) if self.tokenizer == "characters" else join_words(words)
        return " ".join(text.split())

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        *,
        size: int,
        tokenizer: str = "jieba",
        specials: Sequence[str] = (PAD, BOS, EOS, UNK, SEP),
        min_count: int = 1,
    ) -> "Vocabulary":
        """The special tokens, then the ``size`` most frequent words of ``texts`` (ties: first seen)."""
        counts = Counter(word for text in texts for word in split_words(text, tokenizer))
        known = set(specials) | {alias for name in specials for alias in _ALIASES[name] if alias.startswith("<")}
        words = [w for w, n in counts.most_common() if n >= min_count and w not in known]
        return cls([*specials, *words[:size]], tokenizer)

    @classmethod
    def placeholder(cls, size: int, specials: Sequence[str], tokenizer: str) -> "Vocabulary":
        """A vocabulary of the right length and no meaning, to count parameters with."""
        return cls([*specials, *(f"word{i}" for i in range(size))], tokenizer)

    def save(self, path: Path) -> None:
        """Write ``{"format", "tokenizer", "tokens"}``."""
        data = {"format": 1, "tokenizer": self.tokenizer, "tokens": self.tokens}
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, tokenizer: str = "jieba") -> "Vocabulary":
        """Read our own shape, or the published ``{"word2id": {token: id}, "id2word": {"id": token}}``."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read as a vocabulary: {error}.") from error
        if isinstance(data, dict) and "tokens" in data:
            return cls(data["tokens"], data.get("tokenizer", tokenizer))
        if isinstance(data, dict) and isinstance(data.get("word2id"), dict):
            return cls(_by_id(data["word2id"], path), tokenizer)
        raise UserError(f'{path} is no vocabulary: neither "tokens" nor "word2id" is in it.')


def _by_id(word2id: dict[str, int], path: Path) -> list[str]:
    """Tokens in the order of their ids, which must be 0..n-1."""
    ordered = sorted((int(i), word) for word, i in word2id.items())
    if [i for i, _ in ordered] != list(range(len(ordered))):
        raise UserError(f"{path}: the ids in word2id are not 0 to {len(ordered) - 1}, each once.")
    return [word for _, word in ordered]


__all__ = ["BOS", "EOS", "MASK", "PAD", "SEP", "UNK", "Vocabulary", "normalise", "split_words"]

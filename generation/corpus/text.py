"""Cleaning the text of a comment: once, when it is read, and never again."""

import html
import re
import unicodedata

# Full-width letters and digits become plain ones; Chinese punctuation stays as people typed it, because a
# system that writes "!" where people write "！" would be known by that alone.
_NARROW = {code: code - 0xFEE0 for code in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]}
_NARROW[0x3000] = 0x20
_BREAKS = re.compile(r"[\s\x85\u2028\u2029]+")
_LATIN = re.compile(r"[0-9A-Za-z]")


def normalise(text: str) -> str:
    """Entities resolved, control characters dropped, line breaks and runs of space made one space."""
    text = html.unescape(html.unescape(text))
    text = unicodedata.normalize("NFC", text).translate(_NARROW)
    text = _BREAKS.sub(" ", text)
    return "".join(c for c in text if not _hidden(c)).strip()


def _hidden(character: str) -> bool:
    """Control, format, private and lone surrogate characters; the zero-width joiner binds emoji and stays."""
    return character != "\u200d" and unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"}


def join_words(words: list[str]) -> str:
    """Words as running text: a space only where two Latin words or numbers would grow together."""
    text = ""
    for word in words:
        if text and word and _LATIN.match(text[-1]) and _LATIN.match(word[0]):
            text += " "
        text += word
    return text

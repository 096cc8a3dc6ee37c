"""Recalled knowledge of a moment: facts about what its viewers talk of, and comments from other videos.

After the KLVCG paper and its code. Keywords are a video's nouns by TF-IDF. Of a training moment they are those of the
whole video **without the moment's own second**; of any other moment those of its context alone, as nobody may read
held-out comments. Facts are those of keywords and names in the context, then, a second hop, of names in these facts.

Differences from the published code, which ``official`` undoes where it is named: facts are ranked by the weight of the
keywords they speak of (official: shuffled), words stay in their order (official: each once, without stop words),
names are runs of words of one comment (official too: it matched single words only, which finds few films), draws
are seeded, and the same video's comments are never recalled.
"""

import functools
import hashlib
import itertools
import json
import math
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generation.corpus.records import Corpus, Sample
from generation.corpus.vocabulary import SEP
from generation.errors import UserError
from generation.knowledge import pool, triples
from generation.knowledge.triples import Fact
from generation.knowledge.words import STOP, can_be_keyword, stretches, tokens
from generation.seeds import derive

KEYWORDS = 300  # of a video
TOP = 50  # of these may ask for other videos' comments
LONGEST_FACT = 40  # words of a tail: the head of a long text
LONGEST_CONTEXT = 300  # words of the context that names are looked for in, when ``official``
FETCHED = 64  # candidates looked at to fill one second


@dataclass(frozen=True)
class Keywords:
    """Words of a moment's document with their TF-IDF, heaviest first, and in how many videos each is said."""

    weights: Mapping[str, float]
    rarity: Mapping[str, float]


def build(
    corpora: Sequence[Corpus],
    files: Sequence[Path],
    out: Path,
    *,
    seed: int = 0,
    official: bool = False,
    same_category: bool = False,
) -> dict[str, object]:
    """Write the folder :meth:`Knowledge.open` reads, and return what knowledge.json says about it."""
    if out.exists() and any(out.iterdir()):
        raise UserError(f"{out} is not empty; name a new folder.")
    absent = next((path for path in files if not path.is_file()), None)
    if absent is not None:
        raise UserError(f"{absent} does not exist; --triples names files of facts.")
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    facts = triples.build(itertools.chain.from_iterable(map(triples.read, files)), part / "triples.sqlite")
    videos, comments = pool.build(corpora, part / "comments.sqlite")
    about: dict[str, object] = {
        "format": 1,
        "corpora": [corpus.name for corpus in corpora],
        "triples": {path.name: _digest(path) for path in files},
        "spoken": _digest_of_comments(corpora),
        "facts": facts,
        "videos": videos,
        "comments": comments,
        "seed": seed,
        "official": official,
        "same_category": same_category,
    }
    text = json.dumps(about, ensure_ascii=False, indent=1)
    (part / "knowledge.json").write_text(text + "\n", encoding="utf-8")
    if out.exists():
        out.rmdir()
    part.replace(out)
    return about


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of_comments(corpora: Sequence[Corpus]) -> str:
    found = hashlib.sha256()
    for video in (video for corpus in corpora for video in corpus.videos):
        found.update(repr((video.id, video.category, video.stretches(), video.comments)).encode())
    return found.hexdigest()


class Knowledge:
    """Read only, from a folder made by ``python -m generation knowledge``. ``digest`` names its content."""

    def __init__(self, folder: Path, about: Mapping[str, object]) -> None:
        self.folder, self._about = folder, dict(about)
        self.digest = hashlib.sha256(json.dumps(self._about, sort_keys=True).encode()).hexdigest()
        self._seed = int(str(about["seed"]))
        self._official, self._same_category = bool(about["official"]), bool(about["same_category"])
        self._triples = triples.Triples(folder / "triples.sqlite")
        self._pool = pool.Pool(folder / "comments.sqlite")
        self._words = functools.lru_cache(maxsize=100_000)(lambda text: tuple(tokens(text)))
        self._heaviest = functools.lru_cache(maxsize=256)(self._of_video)
        self._sharing = functools.lru_cache(maxsize=20_000)(self._find)

    def __reduce__(self) -> tuple[type["Knowledge"], tuple[Path, Mapping[str, object]]]:
        return Knowledge, (self.folder, self._about)

    @classmethod
    def open(cls, folder: Path) -> "Knowledge":
        """Open a folder; a folder without knowledge is refused."""
        path = folder / "knowledge.json"
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            if about["format"] != 1:
                raise UserError(f"{path} has the format {about['format']!r}; build the knowledge anew.")
            return cls(folder, about)
        except FileNotFoundError as error:
            raise UserError(f"{folder} holds no knowledge; build it with: python -m generation knowledge.") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"{path} cannot be read: {error}; build the knowledge anew.") from error

    # -- keywords ------------------------------------------------------------------------------------------

    def keywords(self, sample: Sample) -> Keywords:
        """The nouns of the moment's document by TF-IDF, at most 300; the moment's own second is never in it."""
        if self._trained(sample):
            seconds, said = self._pool.spoken(sample.video)
            own = Counter(seconds.get(sample.time, ()))
            near = self._heaviest(sample.video)[: KEYWORDS + len(own)]  # whatever own words lose, 300 remain
            counts = {word: said[word] for word in near if word not in own}
            counts |= {word: said[word] - n for word, n in own.items() if said[word] > n}
        else:
            texts = itertools.chain.from_iterable(sample.context_by_second().values())
            counts = Counter(w for text in texts for w in self._words(text) if can_be_keyword(w))
        order = self._ordered(counts)[:KEYWORDS]
        return Keywords({w: counts[w] * self._rarity(w) for w in order}, {w: self._rarity(w) for w in order})

    def _of_video(self, video: str) -> list[str]:
        """All words of a video's training stretches, the heaviest first."""
        return self._ordered(self._pool.spoken(video)[1])

    def _ordered(self, counts: Mapping[str, int]) -> list[str]:
        return sorted(counts, key=lambda word: (-counts[word] * self._rarity(word), word))

    def _trained(self, sample: Sample) -> bool:
        """Whether the sample is a training moment of a video of the store."""
        return sample.split == "train" and sample.video in self._pool.ranges

    def _rarity(self, word: str) -> float:
        """Inverse document frequency over the training videos, smooth, as scikit-learn has it."""
        return math.log((1 + self._pool.size) / (1 + self._pool.word(word)[0])) + 1

    # -- facts ---------------------------------------------------------------------------------------------

    def facts(self, sample: Sample, *, limit: int = 80) -> list[str]:
        """Words of facts about the moment, ``<SEP>`` between two facts, at most ``limit`` in all."""
        draw = random.Random(derive(self._seed, "facts", sample.id))
        weights = self.keywords(sample).weights
        names = self._names(self._context(sample, draw), weights)
        first = self._told(names, weights, draw)
        room = limit * 3 // 8
        words = [word for fact in first for word in self._words(fact.tail)]
        further = [name for name in self._names([words], weights) if name not in names]
        second = _joined(self._told(further, weights, draw, apart=first), room - 1, self._text(draw))
        if second and len(second) + 1 > room * 2 // 3:  # a short second hop is not worth the first one's room
            front = _joined(first, limit - len(second) - 1, self._text(draw))
            if front:
                return [*front, SEP, *second]
        return _joined(first, limit, self._text(draw))

    def _context(self, sample: Sample, draw: random.Random) -> list[Sequence[str]]:
        """Words of each comment around the moment."""
        texts = itertools.chain.from_iterable(sample.context_by_second().values())
        comments: list[Sequence[str]] = [self._words(text) for text in texts]
        if self._official and sum(map(len, comments)) > LONGEST_CONTEXT:
            numbered = [(i, word) for i, words in enumerate(comments) for word in words]
            start = draw.randrange(len(numbered) - LONGEST_CONTEXT + 1)
            kept = numbered[start : start + LONGEST_CONTEXT]
            return [[w for _, w in group] for _, group in itertools.groupby(kept, key=lambda pair: pair[0])]
        return comments

    def _names(self, comments: Sequence[Sequence[str]], weights: Mapping[str, float]) -> list[str]:
        """Names with facts among the runs of words that hold a keyword; the longest one where several overlap."""
        found: dict[str, None] = {}
        for words in dict.fromkeys(map(tuple, comments)):
            taken: set[int] = set()
            useful = [i for i, word in enumerate(words) if word in weights]
            for start, end in stretches(words) if useful else ():
                inside = range(start, end)
                if taken.isdisjoint(inside) and any(i in inside for i in useful):
                    name = "".join(words[start:end])
                    if self._triples.known(name):
                        found[name] = None
                        taken.update(inside)
        return list(found)

    def _told(
        self, names: Sequence[str], weights: Mapping[str, float], draw: random.Random, apart: Sequence[Fact] = ()
    ) -> list[Fact]:
        """The facts of the names without those already told, best first; equals in a drawn order."""
        facts = list(dict.fromkeys(fact for name in names for fact in self._triples.facts(name)))
        facts = [fact for fact in facts if fact not in apart]
        draw.shuffle(facts)
        if self._official:
            return sorted(facts, key=lambda fact: fact.relation != "Information")
        return sorted(facts, key=lambda fact: -sum(weights.get(word, 0.0) for word in self._spoken_of(fact)))

    def _spoken_of(self, fact: Fact) -> set[str]:
        return {*self._words(fact.head), *self._words(fact.tail)[:LONGEST_FACT]}

    def _text(self, draw: random.Random) -> "_Text":
        return _Text(self, draw if self._official else None)

    def cut(self, text: str) -> tuple[str, ...]:
        """The words of a text."""
        return self._words(text)

    # -- comments of other videos --------------------------------------------------------------------------

    def comments(self, sample: Sample, *, room: int = 100) -> dict[int, list[str]]:
        """By second of the video: comments of other training videos that share two keywords with that second.

        They fill what a second's own comments leave of ``room`` words, a separator before each counted. A second
        without comments of its own gets none.
        """
        keywords = self.keywords(sample)
        top = dict(itertools.islice(keywords.rarity.items(), TOP))
        category = sample.category if self._same_category else None
        found = {}
        for offset, texts in sample.context_by_second().items():
            said = {word for text in texts for word in self._words(text)}
            shared = tuple((word, rarity) for word, rarity in sorted(top.items()) if word in said)
            if len(shared) > 1:
                more = list(self._fitting(self._sharing(sample.video, category, shared), texts, room))
                if more:
                    found[sample.time + offset] = more
        return found

    def _find(self, video: str, category: str | None, weights: tuple[tuple[str, float], ...]) -> list[tuple[str, int]]:
        numbers = self._pool.sharing(dict(weights), but=video, category=category)[:FETCHED]
        return [self._pool.comment(int(number)) for number in numbers]

    def _fitting(self, candidates: Sequence[tuple[str, int]], texts: Sequence[str], room: int) -> Iterator[str]:
        around = "\n".join(texts)
        left = room - sum(len(self._words(text)) + 1 for text in texts) + 1
        for text, size in dict(candidates).items():
            if text in around:
                continue
            left -= size + 1
            if left < 0:
                return
            yield text


class _Text:
    """A fact as words; with a draw as the published code had it: a window of a long text, each word once."""

    def __init__(self, knowledge: Knowledge, draw: random.Random | None) -> None:
        self._cut, self._draw = knowledge.cut, draw

    def __call__(self, fact: Fact) -> list[str]:
        tail, start = self._cut(fact.tail), 0
        if self._draw is not None and len(tail) > LONGEST_FACT:
            start = self._draw.randrange(len(tail) - LONGEST_FACT + 1)
        words = [*self._cut(fact.head), *self._cut(fact.relation), *tail[start : start + LONGEST_FACT]]
        return words if self._draw is None else [word for word in dict.fromkeys(words) if word not in STOP]


def _joined(facts: Sequence[Fact], room: int, text: _Text) -> list[str]:
    """Whole facts with ``<SEP>`` between, the last one cut where the room ends, but never down to its head alone."""
    words: list[str] = []
    for fact in facts:
        told = text(fact)
        left = room - len(words) - bool(words)
        if left < min(len(told), 4):
            break
        words += [SEP, *told[:left]] if words else told[:left]
    return words

"""What the training videos' viewers wrote: words by video and second, and an inverted index of the comments.

Held-out comments never enter: only seconds of stretches that belong to the train split are read.
"""

import functools
import itertools
import json
import os
import sqlite3
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from generation.corpus.records import Corpus, Video
from generation.knowledge.words import can_be_keyword, tokens

Seconds = Mapping[int, tuple[str, ...]]


def build(corpora: Iterable[Corpus], path: Path) -> tuple[int, int]:
    """Write the store of every video's train stretches; (videos, distinct comments) kept."""
    holders: dict[str, array[int]] = defaultdict(lambda: array("I"))
    frequency: Counter[str] = Counter()
    videos = number = 0
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE comments (id INTEGER PRIMARY KEY, text TEXT NOT NULL, size INTEGER NOT NULL)")
        db.execute("CREATE TABLE videos (id TEXT PRIMARY KEY, category TEXT, first INTEGER, after INTEGER, words TEXT)")
        db.execute("CREATE TABLE words (word TEXT PRIMARY KEY, videos INTEGER, holders BLOB) WITHOUT ROWID")
        for video in (video for corpus in corpora for video in corpus.videos):
            first, seconds = number, defaultdict(list)
            for text, times in _train(video).items():
                words = tokens(text)
                chosen = [word for word in words if can_be_keyword(word)]
                db.execute("INSERT INTO comments VALUES (?, ?, ?)", (number, text, len(words)))
                for word in set(chosen):
                    holders[word].append(number)
                for second in times:
                    seconds[second] += chosen
                number += 1
            if any(s.split == "train" for s in video.stretches()):
                videos += 1
                frequency.update({word for words in seconds.values() for word in words})
                row = (video.id, video.category, first, number, json.dumps(seconds, ensure_ascii=False))
                db.execute("INSERT INTO videos VALUES (?, ?, ?, ?, ?)", row)
        rows = ((word, frequency[word], ids.tobytes()) for word, ids in holders.items())
        db.executemany("INSERT INTO words VALUES (?, ?, ?)", rows)
    db.close()
    return videos, number


def _train(video: Video) -> dict[str, list[int]]:
    """Distinct texts of a video's train stretches, each with its seconds."""
    stretches = [s for s in video.stretches() if s.split == "train"]
    found: dict[str, list[int]] = defaultdict(list)
    for comment in video.comments:
        if any(s.start <= comment.second < s.end for s in stretches):
            found[comment.text].append(comment.second)
    return found


class Pool:
    """The store, read only; every process has its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connections: dict[int, sqlite3.Connection] = {}
        self.spoken = functools.lru_cache(maxsize=256)(self._spoken)
        self.word = functools.lru_cache(maxsize=100_000)(self._word)

    def __reduce__(self) -> tuple[type["Pool"], tuple[Path]]:
        return Pool, (self.path,)

    def _db(self) -> sqlite3.Connection:
        process = os.getpid()
        if process not in self._connections:
            uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
            self._connections[process] = sqlite3.connect(uri, uri=True, check_same_thread=False)
        return self._connections[process]

    @functools.cached_property
    def size(self) -> int:
        """Videos in the store."""
        count: int = self._db().execute("SELECT count(*) FROM videos").fetchone()[0]
        return count

    @functools.cached_property
    def ranges(self) -> dict[str, tuple[int, int, str]]:
        """Video -> first comment, the one after its last, category."""
        rows = self._db().execute("SELECT id, first, after, category FROM videos")
        return {video: (first, after, category) for video, first, after, category in rows}

    def _spoken(self, video: str) -> tuple[Seconds, Counter[str]]:
        """The words of a video's train seconds, and how often each is said in all; nothing of an unknown video."""
        row = self._db().execute("SELECT words FROM videos WHERE id = ?", (video,)).fetchone()
        seconds = {int(second): tuple(words) for second, words in json.loads(row[0]).items()} if row else {}
        return seconds, Counter(itertools.chain.from_iterable(seconds.values()))

    def _word(self, word: str) -> tuple[int, np.ndarray]:
        """How many videos say a word, and which comments, in order."""
        row = self._db().execute("SELECT videos, holders FROM words WHERE word = ?", (word,)).fetchone()
        return (row[0], np.frombuffer(row[1], dtype=np.uint32)) if row else (0, np.empty(0, dtype=np.uint32))

    def sharing(
        self, weights: Mapping[str, float], *, but: str, category: str | None = None, at_least: int = 2
    ) -> np.ndarray:
        """Ids of comments of other videos with ``at_least`` of the words, by the sum of their weights, then by id."""
        lists = [self.word(word)[1] for word in weights]
        ids, place = np.unique(np.concatenate(lists), return_inverse=True)
        counts = np.bincount(place, minlength=len(ids))
        scores = np.bincount(place, np.repeat(list(weights.values()), [len(found) for found in lists]), len(ids))
        fit = counts >= at_least
        for video, (first, after, kind) in self.ranges.items() if category is not None else ():
            if kind != category and video != but:
                fit &= (ids < first) | (ids >= after)
        first, after, _ = self.ranges.get(but, (0, 0, ""))
        fit &= (ids < first) | (ids >= after)
        order = np.lexsort((ids[fit], -scores[fit]))
        return ids[fit][order]

    def comment(self, number: int) -> tuple[str, int]:
        """Text and number of words."""
        row: tuple[str, int] = self._db().execute("SELECT text, size FROM comments WHERE id = ?", (number,)).fetchone()
        return row

"""The size of data sets as Table I of the KLVCG paper gives it, the paper's own rows beside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from generation.corpus.records import Corpus
from generation.corpus.vocabulary import split_words


@dataclass(frozen=True)
class Size:
    """One row: counts, total hours, means per video, means per comment (characters, words)."""

    name: str
    videos: int
    comments: int
    hours: float
    seconds: float
    per_video: float
    characters: float
    words: float


# Chen and Jin, "Knowledge Enhanced Model for Live Video Comment Generation", ICME 2023, Table I.
PUBLISHED = (
    Size("Livebot (published)", 2361, 895_929, 114, 174, 380, 9.08, 5.42),
    Size("VideoIC (published)", 4951, 5_330_393, 557, 405, 1077, 9.14, 5.39),
    Size("MovieLC (published)", 85, 1_406_219, 175, 7412, 16_544, 10.37, 6.53),
)
COLUMNS = ("data set", "videos", "comments", "hours", "seconds a video", "comments a video", "characters", "words")


def measure(corpus: Corpus, *, tokenizer: str = "jieba") -> Size:
    """A corpus' row; characters are counted without spaces, as words are cut without them."""
    texts = [comment.text for video in corpus.videos for comment in video.comments]
    seconds = sum(video.duration for video in corpus.videos)
    videos = len(corpus.videos) or 1
    return Size(
        name=corpus.name,
        videos=len(corpus.videos),
        comments=len(texts),
        hours=seconds / 3600,
        seconds=seconds / videos,
        per_video=len(texts) / videos,
        characters=fmean(len("".join(text.split())) for text in texts) if texts else 0.0,
        words=fmean(len(split_words(text, tokenizer)) for text in texts) if texts else 0.0,
    )


def table(sizes: Iterable[Size]) -> str:
    """The rows as aligned text."""
    rows = [COLUMNS, *(_cells(size) for size in sizes)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return "\n".join(_line(row, widths) for row in rows)


def _cells(size: Size) -> tuple[str, ...]:
    whole = (f"{size.videos:,}", f"{size.comments:,}", f"{size.hours:,.1f}", f"{size.seconds:,.0f}")
    return (size.name, *whole, f"{size.per_video:,.0f}", f"{size.characters:.2f}", f"{size.words:.2f}")


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()

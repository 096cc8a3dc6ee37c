"""Moments with frames, for systems that see one."""

from dataclasses import replace

import pytest

from generation.corpus import windows
from generation.corpus.records import Corpus, Sample


@pytest.fixture
def filmed(small_corpus: Corpus) -> list[Sample]:
    """Twenty training moments, two a frame; the first has one comment only."""
    found = [replace(s, frames=(f"frame{s.time // 2}",)) for s in windows.samples(small_corpus, "train")]
    return [replace(found[0], references=found[0].references[:1]), *found[1:]]

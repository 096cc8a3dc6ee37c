"""Whatever bytes come in, a test set is there whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from evalsite.testsets.errors import InputError
from evalsite.testsets.importing import import_outputs, import_testset
from evalsite.testsets.models import Frame, Output, Run, Sample, TestSet
from tests.evalsite.testsets.conftest import sample, stored

pytestmark = pytest.mark.django_db

ANYTHING = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
names = st.sampled_from(["0.jpg", "1.jpg", "9.jpg", "../x", "bad.png", "", "a\x00"])


@st.composite
def nearly_samples(draw: st.DrawFn) -> bytes:
    """A line that is sound but for a few changes, or none."""
    line: dict[str, Any] = sample(draw(st.integers(0, 3)), frames=draw(st.lists(names, max_size=3)))
    for key in draw(st.lists(st.sampled_from(sorted(line)), max_size=2)):
        line[key] = draw(json_values)
    raw = json.dumps(line, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    cut = draw(st.none() | st.integers(0, len(raw)))
    return raw if cut is None or draw(st.integers(0, 3)) else raw[:cut]


files = st.lists(nearly_samples() | st.binary(max_size=30), max_size=5).map(b"\n".join) | st.binary(max_size=200)


@pytest.fixture
def rubbish(pictures: Path) -> Path:
    """The folder of pictures with a broken one among them."""
    (pictures / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnonsense")
    return pictures


@ANYTHING
@given(content=files)
def test_a_test_set_is_whole_or_absent(content: bytes, tmp_path: Path, rubbish: Path, media: Path) -> None:
    path = tmp_path / "any.jsonl"
    path.write_bytes(content)
    try:
        made = import_testset(slug="any", path=path, frames=rubbish)
    except InputError as refusal:
        event("refused")
        for fault in refusal.problems:
            assert fault.message.endswith(".")
            assert fault.message.isprintable()
        assert not TestSet.objects.exists()
        assert not Sample.objects.exists()
        assert not Frame.objects.exists()
        assert stored(media) == []
        return
    lines = [json.loads(line) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    rows = list(made.testset.samples.all())
    assert [row.key for row in rows] == [line["id"] for line in lines]
    assert [row.references for row in rows] == [line.get("references") or [] for line in lines]
    assert [len(row.frames) for row in rows] == [len(line.get("frames") or []) for line in lines]
    assert len(stored(media)) == Frame.objects.count() == len({digest for row in rows for digest in row.frames})
    _forget(media)


def _forget(media: Path) -> None:
    """Every example begins with nothing."""
    TestSet.objects.all().delete()
    Frame.objects.all().delete()
    for path in stored(media):
        path.unlink()


@st.composite
def nearly_outputs(draw: st.DrawFn) -> bytes:
    """A line that is sound but for a change, or none."""
    line = {
        "sample": f"film@{10 + 20 * draw(st.integers(0, 5))}",
        "rank": draw(st.integers(0, 3)),
        "text": draw(st.text(max_size=10)),
        "score": draw(st.none() | st.floats(allow_nan=False)),
    }
    if draw(st.integers(0, 4)) == 0:
        line[draw(st.sampled_from(sorted(line)))] = draw(json_values)
    return json.dumps(line).encode("utf-8", "surrogatepass")


@ANYTHING
@given(content=st.lists(nearly_outputs(), max_size=4).map(b"\n".join) | st.binary(max_size=60))
def test_outputs_are_whole_or_absent(content: bytes, tmp_path: Path, testset: TestSet) -> None:
    path = tmp_path / "any.jsonl"
    path.write_bytes(content)
    try:
        made = import_outputs(testset=testset, system="ours", path=path)
    except InputError:
        event("refused")
        assert not Run.objects.exists()
        assert not Output.objects.exists()
        return
    lines = [json.loads(line) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    wanted = {(line["sample"], int(line["rank"])): line["text"] or "" for line in lines}
    kept = {(row.sample.key, row.rank): row.text for row in made.run.outputs.select_related("sample")}
    assert kept == {place: text if text.strip() else "" for place, text in wanted.items()}
    made.run.delete()

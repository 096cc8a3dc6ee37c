"""What any system wrote comes in as a finished run; people's own comments too."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from evalsite.testsets.errors import InputError, UserError
from evalsite.testsets.importing import import_outputs, import_testset
from evalsite.testsets.models import Output, Run, System, TestSet
from tests.evalsite.testsets.conftest import Lines, sample

pytestmark = pytest.mark.django_db


def output(number: int = 0, rank: int = 1, text: str = "哈哈", **changes: Any) -> dict[str, Any]:
    """A sound line of outputs.jsonl."""
    return {"sample": f"film@{10 + 20 * number}", "rank": rank, "text": text, "score": -1.5, **changes}


def faults(testset: TestSet, path: Path) -> list[str]:
    """The faults of a file, as a user reads them; nothing may have been kept."""
    with pytest.raises(InputError) as caught:
        import_outputs(testset=testset, system="ours", path=path)
    assert not Run.objects.exists()
    assert not System.objects.exists()
    assert not Output.objects.exists()
    return [str(problem) for problem in caught.value.problems]


def test_it_works(testset: TestSet, lines: Lines) -> None:
    path = lines([output(0, 2, "第二"), output(0, 1, " 第一 ", score=None), output(3, 1, " \t"), output(4, 1, "")])
    made = import_outputs(testset=testset, system="mml_cg", path=path)
    assert (made.outputs, made.nulls, made.missing) == (4, 2, 2)
    run = made.run
    assert (run.state, run.source, run.per_sample) == (Run.State.FINISHED, Run.Source.IMPORTED, 2)
    assert run.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert str(run.system) == "MML-CG"
    rows = [(row.sample.key, row.rank, row.text, row.score) for row in Output.objects.for_report()]
    assert rows == [
        ("film@10", 1, " 第一 ", None),
        ("film@10", 2, "第二", -1.5),
        ("film@70", 1, "", -1.5),
        ("film@90", 1, "", -1.5),
    ]
    assert Output.objects.nulls().count() == 2
    assert Output.objects.present().first_choices().get().text == " 第一 "


def test_a_null_may_be_written_as_null(testset: TestSet, lines: Lines) -> None:
    assert import_outputs(testset=testset, system="ours", path=lines([output(0, text=None)])).nulls == 1  # type: ignore[arg-type]


def test_every_fault_is_told_with_its_line_and_field(testset: TestSet, lines: Lines) -> None:
    path = lines(
        [
            output(0),
            output(9),
            output(0),
            output(1, 0),
            output(1, True),
            output(1, "1"),  # type: ignore[arg-type]
            output(1, 1.5),  # type: ignore[arg-type]
            {"sample": "film@10", "rank": 2, "txt": "好"},
            output(2, 1, "好", score="high"),
            output(2, 2, "a\x07"),
            "nonsense",
        ]
    )
    assert faults(testset, path) == [
        "line 2: sample: The test set 'films' has no sample \"film@190\".",
        'line 3: rank: Rank 1 of sample "film@10" is given by line 1 already.',
        "line 4: rank: The number 0 is outside 1 to 1,000.",
        "line 5: rank: The value must be a number, not true.",
        'line 6: rank: The value must be a number, not "1".',
        "line 7: rank: The number must be whole, not 1.5.",
        'line 8: text: The value is missing; write "" where the system said nothing.',
        "line 8: txt: The key is unknown; 'text' is meant, it seems.",
        'line 9: score: The value must be a number, not "high".',
        "line 10: text: The text holds the forbidden character U+0007; remove it.",
        "line 11: The line is not JSON: a value is missing at column 1.",
    ]


def test_ranks_have_no_gaps(testset: TestSet, lines: Lines) -> None:
    assert faults(testset, lines([output(0, 1), output(0, 3)])) == [
        'line 2: rank: Sample "film@10" has rank 3 but no rank 2.'
    ]


def test_an_empty_file_is_refused(testset: TestSet, lines: Lines) -> None:
    assert faults(testset, lines([])) == ["The file holds no outputs."]


def test_people_need_no_file(testset: TestSet) -> None:
    made = import_outputs(testset=testset, system="human", path=None)
    assert (made.outputs, made.missing, made.run.per_sample, str(made.run.system)) == (10, 0, 2, "Human")
    first = made.run.outputs.filter(sample__position=0)
    assert [(row.rank, row.text) for row in first] == [(1, "哈哈哈"), (2, "泪目")]
    assert made.run.digest == testset.digest


def test_samples_without_references_are_counted(db: None, lines: Lines) -> None:
    path = lines([sample(0, references=["一", "二", "三"]), sample(1, references=[]), sample(2, references=["四"])])
    testset = import_testset(slug="sparse", path=path).testset
    made = import_outputs(testset=testset, system="human", path=None)
    assert (made.outputs, made.missing, made.run.per_sample) == (4, 1, 3)


def test_a_test_set_without_any_reference_has_no_people(db: None, lines: Lines) -> None:
    testset = import_testset(slug="mute", path=lines([sample(0, references=[])])).testset
    with pytest.raises(UserError, match="No sample has any"):
        import_outputs(testset=testset, system="human", path=None)


def test_other_systems_need_a_file(testset: TestSet) -> None:
    with pytest.raises(UserError, match="Name the file of ours's outputs"):
        import_outputs(testset=testset, system="ours", path=None)


def test_the_newest_run_of_each_system_is_found(testset: TestSet, lines: Lines) -> None:
    old = import_outputs(testset=testset, system="ours", path=lines([output(0)])).run
    new = import_outputs(testset=testset, system="ours", path=lines([output(1)])).run
    human = import_outputs(testset=testset, system="human", path=None).run
    Run.objects.create(testset=testset, system=new.system, source=Run.Source.GENERATED)
    assert set(Run.objects.of(testset).finished()) == {old, new, human}
    assert set(Run.objects.newest_of_each_system()) == {new, human}
    progress = {run.pk: (run.samples_done, run.samples_total) for run in Run.objects.with_progress()}
    assert progress[human.pk] == (5, 5)
    assert progress[new.pk] == (1, 5)

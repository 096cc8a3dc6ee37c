"""What a generation worker sends back, looked at before any of it is kept: workers may be of another version."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from evalsite.testsets.errors import UserError
from evalsite.testsets.fields import TEXT_LIMIT
from evalsite.testsets.jsonl import shown, unfit


class Written(NamedTuple):
    """One output as it came back."""

    rank: int
    text: str
    score: float | None


class Result(NamedTuple):
    """A batch: the checkpoint's digest, and for each sample its outputs of rank 1 to k in order."""

    digest: str
    outputs: list[list[Written]]


def read_result(result: Any, *, samples: int, per_sample: int) -> Result:
    """The batch, or a UserError that says how it differs from what was asked for."""
    if not isinstance(result, dict) or not isinstance(result.get("outputs"), list):
        raise _refused("it is not an object with a list of outputs")
    digest, outputs = result.get("checkpoint"), result["outputs"]
    if not isinstance(digest, str) or not 0 < len(digest) <= 64:
        raise _refused("it does not name the checkpoint's digest")
    if len(outputs) != samples:
        raise _refused(f"{samples} samples were asked for and {len(outputs)} came")
    return Result(digest, [_sample(found, per_sample) for found in outputs])


def _refused(reason: str) -> UserError:
    return UserError(f"The generation worker sent a batch that cannot be stored: {reason}.")


def _sample(found: Any, per_sample: int) -> list[Written]:
    if not isinstance(found, list):
        raise _refused("the outputs of a sample are not a list")
    written = sorted((_output(output) for output in found), key=lambda output: output.rank)
    if [output.rank for output in written] != list(range(1, per_sample + 1)):
        ranks = ", ".join(str(output.rank) for output in written) or "none"
        raise _refused(f"a sample has outputs of rank {ranks} where 1 to {per_sample} were asked for")
    return written


def _output(output: Any) -> Written:
    if not isinstance(output, dict):
        raise _refused(f"an output is {shown(output)}, not an object")
    rank, text, score = output.get("rank"), output.get("text"), output.get("score")
    if isinstance(rank, bool) or not isinstance(rank, int):
        raise _refused(f"a rank is {shown(rank)}, not a whole number")
    if not isinstance(text, str) or len(text) > TEXT_LIMIT or any(unfit(text)):
        raise _refused(f"the text of an output is {shown(text)}")
    if score is not None and not _is_number(score):
        raise _refused(f"a score is {shown(score)}, not a number")
    return Written(rank, text if text.strip() else "", None if score is None else float(score))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

"""Places within groups, as the report counts cards and n-grams."""

from __future__ import annotations

import numpy as np

from evalsite.reports.estimators.codes import places


def test_places_begin_at_0_in_every_group_and_empty_groups_have_none() -> None:
    assert places(np.array([3, 0, 1, 2])).tolist() == [0, 1, 2, 0, 0, 1]
    assert places(np.array([], dtype=np.int64)).tolist() == []

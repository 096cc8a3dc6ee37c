"""Keys of any kind as dense codes, and integers in order: what numpy sorts slowly, by tables and packed numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evalsite.reports.estimators.results import Bools, Ints


def encode(keys: npt.ArrayLike) -> tuple[Ints, npt.NDArray[Any]]:
    """Dense codes of any keys: `(codes (N,), values (G,))` with `values[codes] == keys`, values ascending.

    Integers that span little more than their number (database ids, cells) go through a lookup table, which
    is some ten times faster than sorting.
    """
    array = np.asarray(keys)
    if array.size and np.issubdtype(array.dtype, np.integer):
        low, high = int(array.min()), int(array.max())
        if high - low <= 8 * array.size + 65536:
            shifted = array.astype(np.int64, copy=False) - low if low else array.astype(np.int64, copy=False)
            seen = np.zeros(high - low + 1, dtype=bool)
            seen[shifted] = True
            present = np.flatnonzero(seen)
            if len(present) == len(seen):  # dense as they are
                return shifted, present + low
            lookup = np.empty(len(seen), dtype=np.int64)  # only the places that are looked up are filled
            lookup[present] = np.arange(len(present))
            return lookup[shifted], present + low
        rows, ordered, new = in_order(array)
        codes = np.empty(array.size, dtype=np.int64)
        codes[rows] = np.cumsum(new) - 1
        return codes.reshape(array.shape), ordered[new]
    values, codes = np.unique(array, return_inverse=True)
    return codes.astype(np.int64).reshape(array.shape), values


def in_order(keys: Ints) -> tuple[Ints, Ints, Bools]:
    """Rows of integers by value, equal ones as they stand; the values in that order; where a new one begins: each (N,).

    Where key and row fit into one number, those are sorted: numpy sorts numbers several times faster than places.
    """
    flat = keys.reshape(-1).astype(np.int64, copy=False)
    bits = max(len(flat) - 1, 0).bit_length()
    low = int(flat.min(initial=0))
    if (int(flat.max(initial=0)) - low).bit_length() + bits > 62:
        rows = np.argsort(flat, kind="stable")
        ordered = flat[rows]
    else:
        packed = np.sort(((flat - low) << bits) | np.arange(len(flat)))
        rows, ordered = packed & ((1 << bits) - 1), (packed >> bits) + low
    new = np.ones(len(flat), dtype=bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return rows, ordered, new


def places(count: Ints) -> Ints:
    """The place of each row within its group, from 0; the first `count[0]` rows are the first group, and so on."""
    return np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)

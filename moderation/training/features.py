"""Hashed features of many things -> a matrix of those that several groups have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["grouped_matrix"]


def grouped_matrix(
    sizes: npt.NDArray[np.int64],
    keys: npt.NDArray[np.uint32],
    values: npt.NDArray[np.float32] | npt.NDArray[np.float64],
    groups: npt.NDArray[np.int64],
    min_groups: int,
) -> tuple[sparse.csr_matrix, npt.NDArray[np.uint32]]:
    """The features as a matrix of shape (n, F), and the keys by column, of at least ``min_groups`` groups each.

    A phrase that is planted five times says no more of its characters than one that is planted once, and what stands on
    every page of one site says what the site is.

    Args:
        sizes: how many features each row has, shape (n,).
        keys: those of one row behind the other's.
        values: of these keys.
        groups: what a row must not be counted twice for, shape (n,).
        min_groups: groups a feature must stand in.
    """
    distinct, columns = np.unique(keys, return_inverse=True)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    _, group = np.unique(groups, return_inverse=True)
    # Each pair of a feature and a group once.
    pairs = np.unique(columns.astype(np.int64) * (int(group.max()) + 1) + group[rows])
    kept = np.bincount(pairs // (int(group.max()) + 1), minlength=len(distinct)) >= min_groups
    number = np.full(len(distinct), -1, np.int64)
    number[kept] = np.arange(int(kept.sum()))
    columns = number[columns]
    known = columns >= 0
    matrix = sparse.csr_matrix(
        (values[known].astype(np.float64), (rows[known], columns[known])), shape=(len(sizes), int(kept.sum()))
    )
    return matrix, distinct[kept]

"""Fronts and hypervolumes against their definitions, on points of a grid."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest

from skhypershap.games.pareto_front import check_library, front_of, hypervolume


def grid_points(seed, n_objectives, n_points=12):
    """Multiples of a fifth, some of them twice, at or beyond the reference point."""
    return np.random.default_rng(seed).integers(0, 7, size=(n_points, n_objectives)) / 5


def volume_by_cells(points):
    """The number of cells of the unit cube that some point dominates, times their volume."""
    n_objectives = points.shape[1]
    centres = (np.array(list(itertools.product(range(5), repeat=n_objectives))) + 0.5) / 5
    return (points[:, None] < centres).all(axis=2).any(axis=0).sum() / 5**n_objectives


@pytest.mark.parametrize("n_objectives", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_front_and_its_volume_equal_their_definitions(n_objectives, seed):
    if n_objectives > 2:
        pytest.importorskip("moocore")
    points = grid_points(seed, n_objectives)
    points[0, 0] = np.nan
    inside = {tuple(point) for point in points.tolist() if max(point) < 1 and point[0] >= 0}
    expected = {
        one
        for one in inside
        if not any(all(o <= p for o, p in zip(other, one, strict=True)) for other in inside - {one})
    }
    front = front_of(points)
    assert {tuple(point) for point in front.tolist()} == expected
    if n_objectives == 2:
        assert len(front) == len(expected)  # equal points once
    assert hypervolume(front) == pytest.approx(volume_by_cells(points[1:]))


@pytest.mark.parametrize("points", [[[1.0, 0.0]], [[0.2, 1.5], [1.1, 0.1]], np.zeros((0, 2))])
def test_points_at_the_reference_have_no_volume(points):
    front = front_of(np.array(points))
    assert len(front) == 0
    assert hypervolume(front) == 0.0


def test_one_point_is_a_rectangle():
    assert hypervolume(front_of(np.array([[0.25, 0.5]]))) == 0.75 * 0.5


def test_only_three_objectives_need_a_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "moocore", None)
    check_library(2)
    assert hypervolume(front_of(np.array([[0.5, 0.5]]))) == 0.25
    with pytest.raises(ImportError, match=r'pip install "skhypershap\[pareto\]"'):
        check_library(3)

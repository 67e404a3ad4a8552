"""Indices against shapiq's slow exact computer, and against the axioms."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import bits
from hypothesis import given, settings
from hypothesis import strategies as st
from shapiq import ExactComputer
from shapiq.game_theory.indices import ALL_AVAILABLE_CONCEPTS

from skhypershap.interactions.indices import (
    INDICES,
    IndexSpec,
    exact_interactions,
    interactions_of,
    measure_name,
    moebius_of_small,
)

EFFICIENT = [name for name, row in INDICES.items() if row.efficient]


def random_gains(n_players, seed=0):
    gains = np.random.default_rng(seed).normal(scale=0.1, size=2**n_players)
    gains[0] = 0
    return gains


def game_of(gains):
    n_players = len(gains).bit_length() - 1
    return lambda coalitions: gains[np.asarray(coalitions) @ (1 << np.arange(n_players))]


@pytest.mark.parametrize("n_players", [1, 2, 3, 5])
@pytest.mark.parametrize("index", INDICES)
def test_indices_equal_shapiqs_exact_computer(index, n_players):
    gains = random_gains(n_players)
    computer = ExactComputer(n_players=n_players, game=game_of(gains))
    for order in range(1, 2 if INDICES[index].singles_only else n_players + 1):
        expected = computer(index=index, order=order)
        found = exact_interactions(gains, index, order)
        assert measure_name(index, order) == expected.index
        reference = {key: v for key, v in expected.interactions.items() if len(key) <= order}
        assert found.keys() == reference.keys()
        for members, value in reference.items():
            assert found[members] == pytest.approx(value, abs=1e-9), (order, members)


@given(
    n_players=st.integers(1, 6),
    seed=st.integers(0, 10_000),
    index=st.sampled_from(EFFICIENT),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_efficient_indices_sum_to_the_gain(n_players, seed, index, data):
    order = data.draw(st.integers(1, n_players))
    gains = random_gains(n_players, seed)
    values = exact_interactions(gains, index, order)
    assert sum(values.values()) == pytest.approx(gains[-1], abs=1e-10)


@given(seed=st.integers(0, 10_000), index=st.sampled_from(list(INDICES)), order=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_indices_satisfy_dummy_symmetry_and_linearity(seed, index, order):
    random = np.random.default_rng(seed)
    # Player 3 is a dummy; players 0 and 1 are made symmetric by averaging over their swap.
    core = random.normal(size=8)
    swap = [bits(int(b"\x01\x00\x02"[p]) for p in range(3) if s >> p & 1) for s in range(8)]
    core = core + core[swap]
    gains = np.array([core[s & 7] for s in range(16)])
    gains -= gains[0]
    values = exact_interactions(gains, index, order)
    assert all(abs(v) < 1e-9 for members, v in values.items() if 3 in members)
    assert values[(0,)] == pytest.approx(values[(1,)], abs=1e-9)
    if (0, 2) in values:
        assert values[(0, 2)] == pytest.approx(values[(1, 2)], abs=1e-9)
    other = random_gains(4, seed + 1)
    summed = exact_interactions(2 * gains - other, index, order)
    others = exact_interactions(other, index, order)
    for members, value in summed.items():
        assert value == pytest.approx(2 * values[members] - others[members], abs=1e-9)


def test_unanimity_game_has_known_values():
    """v(S) = 1 if all three of three players are in: a third each for SV, a quarter for Banzhaf.

    FSII of order 2 (Tsai et al. 2023, Theorem 19): singles -(1/3) * 2 * 1 / 4, pairs 1 / 2.
    """
    gains = np.zeros(8)
    gains[7] = 1.0
    assert exact_interactions(gains, "SV", 1)[(1,)] == pytest.approx(1 / 3)
    assert exact_interactions(gains, "BV", 1)[(1,)] == pytest.approx(1 / 4)
    fsii = exact_interactions(gains, "FSII", 2)
    assert fsii[(0,)] == pytest.approx(-1 / 6)
    assert fsii[(0, 2)] == pytest.approx(1 / 2)
    moebius = exact_interactions(gains, "Moebius", 3)
    assert moebius[(0, 1, 2)] == 1.0
    assert moebius[(0, 1)] == 0.0


def test_fsii_and_stii_of_full_order_equal_moebius():
    gains = random_gains(4)
    moebius = exact_interactions(gains, "Moebius", 4)
    for index in ("FSII", "STII"):
        found = exact_interactions(gains, index, 4)
        assert all(found[members] == pytest.approx(moebius[members]) for members in moebius)


def test_moebius_of_small_equals_the_full_transform():
    gains = random_gains(5)
    small = interactions_of(5, 2)
    found = moebius_of_small(small, np.array([gains[bits(members)] for members in small]))
    expected = exact_interactions(gains, "Moebius", 2)
    assert found.keys() == expected.keys()
    assert all(found[members] == pytest.approx(expected[members]) for members in expected)


@pytest.mark.parametrize("index", INDICES)
def test_index_has_the_source_that_shapiq_cites(index):
    source, cited = INDICES[index].source, ALL_AVAILABLE_CONCEPTS[index]["source"]
    if index == "BV":  # an article without a DOI, cited by title
        assert "Rutgers Law Review" in source
        assert "Rutgers Law Review" in cited
    else:
        assert source == cited


class TestIndexSpec:
    def test_checked_accepts_every_index_and_order(self):
        for index in INDICES:
            for order in range(1, 4):
                index_spec = IndexSpec.checked(index, order, n_players=3, max_exact=16)
                assert index_spec == IndexSpec(index, order, 16)
                assert index_spec.measure == measure_name(index, order)
                assert index_spec.efficient == (index in EFFICIENT)

    def test_default_order_of_a_single_player_becomes_one(self):
        assert IndexSpec.checked("FSII", 2, n_players=1, max_exact=16).order == 1

    def test_unknown_index_raises(self):
        with pytest.raises(ValueError, match=r"Unknown index 'FSI'\. Did you mean 'FSII'\?"):
            IndexSpec.checked("FSI", 2, n_players=3, max_exact=16)

    @pytest.mark.parametrize("order", [0, 4, 2.0, True, "2", None])
    def test_invalid_order_raises(self, order):
        with pytest.raises(
            ValueError, match=r"order must be an integer from 1 to 3, the number of"
        ):
            IndexSpec.checked("FSII", order, n_players=3, max_exact=16)

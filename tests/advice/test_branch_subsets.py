"""The best subsets of made-up games with branches, against all their coalitions."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from skhypershap.advice.branch_subsets import best_of_branches, can_rank
from skhypershap.games.branch_games import BranchGames, SmallGame
from skhypershap.games.branches import Branches, Root
from skhypershap.surrogate.blends import all_coalitions

NOTHING = np.empty(0)
SIZES = [((2, 1), 1), ((3, 0, 1), 0), ((2, 2), 2), ((1,), 1), ((0, 0), 1)]


def made(sizes, n_shared, seed, **options):
    """Small games with many equal values, and coalitions without any legal blend."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(1 + n_shared + sum(sizes)).tolist()
    players = iter(order[1 + n_shared :])
    branches = tuple(tuple(sorted(itertools.islice(players, size))) for size in sizes)
    root = Root(order[0], 0, np.arange(len(sizes)), branches)
    split = Branches((root,), tuple(sorted(order[1 : 1 + n_shared])))
    small = {}
    for key in split.all_keys():
        own = split.players(key, (0,))
        values = generator.integers(0, 4, size=1 << len(own)).astype(float)
        values[generator.random(len(values)) < 0.2] = -np.inf
        small[key] = SmallGame(own, values, NOTHING, NOTHING, 1.0)
    small[-1,].values[0] = 0.0
    found = {"is_variance": False, "gain_sign": 1.0, **options}
    games = BranchGames(split, (0,), small, found["is_variance"], found["gain_sign"], 0.25)
    return SimpleNamespace(games=[games], n_players=len(order), empty=0.25, sign=-1.0)


@pytest.mark.parametrize(("sizes", "n_shared"), SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_best_subset_of_each_size_is_that_of_all_coalitions(sizes, n_shared, seed):
    """Of equal ones the first by position; without a legal blend nothing is gained."""
    branched = made(sizes, n_shared, seed)
    gains = branched.games[0].gains(all_coalitions(branched.n_players))
    found = best_of_branches(branched)
    assert [len(one.members) for one in found.best] == list(range(1, branched.n_players + 1))
    for size, one in enumerate(found.best, start=1):
        subsets = list(itertools.combinations(range(branched.n_players), size))
        values = [gains[sum(1 << player for player in members)] for members in subsets]
        assert one.gain == max(values)
        if max(values) > 0:
            assert one.members == subsets[int(np.argmax(values))]
    assert found.baseline_score == 0.25
    assert found.full_score == 0.25 - found.best[-1].gain
    assert found.exact


def test_several_baselines_variances_and_losses_are_not_ranked():
    assert can_rank(made((1, 1), 1, 0))
    assert not can_rank(made((1, 1), 1, 0, is_variance=True))
    assert not can_rank(made((1, 1), 1, 0, gain_sign=-1.0))
    several = made((1, 1), 1, 0)
    several.games *= 2
    assert not can_rank(several)

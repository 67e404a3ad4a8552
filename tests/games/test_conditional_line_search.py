"""Line search through the process on spaces with conditions: honest scores, and no better neighbour."""

import numpy as np
import pytest
from conftest import CONDITIONAL_SPACES
from random_spaces import legality_of, random_space

from skhypershap.games.conditional_line_search import ConditionalLineSearch
from skhypershap.games.legal_values import legal_values
from skhypershap.games.line_search import GridLineSearch, line_search_for
from skhypershap.space.sampling import sample_vectors
from skhypershap.surrogate.blends import Blends
from skhypershap.surrogate.fitting import SurrogateSpec

SPACES = {
    **CONDITIONAL_SPACES,
    **{f"random {seed}": lambda seed=seed: random_space(seed) for seed in range(6)},
}


def searched(kind, name, sign=1.0, n_points=40):
    """A line search, points from which it starts, where it ends, and sign * score there."""
    space = SPACES[kind]()
    legality = legality_of(space)
    vectors = sample_vectors(space, 80, 0)
    scores = np.sin(5 * np.nan_to_num(vectors, nan=0.7)) @ np.arange(1.0, 1 + len(space))
    surrogate = SurrogateSpec(name, vectors, scores, legality).fit_unmeasured(seed=0)
    points = legality.fill(sample_vectors(space, n_points, 1))
    blends = Blends(points, points[0], np.arange(len(space)))
    search = line_search_for(surrogate, space, blends, sign=sign)
    assert isinstance(search, ConditionalLineSearch)
    free = np.ones(points.shape, dtype=bool) & ~search.fixed
    free[::2, 0] = False
    turns = np.zeros((len(points), 2), dtype=np.int64)
    ended, found = search.ascend(points, free, turns)
    return surrogate, blends, points, free, ended, found


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", ["auto", "gp"])
@pytest.mark.parametrize("kind", SPACES)
def test_scores_are_those_of_the_points_and_never_worse(kind, name, sign):
    surrogate, _, points, free, ended, found = searched(kind, name, sign)
    moved = np.isfinite(found)
    size = np.ptp(surrogate.model.warp_.scores)
    np.testing.assert_allclose(
        found[moved], sign * surrogate.predict(ended[moved]), rtol=0, atol=1e-9 * size
    )
    assert np.all(found[moved] >= sign * surrogate.predict(points[moved]) - 1e-9 * size)
    np.testing.assert_array_equal(ended[~moved], points[~moved])
    np.testing.assert_array_equal(ended[~free], points[~free])
    assert not surrogate.legality.forbidden(ended[moved]).any()
    for column, legal in enumerate(legal_values(surrogate.legality.space)):
        values = ended[ended[:, column] != points[:, column], column]
        if legal is None:
            assert np.all((values >= 0) & (values <= 1))
        else:
            assert np.abs(values[:, None] - legal).min(axis=1).max(initial=0.0) < 1e-9


@pytest.mark.parametrize("name", ["auto", "gp"])
@pytest.mark.parametrize("kind", SPACES)
def test_no_value_of_one_column_is_much_better(kind, name):
    surrogate, blends, _, free, ended, found = searched(kind, name)
    space = surrogate.legality.space
    grid = GridLineSearch(surrogate, space, blends, 1.0)
    rows = np.flatnonzero(np.isfinite(found))
    size = np.ptp(surrogate.model.warp_.scores)
    for column in np.flatnonzero(free[1]):
        if not len(rows):
            break
        _, best = grid._best_on_line(ended[rows], column)
        gain = np.where(free[rows, column], best - found[rows], 0.0)
        assert gain.max() < 1e-3 * size

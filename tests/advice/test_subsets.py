"""What to tune next: the best coalition of each size, against brute force on v."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace
from sklearn.tree import DecisionTreeRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.advice.subsets import Subset, grown_subsets
from skhypershap.games.value_function import ValueFunction

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


@pytest.fixture(scope="module", params=["maximize", "minimize"])
def explainer(request):
    space = ConfigurationSpace({f"x{number}": (0.0, 1.0) for number in range(5)}, seed=0)
    configs = space.sample_configuration(60)
    vectors = np.array([config.get_array() for config in configs])
    scores = vectors[:, 0] * vectors[:, 1] + np.sin(4 * vectors[:, 2]) - vectors[:, 3] ** 2
    fitted = HyperSHAPExplainer(space, direction=request.param, n_samples=100, random_state=0)
    return fitted.fit(configs, scores)


@pytest.mark.parametrize("game", ["tunability", "mistunability", "sensitivity", "ablation"])
@pytest.mark.parametrize("baseline", [None, "worst", ["median", "worst"]])
def test_best_subsets_equal_brute_force(explainer, game, baseline):
    values = explainer.coalition_values(game, baseline=baseline)
    sign = -1 if explainer.direction == "minimize" and game != "sensitivity" else 1
    values["gain"] = sign * (values["value"] - values["value"].iloc[0])
    table = explainer.best_subsets(game, baseline=baseline)
    assert list(table) == ["size", "hyperparameters", "gain", "share", "configuration"]
    assert table["size"].tolist() == [1, 2, 3, 4, 5]
    full = values["gain"].iloc[-1]
    for row in table.itertuples():
        best = values[values["size"] == row.size].sort_values(
            "gain", ascending=False, kind="stable"
        )
        assert row.hyperparameters == best["coalition"].iloc[0]
        assert row.gain == best["gain"].iloc[0]
        assert row.share == pytest.approx(row.gain / full)
    assert table.attrs["baseline_score"] == values["value"].iloc[0]
    assert table.attrs["full_score"] == values["value"].iloc[-1]


def test_shares_grow_to_one(explainer):
    share = explainer.best_subsets()["share"]
    assert share.is_monotonic_increasing
    assert share.iloc[-1] == 1


def test_first_of_equal_subsets_is_chosen():
    space = ConfigurationSpace()
    space.add([Categorical(name, [0, 1], default=0) for name in "abc"])
    configs = [dict(zip("abc", map(int, f"{row:03b}"), strict=True)) for row in range(8)] * 3
    fitted = HyperSHAPExplainer(
        space, surrogate=DecisionTreeRegressor(random_state=0), random_state=0
    ).fit(configs, [sum(c.values()) for c in configs])
    table = fitted.best_subsets()
    assert table["hyperparameters"].tolist() == [("a",), ("a", "b"), ("a", "b", "c")]
    np.testing.assert_allclose(table["share"], [1 / 3, 2 / 3, 1])


@pytest.mark.parametrize(("max_exact", "second"), [(3, ("a", "b")), (2, ("a", "c"))])
def test_subsets_are_compared_up_to_max_exact_players(max_exact, second):
    """a and b gain only together, which growing by the largest gain misses: a tie goes to the first."""
    space = ConfigurationSpace()
    space.add([Categorical(name, [0, 1], default=0) for name in "abc"])
    configs = [dict(zip("abc", map(int, f"{row:03b}"), strict=True)) for row in range(8)] * 3
    fitted = HyperSHAPExplainer(
        space,
        surrogate=DecisionTreeRegressor(random_state=0),
        max_exact=max_exact,
        random_state=0,
    ).fit(configs, [3 * c["a"] * c["b"] + c["c"] for c in configs])
    table = fitted.best_subsets()
    assert table["hyperparameters"].iloc[0] == ("c",)
    assert table["hyperparameters"].iloc[1] == second
    assert table["gain"].tolist() == ([1, 3, 4] if max_exact == 3 else [1, 1, 4])


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("game", "weights", "members", "gains"),
    [
        ("tunability", [1, 4, -9], [(1,), (0, 1), (0, 1, 2)], [4, 5, 5]),
        ("mistunability", [-1, -4, -0.5], [(2,), (0, 2), (0, 1, 2)], [-0.5, -1.5, -5.5]),
        ("mistunability", [9, -4, -1], [(0,), (0, 1), (0, 1, 2)], [0, 0, 0]),
    ],
)
def test_grown_subsets_never_lose_what_smaller_ones_reach(game, weights, members, gains, sign):
    """Of sums of weights: tuning more never scores less, and the worst case never better."""

    def scores(coalitions):
        return 10 + sign * (coalitions @ np.array(weights, dtype=float))

    v = ValueFunction(game, 3, sign, True, 0, scores)
    found = grown_subsets(v)
    assert found.best == [Subset(*row) for row in zip(members, gains, strict=True)]
    assert (found.baseline_score, found.full_score) == (10, 10 + sign * gains[-1])
    assert not found.exact


def test_reduced_search_without_gain_raises(mixed_space, mixed_trials):
    fitted = HyperSHAPExplainer(mixed_space, n_samples=50, random_state=0)
    with pytest.warns(Warning, match="same"):
        fitted.fit(mixed_trials[0], np.zeros(80))
    table = fitted.best_subsets()
    assert (table["gain"] == 0).all()
    assert table["share"].isna().all()
    with pytest.raises(ValueError, match="gains nothing over the baseline"):
        fitted.reduced_search()


def test_subsets_beyond_max_exact_are_grown_greedily(mixed_space, mixed_trials):
    """An additive game is no harder to grow; here the grown subsets are the best ones."""
    configs, _ = mixed_trials
    scores = [3 * config["alpha"] + config["depth"] / 12 for config in configs]
    arguments = {"n_samples": 200, "random_state": 0}
    exact = HyperSHAPExplainer(mixed_space, **arguments).fit(configs, scores).best_subsets()
    grown = HyperSHAPExplainer(mixed_space, max_exact=3, **arguments).fit(configs, scores)
    grown = grown.best_subsets()
    assert exact.attrs["exact"] is True
    assert grown.attrs["exact"] is False
    assert grown["hyperparameters"].tolist()[:2] == exact["hyperparameters"].tolist()[:2]
    assert grown["gain"].is_monotonic_increasing
    np.testing.assert_allclose(grown["gain"], exact["gain"], rtol=0.05)


class TestReducedSpace:
    """Where the source is no search, the space with the rest constant."""

    @pytest.fixture
    def fitted(self, mixed_space, mixed_trials):
        configs, scores = mixed_trials
        return HyperSHAPExplainer(mixed_space, n_samples=200, random_state=0).fit(configs, scores)

    def test_held_hyperparameters_are_constant(self, fitted):
        for row in fitted.best_subsets().itertuples():
            space = fitted.reduced_search(row.size)
            free = {name for name, item in space.items() if item.size > 1}
            assert free == set(row.hyperparameters)
            held = {name: space[name].default_value for name in set(space) - free}
            assert held == {name: fitted.baseline_[name] for name in held}
            assert set(space) == set(fitted.space_)

    def test_reduced_space_gains_no_more_than_its_subset(self, fitted):
        """In the reduced space the baseline is the same, and the gain is that of the subset."""
        space = fitted.reduced_search(2)
        names = [name for name, item in space.items() if item.size > 1]
        configs = [dict(config) for config in space.sample_configuration(20)]
        gains = fitted.predict_score(configs) - fitted.predict_score([fitted.baseline_])
        assert gains.max() <= fitted.best_subsets()["gain"].iloc[1] + 1e-12
        assert set(names) == set(fitted.best_subsets()["hyperparameters"].iloc[1])

    def test_smallest_subset_that_reaches_the_share(self, fitted):
        shares = fitted.best_subsets()["share"]
        for share in (0.3, 0.5, 0.9, 1.0):
            space = fitted.reduced_search(share=share)
            n_free = sum(item.size > 1 for item in space.values())
            assert n_free == 1 + int(np.argmax(shares >= share))

    @pytest.mark.parametrize("share", [0, -0.1, 1.01, "all", None, True])
    def test_invalid_share_raises(self, fitted, share):
        with pytest.raises(ValueError, match="share must be a number above 0 and at most 1"):
            fitted.reduced_search(share=share)

    @pytest.mark.parametrize("size", [0, -1, 6, 2.0, "2", True])
    def test_invalid_size_raises(self, fitted, size):
        with pytest.raises(ValueError, match="size must be an integer from 1 to 5"):
            fitted.reduced_search(size)

    def test_several_baselines_raise(self, mixed_space, mixed_trials):
        fitted = HyperSHAPExplainer(mixed_space, baseline=["median", "worst"], n_samples=50)
        with pytest.raises(ValueError, match="There are 2 baselines"):
            fitted.fit(*mixed_trials).reduced_search(1)

    def test_verify_without_search_raises(self, fitted):
        with pytest.raises(ValueError, match="search"):
            fitted.verify([[0]], [0])

"""More hyperparameters than `max_exact`: exact ablations, approximations of other games."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor

from skhypershap import ApproximationWarning, HyperSHAPExplainer, load_case
from skhypershap.interactions.indices import INDICES, exact_interactions
from skhypershap.surrogate.default_model import is_costly
from skhypershap.surrogate.surrogate import Surrogate

X, Y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def many():
    """18 hyperparameters, of which three matter; too many for all coalitions."""
    names = [f"h{number:02}" for number in range(18)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)))
    space.seed(0)
    configs = space.sample_configuration(120)
    scores = [3 * c["h03"] + 2 * c["h07"] * c["h11"] for c in configs]
    model = RandomForestRegressor(n_estimators=10)
    return HyperSHAPExplainer(space, surrogate=model, n_samples=20, random_state=0).fit(
        configs, scores
    )


def test_ablation_is_exact_beyond_max_exact(many):
    table = many.explain("ablation", order=2)
    assert table.attrs["exact"] is True
    assert table["interaction"].iloc[0] == "h03"
    many.set_params(max_exact=18)
    values = many.coalition_values("ablation").set_index("coalition")["value"]
    many.set_params(max_exact=16)
    names = many.hyperparameter_names_
    in_bits = [tuple(n for i, n in enumerate(names) if s >> i & 1) for s in range(2**18)]
    gains = values.loc[in_bits].to_numpy() - values.iloc[0]
    expected = exact_interactions(gains, "FSII", 2)
    for hyperparameters, value in zip(table["hyperparameters"], table["value"], strict=True):
        members = tuple(names.index(name) for name in hyperparameters)
        assert value == pytest.approx(expected[members], abs=1e-9)
    assert table.attrs["full_score"] == pytest.approx(values.iloc[-1], abs=1e-9)


@pytest.mark.parametrize("index", INDICES)
def test_other_games_are_approximated_with_budget_in_attrs(many, index):
    table = many.explain("tunability", index=index, order=1)
    assert table["interaction"].iloc[0] == "h03"
    assert table.attrs["exact"] is False
    assert table.attrs["budget"] == (19 if index == "Moebius" else 2048)
    assert table.attrs["approximator"]


def test_approximated_shapley_values_are_close_to_exact(many):
    found = many.explain("sensitivity", index="SV").set_index("interaction")["value"]
    exact = many.set_params(max_exact=18).explain("sensitivity", index="SV")
    many.set_params(max_exact=16)
    expected = exact.set_index("interaction")["value"]
    assert (found - expected).abs().max() < 0.02 * expected.sum()


@pytest.mark.parametrize("index", ["FSII", "k-SII", "BII", "FBII"])
def test_approximated_pairs_are_close_to_exact(many, index):
    found = many.explain("tunability", index=index).set_index("interaction")["value"]
    exact = many.set_params(max_exact=18).explain("tunability", index=index)
    many.set_params(max_exact=16)
    expected = exact.set_index("interaction")["value"]
    assert (found - expected).abs().max() < 0.1 * expected.abs().max()


def test_poor_approximation_warns(many):
    with pytest.warns(ApproximationWarning, match=r"STII by SVARMIQ sums to"):
        many.explain("tunability", index="STII", order=2)


def test_approximated_gain_is_at_least_that_of_singles(many):
    for game, sign in (("tunability", 1), ("mistunability", -1)):
        table = many.explain(game, index="FSII", order=1)
        gain = sign * (table.attrs["full_score"] - table.attrs["baseline_score"])
        alone = many.explain(game, index="Moebius", order=1)["value"]
        assert gain >= (sign * alone).max() - 1e-12
        assert (sign * alone >= 0).all()


def test_ablation_without_trees_is_exact_up_to_20_players():
    names = [f"h{number}" for number in range(4)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)))
    configs = [
        dict(zip(names, row, strict=True)) for row in np.random.default_rng(0).random((60, 4))
    ]
    fitted = HyperSHAPExplainer(space, surrogate=KNeighborsRegressor(), max_exact=2, random_state=0)
    table = fitted.fit(configs, [sum(c.values()) for c in configs]).explain("ablation")
    assert table.attrs["exact"] is True


def test_game_beyond_max_exact_evaluates_coalitions_on_demand(many):
    with pytest.raises(ValueError, match="max_exact=16"):
        many.coalition_values()
    game = many.game("ablation")
    table = many.explain("ablation", index="SV", order=1)
    assert game(game.grand_coalition[None])[0] == pytest.approx(table["value"].sum())
    estimated = many.interaction_values(index="SV", order=1)
    assert estimated.estimated
    assert estimated.estimation_budget == 2048


def wide_explainer(n_players, n_moving, surrogate="auto"):
    """Trials of many hyperparameters, and a configuration that moves some of them."""
    names = [f"h{number:02}" for number in range(n_players)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)), seed=0)
    configs = [dict(config) for config in space.sample_configuration(60)]
    scores = [3 * c["h03"] + 2 * c["h07"] * c["h01"] - c["h02"] for c in configs]
    fitted = HyperSHAPExplainer(space, surrogate=surrogate, n_samples=20, random_state=0)
    config = dict(space.get_default_configuration()) | dict.fromkeys(names[1 : 1 + n_moving], 0.9)
    return fitted.fit(configs, scores), config


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
class TestAblationOfPlayersThatMove:
    @pytest.mark.parametrize("surrogate", ["auto", "gp"])
    @pytest.mark.parametrize(("index", "order"), [("SV", 1), ("FSII", 3), ("STII", 2), ("BII", 2)])
    def test_it_is_that_of_all_coalitions(self, surrogate, index, order):
        explainer, config = wide_explainer(9, 6, surrogate)
        keys = ["interaction", "hyperparameters"]
        every = explainer.explain("ablation", config=config, index=index, order=order)
        some = explainer.set_params(max_exact=2).explain(
            "ablation", config=config, index=index, order=order
        )
        assert some.attrs["full_score"] == pytest.approx(every.attrs["full_score"], abs=1e-10)
        assert some.attrs["exact"] is True
        found, expected = (table.set_index(keys)["value"] for table in (some, every))
        assert set(found.index) == set(expected.index)
        np.testing.assert_allclose(found[expected.index], expected, atol=1e-10)

    @pytest.mark.parametrize("surrogate", ["auto", "gp"])
    def test_it_is_exact_for_many_hyperparameters_of_which_few_differ(self, surrogate):
        explainer, config = wide_explainer(40, 8, surrogate)
        table = explainer.explain("ablation", config=config, index="FSII", order=2)
        assert table.attrs["exact"] is True
        gain = table.attrs["full_score"] - table.attrs["baseline_score"]
        assert table["value"].sum() == pytest.approx(gain)
        moving = {f"h{number:02}" for number in range(1, 9)}
        others = [not moving.issuperset(names) for names in table["hyperparameters"]]
        assert (table["value"][others] == 0).all()
        assert len(table) == 40 + 40 * 39 / 2
        few = explainer.explain(
            "ablation", config=config, groups={"rest": [f"h{n:02}" for n in range(9, 40)]}
        )
        whole = table.set_index("interaction")["value"]
        for interaction, value in few.set_index("interaction")["value"].items():
            assert value == pytest.approx(whole.get(interaction, 0.0), abs=1e-9)

    def test_of_a_configuration_that_is_the_baseline_it_is_zero(self):
        explainer, _ = wide_explainer(30, 0)
        table = explainer.explain("ablation", config=dict(explainer.baseline_))
        assert table.attrs["exact"] is True
        assert (table["value"] == 0).all()

    def test_of_two_baselines_all_that_differ_from_one_move(self):
        explainer, config = wide_explainer(24, 3)
        other = dict(explainer.baseline_) | {"h20": 0.25}
        baselines = [dict(explainer.baseline_), other]
        both = explainer.explain("ablation", config=config, baseline=baselines)
        parts = [explainer.explain("ablation", config=config, baseline=b) for b in baselines]
        tables = [table.set_index("interaction")["value"] for table in (both, *parts)]
        expected = (tables[1] + tables[2][tables[1].index]) / 2
        np.testing.assert_allclose(tables[0][expected.index], expected, atol=1e-10)
        assert abs(tables[0]["h20"]) > 0

    def test_beyond_memory_it_is_approximated_and_says_so(self):
        explainer, config = wide_explainer(30, 26)
        table = explainer.explain("ablation", config=config, index="SV", order=1)
        assert table.attrs["exact"] is False
        assert table.attrs["budget"] == 2048
        gain = table.attrs["full_score"] - table.attrs["baseline_score"]
        assert table["value"].sum() == pytest.approx(gain, rel=0.05)
        assert (table.set_index("interaction")["value"][["h00", "h27", "h28", "h29"]] == 0).all()


def smooth(n_players, n_trials, **arguments):
    space = ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(n_players)}, seed=1)
    configs = space.sample_configuration(n_trials)
    scores = [np.sin(3 * np.array([*dict(config).values()])).sum() for config in configs]
    explainer = HyperSHAPExplainer(space, n_samples=20, random_state=0, **arguments)
    return explainer.fit(configs, scores)


@pytest.fixture
def few_for_process(monkeypatch):
    """A process costs too much from 41 trials of five hyperparameters on."""
    monkeypatch.setattr("skhypershap.surrogate.default_model.MOST_FOR_PROCESS", 200)


def test_a_process_costs_too_much_by_players_and_trials():
    assert is_costly(30, 1_000, max_exact=16)
    assert not is_costly(20, 1_000, max_exact=16)
    assert not is_costly(30, 1_000, max_exact=30)


@pytest.mark.usefixtures("few_for_process")
def test_auto_does_without_a_process_that_would_cost_ten_times_the_trees(tmp_path):
    many = smooth(5, 60, max_exact=4)
    table = many.explain("tunability", order=1, n_bootstrap=2)
    assert table.attrs["surrogate"] == "extra trees"
    best, baseline = many.predict_score([many.incumbent_, many.baseline_])
    gains = many.game("ablation")(np.ones((1, 5), dtype=bool))
    assert gains[0] == pytest.approx(best - baseline, abs=1e-9)  # one model for all questions
    many.set_params(max_exact=5)  # decided at fit
    assert many.explain("tunability", order=1).attrs["surrogate"] == "extra trees"
    many.dump_case(tmp_path / "case.json")
    loaded = load_case(tmp_path / "case.json")
    assert loaded.explain("tunability", order=1).attrs["surrogate"] == "extra trees"
    assert loaded.predict_score([loaded.incumbent_])[0] == best


@pytest.mark.usefixtures("few_for_process")
@pytest.mark.parametrize(
    ("n_trials", "arguments"),
    [(40, {"max_exact": 4}), (60, {"max_exact": 5}), (60, {"max_exact": 4, "surrogate": "gp"})],
)
def test_auto_keeps_its_process_where_that_costs_less(n_trials, arguments):
    few = smooth(5, n_trials, **arguments)
    assert "surrogate" not in few.explain("ablation", order=1).attrs
    assert few.surrogate_.process_ is not None


@pytest.mark.usefixtures("few_for_process")
def test_a_measured_trial_does_not_change_what_the_model_is_made_of():
    few = smooth(5, 40, max_exact=4)
    few.tell([few.incumbent_], [4.0])
    assert few.surrogate_.process_ is not None


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_more_than_62_players_are_not_predicted_blend_by_blend(monkeypatch):
    many = smooth(70, 60, surrogate="forest")
    monkeypatch.setattr(Surrogate, "_predicted_blocks", None)
    table = many.explain("tunability", order=1)
    assert table.attrs["exact"] is False
    gain = table.attrs["full_score"] - table.attrs["baseline_score"]
    assert table["value"].sum() == pytest.approx(gain, rel=1e-6)
    assert len(many.best_subsets("tunability"))


class FirstFive(ExtraTreesRegressor):
    """Trees that see five columns only."""

    def fit(self, X, y):
        return super().fit(X[:, :5], y)

    def predict(self, X):
        return super().predict(X[:, :5])


@pytest.mark.parametrize("game", ["tunability", "mistunability", "sensitivity", "ablation"])
@pytest.mark.parametrize("n_more", [1, 30, 60])
def test_hyperparameters_that_no_tree_touches_change_no_other_value(game, n_more):
    """Null players: values of the others stay, beyond `max_exact` and beyond 62 players, too."""
    space = ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(5)}, seed=1)
    configs = [dict(config) for config in space.sample_configuration(80)]
    scores = [c["x0"] * c["x1"] - (c["x2"] - 0.3) ** 2 + 0.1 * c["x3"] for c in configs]
    arguments = {"surrogate": FirstFive(10), "max_exact": 8, "random_state": 0}
    few = HyperSHAPExplainer(space, **arguments).fit(configs, scores)
    wide = ConfigurationSpace(
        {
            **{f"x{i}": (0.0, 1.0) for i in range(5)},
            **{f"y{i}": (0.0, 1.0) for i in range(n_more)},
        },
        seed=1,
    )
    more = [{**config, **{f"y{i}": 0.5 for i in range(n_more)}} for config in configs]
    many = HyperSHAPExplainer(wide, **arguments).fit(more, scores)
    expected, found = (
        one.explain(game, order=2).set_index("interaction")["value"] for one in (few, many)
    )
    extra = found.index.difference(expected.index)
    assert len(found) == (5 + n_more) * (6 + n_more) // 2
    assert (found[extra] == 0).all()
    tolerance = 0.01 if game == "sensitivity" else 1e-9  # Sobol points of more columns are others
    largest = np.abs(expected).max()
    np.testing.assert_allclose(found[expected.index], expected, rtol=0, atol=tolerance * largest)

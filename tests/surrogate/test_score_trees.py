"""The default surrogate where conditions link many columns, trees alone: scales, diverged trials."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer
from sklearn.ensemble import ExtraTreesRegressor

from skhypershap import HyperSHAPExplainer
from skhypershap.surrogate import linked_columns
from skhypershap.surrogate.score_trees import fit_on_scores, without_diverged

N_TRIALS = 120


def conditional_trials():
    space = ConfigurationSpace(seed=0)
    kind, extra = Categorical("kind", ["p", "q", "r"]), Float("extra", (0, 1))
    space.add(Float("lr", (1e-4, 1), log=True), Integer("n", (1, 12)), kind, extra)
    space.add(EqualsCondition(extra, kind, "q"))
    configs = [dict(config) for config in space.sample_configuration(N_TRIALS)]
    scores = [
        -((np.log10(c["lr"]) + 2) ** 2) + 0.1 * c["n"] + (0.5 + c["extra"] if "extra" in c else 0)
        for c in configs
    ]
    return space, configs, np.array(scores)


SPACE, CONFIGS, SCORES = conditional_trials()


@pytest.fixture(autouse=True, params=[1, 8])
def most_linked(request, monkeypatch):
    """Trees alone, as where conditions link too many columns for a process; and beside a process."""
    monkeypatch.setattr(linked_columns, "MOST_LINKED", request.param)
    return request.param


def values(scores, games=("tunability", "ablation"), **arguments):
    explainer = HyperSHAPExplainer(SPACE, baseline="center", random_state=0, **arguments)
    table = explainer.fit(CONFIGS, scores).explain(list(games))
    return table.set_index(["game", "interaction"])["value"].sort_index()


@pytest.mark.parametrize("power", [-900, -30, 20, 900])
def test_values_scale_exactly_with_powers_of_two(power):
    found = np.ldexp(values(np.ldexp(SCORES, power)), -power)
    np.testing.assert_array_equal(found, values(SCORES))


def test_an_offset_matters_to_rounding_only():
    games = ("tunability", "ablation", "sensitivity")
    found, expected = values(SCORES + 2.0**20, games), values(SCORES, games)
    np.testing.assert_allclose(found, expected[found.index], atol=1e-8)


@pytest.mark.filterwarnings("ignore::skhypershap.errors.SurrogateWarning")
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("size", [50.0, 1e10, 1e300])
def test_a_few_diverged_trials_do_not_decide(sign, size, most_linked):
    """Trees alone move by less than a tenth of the gain, the mean with a process by a sixth."""
    diverged = sign * SCORES
    diverged[[5, 17, 60]] = -sign * size
    direction = "maximize" if sign > 0 else "minimize"
    expected = values(sign * SCORES, direction=direction)
    gain = expected["tunability"].sum()
    assert (
        np.abs(values(diverged, direction=direction) - expected).max()
        < (0.1 if most_linked == 1 else 1 / 6) * gain
    )


class TestTargets:
    def test_leaves_predict_means_of_scores(self):
        X = np.random.default_rng(0).random((60, 2))
        y = 1e8 * X[:, 0]
        forest = fit_on_scores(ExtraTreesRegressor(10, random_state=0), X, y)
        np.testing.assert_allclose(forest.predict(X), y)

    def test_many_bad_scores_are_a_part_of_what_is_explained(self):
        scores = np.append(np.linspace(0, 1, 40), [-50.0] * 10)
        np.testing.assert_array_equal(without_diverged(scores), scores)

    def test_good_and_measured_scores_stay(self):
        scores = np.append(np.linspace(0, 1, 40), [50.0])
        np.testing.assert_array_equal(without_diverged(scores), scores)
        X = np.arange(41.0)[:, None]
        forest = ExtraTreesRegressor(10, random_state=0)
        fit_on_scores(forest, X, -scores, always=np.array([40]))
        assert forest.predict(X)[40] == pytest.approx(-50)
        assert fit_on_scores(forest, X, -scores).predict(X)[40] > -4

    def test_equal_scores_are_predicted(self):
        X = np.arange(5.0)[:, None]
        forest = fit_on_scores(ExtraTreesRegressor(3, random_state=0), X, np.full(5, 0.3))
        np.testing.assert_allclose(forest.predict(X), 0.3)

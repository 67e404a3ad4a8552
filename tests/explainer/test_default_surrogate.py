"""What a user gets from surrogate="auto" (the default), "gp" and "forest"."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import CONDITIONAL_SPACES, fitted, mixed_score
from joblib import parallel_config
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score

from skhypershap import HyperSHAPExplainer, explain_jointly
from skhypershap.space.encoding import encode

GAMES = ["tunability", "mistunability", "ablation", "sensitivity"]
NAMES = ["auto", "gp"]
pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


@pytest.fixture(params=NAMES)
def explainer(request, mixed_space, mixed_trials):
    return make(mixed_space, mixed_trials, request.param)


def make(space, trials, surrogate, **arguments):
    arguments = {"n_samples": 300, "random_state": 0, **arguments}
    return HyperSHAPExplainer(space, surrogate=surrogate, **arguments).fit(*trials)


def test_auto_is_the_default(mixed_space, mixed_trials):
    tables = [make(mixed_space, mixed_trials, name).explain() for name in (None, "auto")]
    pd.testing.assert_frame_equal(*tables)


def test_forest_is_a_random_forest_on_scores(mixed_space, mixed_trials):
    own = RandomForestRegressor(n_estimators=100, random_state=0)
    tables = [make(mixed_space, mixed_trials, name).explain(GAMES) for name in ("forest", own)]
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.parametrize("name", ["fores", "GP", ""])
def test_unknown_names_are_errors(mixed_space, mixed_trials, name):
    with pytest.raises(
        ValueError,
        match=r"'surrogate' parameter .* among {'auto', 'forest', 'gp'}|'surrogate'.*'gp'",
    ):
        make(mixed_space, mixed_trials, name)


def test_predictions_are_in_units_of_the_metric(explainer, mixed_trials):
    configs, scores = mixed_trials
    found = explainer.predict_score(configs)
    vectors = encode(explainer.space_, configs)
    np.testing.assert_allclose(explainer.surrogate_.predict(vectors), found)
    assert r2_score(scores, found) > 0.95
    assert 0.8 < explainer.surrogate_score_ < r2_score(scores, found)


def test_values_of_an_ablation_are_predicted_blends(explainer):
    names = explainer.hyperparameter_names_
    values = explainer.coalition_values("ablation")
    for coalition, value in zip(values["coalition"], values["value"], strict=True):
        blend = {
            name: (explainer.incumbent_ if name in coalition else explainer.baseline_)[name]
            for name in names
        }
        assert value == pytest.approx(explainer.predict_score([blend])[0], abs=1e-9)


def test_ablation_of_many_players_is_that_of_all_coalitions(explainer):
    few, many = explainer.explain("ablation"), explainer.set_params(max_exact=2).explain("ablation")
    pd.testing.assert_frame_equal(few, many)


def test_tunability_never_falls_and_is_no_worse_than_what_is_known(explainer, mixed_trials):
    values = explainer.coalition_values("tunability")
    found = {frozenset(c): v for c, v in zip(values["coalition"], values["value"], strict=True)}
    for coalition, value in found.items():
        assert all(found[coalition - {name}] <= value for name in coalition)
    assert values["value"].iloc[-1] >= explainer.predict_score(mixed_trials[0]).max()


def test_best_subset_of_all_gains_what_the_full_coalition_does(explainer):
    gain = explainer.best_subsets()["gain"].iloc[-1]
    full = explainer.coalition_values("tunability")["value"].iloc[-1]
    start = explainer.predict_score([explainer.baseline_])[0]
    assert full - start == pytest.approx(gain, abs=1e-9)


def test_sensitivity_is_the_variance_of_the_surrogate(explainer, mixed_space):
    """Against Monte Carlo, within four of its standard errors."""
    explainer.set_params(n_samples=4096)
    values = explainer.coalition_values("sensitivity")
    names = explainer.hyperparameter_names_
    generator = np.random.default_rng(5)
    mixed_space.seed(7)
    samples = [dict(config) for config in mixed_space.sample_configuration(4000)]
    for row in generator.choice(np.arange(1, len(values)), size=6, replace=False):
        coalition, value = values["coalition"][row], values["value"][row]
        blends = [
            {name: (one if name in coalition else explainer.baseline_)[name] for name in names}
            for one in samples
        ]
        scores = explainer.predict_score(blends)
        deviations = (scores - scores.mean()) ** 2
        error = deviations.std() / np.sqrt(len(scores))
        assert value == pytest.approx(deviations.mean(), abs=4 * error + 1e-12)


def test_sensitivity_converges_faster_than_with_random_samples(mixed_space, mixed_trials):
    def totals(optimizer, n_samples):
        return [
            make(
                mixed_space,
                mixed_trials,
                "gp",
                optimizer=optimizer,
                n_samples=n_samples,
                random_state=seed,
            )
            .coalition_values("sensitivity")["value"]
            .iloc[-1]
            for seed in range(6)
        ]

    assert np.std(totals("refine", 256)) < 0.5 * np.std(totals("random", 256))


def test_n_jobs_and_workers_change_no_number(mixed_space, mixed_trials):
    tables = []
    for n_jobs in (None, 2):
        explainer = make(mixed_space, mixed_trials, None, n_jobs=n_jobs)
        tables.append(explainer.explain(GAMES, n_bootstrap=2))
    pd.testing.assert_frame_equal(*tables)
    with parallel_config("loky", n_jobs=2):
        pd.testing.assert_frame_equal(tables[0], explainer.explain(GAMES, n_bootstrap=2))


def test_explainer_travels(explainer):
    other = pickle.loads(pickle.dumps(explainer))
    pd.testing.assert_frame_equal(explainer.explain(GAMES), other.explain(GAMES))


@pytest.mark.parametrize("power", [-20, 30])
def test_powers_of_two_scale_exactly(mixed_space, mixed_trials, power):
    configs, scores = mixed_trials
    for name in NAMES:
        one = make(mixed_space, (configs, scores), name).explain(GAMES)
        other = make(mixed_space, (configs, 2.0**power * scores), name).explain(GAMES)
        factor = np.where(one["game"] == "sensitivity", 4.0**power, 2.0**power)
        np.testing.assert_array_equal(other["value"], factor * one["value"])


def test_minimised_scores_give_the_same_gains(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    up = make(mixed_space, (configs, scores), None, baseline="median")
    down = make(mixed_space, (configs, -scores), None, baseline="median", direction="minimize")
    one, other = up.explain(), down.explain()
    merged = one.merge(other, on="interaction")
    spread = np.ptp(scores)
    np.testing.assert_allclose(merged["value_x"], merged["value_y"], atol=0.02 * spread)


@pytest.mark.parametrize("kind", CONDITIONAL_SPACES)
@pytest.mark.parametrize("name", NAMES)
def test_conditional_and_forbidding_spaces_are_explained(kind, name):
    explainer = fitted(CONDITIONAL_SPACES[kind], name)
    table = explainer.explain(["tunability", "sensitivity", "ablation"])
    assert np.isfinite(table["value"]).all()
    values = explainer.coalition_values()
    assert values["value"].iloc[-1] == values["value"].max()


def test_groups_several_baselines_fidelity_and_joint(mixed_space, mixed_trials):
    configs, scores = mixed_trials
    one = make(mixed_space, (configs, scores), None, baseline=["default", "median"])
    assert len(one.explain(groups={"both": ["alpha", "kernel"]})) == 10
    parts = [one.coalition_values(baseline=config)["value"] for config in one.baseline_]
    np.testing.assert_allclose(one.coalition_values()["value"], np.mean(parts, axis=0))
    fidelity = np.random.default_rng(0).choice([1, 3, 9], size=len(scores))
    halved = HyperSHAPExplainer(mixed_space, n_samples=100, random_state=0)
    halved.fit(configs, scores + np.log(fidelity), fidelity=fidelity)
    assert np.isfinite(halved.explain(GAMES)["value"]).all()
    table = explain_jointly({"one": one, "two": one}, GAMES)
    for game in GAMES:
        alone = one.explain(game).set_index("interaction")["value"]
        joint = table[table["game"] == game].set_index("interaction")["value"]
        np.testing.assert_allclose(joint[alone.index], alone, atol=1e-9)


def test_true_function_is_found(mixed_space, mixed_trials):
    """The gain of tuning and the best configuration are near those of the function itself."""
    explainer = make(mixed_space, mixed_trials, None, n_samples=2000)
    mixed_space.seed(3)
    configs = [dict(config) for config in mixed_space.sample_configuration(3000)]
    best = max(mixed_score(config) for config in configs)
    found = explainer.explain().attrs["full_score"]
    assert found == pytest.approx(best, abs=0.1 * np.ptp(mixed_trials[1]))

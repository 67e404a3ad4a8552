"""OptunaSearchCV: run by the explainer or before it, read from its study, used as the search itself."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer, read_trials
from skhypershap.advice.reduced_search import reduced
from skhypershap.advice.verification import measured
from skhypershap.errors import BaselineWarning, TrialsWarning
from skhypershap.trials import check_source

optuna = pytest.importorskip("optuna")
OptunaSearchCV = pytest.importorskip("optuna_integration").OptunaSearchCV

FloatDistribution = optuna.distributions.FloatDistribution
IntDistribution = optuna.distributions.IntDistribution
CategoricalDistribution = optuna.distributions.CategoricalDistribution

pytestmark = [
    pytest.mark.filterwarnings("ignore:OptunaSearchCV is experimental"),
    pytest.mark.filterwarnings("ignore:`optuna.terminator` module has been deprecated"),
]
SPACE = {
    "C": FloatDistribution(1e-2, 1e2, log=True),
    "gamma": FloatDistribution(1e-3, 1e1, log=True),
    "kernel": CategoricalDistribution(["rbf", "linear"]),
}
X, y = load_iris(return_X_y=True)


def search_of(estimator=None, space=SPACE, n_trials=25, **options):
    estimator = SVC(gamma=0.1) if estimator is None else estimator
    return OptunaSearchCV(estimator, space, n_trials=n_trials, cv=3, random_state=0, **options)


def test_trials_equal_those_of_the_study():
    search = search_of().fit(X, y)
    trials = read_trials(search)
    assert trials.configs == [trial.params for trial in search.trials_]
    assert trials.scores.tolist() == [trial.value for trial in search.trials_]
    assert (trials.metric, trials.direction, trials.fidelity) == ("score", "maximize", None)
    assert trials.default == {"C": 1.0, "gamma": 0.1, "kernel": "rbf"}
    assert (trials.space["C"].lower, trials.space["C"].upper, trials.space["C"].log) == (
        0.01,
        100,
        True,
    )


def test_explanation_equals_that_of_its_trials():
    search = search_of().fit(X, y)
    explainer = HyperSHAPExplainer(search, random_state=0).fit()
    trials = read_trials(search)
    own = HyperSHAPExplainer(trials.space, baseline=trials.default, random_state=0)
    own.fit(trials.configs, trials.scores)
    games = ["tunability", "ablation"]
    pd.testing.assert_frame_equal(explainer.explain(games), own.explain(games))
    assert explainer.baseline_ == trials.default
    assert explainer.incumbent_ == search.best_params_


def test_explainer_runs_the_search_and_predicts():
    search = search_of()
    explainer = HyperSHAPExplainer(search, baseline_score="predict", random_state=0).fit(X, y)
    assert not hasattr(search, "study_")
    assert len(explainer.trials_) == 25
    np.testing.assert_array_equal(
        explainer.predict(X), explainer.search_.best_estimator_.predict(X)
    )
    assert explainer.score(X, y) == explainer.search_.best_estimator_.score(X, y)
    assert explainer.classes_.tolist() == [0, 1, 2]
    again = clone(explainer).fit(X, y)
    pd.testing.assert_frame_equal(explainer.explain(), again.explain())


def test_explainer_is_the_last_step_of_a_pipeline():
    model = make_pipeline(StandardScaler(), HyperSHAPExplainer(search_of(), random_state=0))
    model.fit(X, y)
    assert model.score(X, y) > 0.9


def test_pipeline_is_searched():
    search = search_of(
        make_pipeline(StandardScaler(), SVC(gamma=0.1)),
        {f"svc__{name}": distribution for name, distribution in SPACE.items()},
    )
    trials = read_trials(search.fit(X, y))
    assert trials.configs == [trial.params for trial in search.trials_]
    assert trials.default == {"svc__C": 1.0, "svc__gamma": 0.1, "svc__kernel": "rbf"}


def test_times_are_metrics():
    search = search_of().fit(X, y)
    for metric in ("fit_time", "score_time"):
        trials = read_trials(search, metric=metric)
        assert trials.scores.tolist() == search.cv_results_[f"mean_{metric}"]
        assert (trials.metric, trials.direction) == (metric, "minimize")


def test_scoring_names_the_metric():
    search = search_of(scoring="balanced_accuracy").fit(X, y)
    assert read_trials(search).metric == "balanced_accuracy"
    assert read_trials(search, metric="score").metric == "balanced_accuracy"
    with pytest.raises(ValueError, match="Did you mean 'balanced_accuracy'"):
        HyperSHAPExplainer(search, metric="balanced_acuracy").fit()


def test_unknown_metric_raises_before_the_search_runs():
    for parameters in ({"metric": "scoer"}, {"baseline": {"gama": 1.0}}):
        explainer = HyperSHAPExplainer(search_of(), **parameters)
        with pytest.raises(ValueError, match="Did you mean"):
            explainer.fit(X, y)
        assert not hasattr(explainer, "search_")


def test_unfitted_search_without_data_is_refused():
    with pytest.raises(NotFittedError, match="OptunaSearchCV is not fitted"):
        HyperSHAPExplainer(search_of()).fit()
    assert set(check_source(search_of()).space) == set(SPACE)


@pytest.mark.filterwarnings("ignore:Mean of empty slice:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:Degrees of freedom <= 0:RuntimeWarning")
def test_failed_trials_are_counted():
    space = {**SPACE, "gamma": FloatDistribution(-0.2, 1)}  # SVC refuses a negative gamma
    search = search_of(space=space).fit(X, y)
    n_failed = sum(trial.state.name == "FAIL" for trial in search.trials_)
    assert n_failed > 0
    with pytest.warns(
        TrialsWarning, match=f"{n_failed} of 25 trials are left out: {n_failed} failed"
    ):
        trials = read_trials(search)
    assert len(trials.scores) == 25 - n_failed


def test_pruned_trials_have_a_lower_fidelity():
    search = search_of(
        SGDClassifier(random_state=0),
        {"alpha": FloatDistribution(1e-6, 1e2, log=True), "average": IntDistribution(1, 50)},
        enable_pruning=True,
        max_iter=6,
    ).fit(X, y)
    pruned = [trial for trial in search.trials_ if trial.state.name == "PRUNED"]
    assert 3 < len(pruned) < 22
    trials = read_trials(search)
    assert trials.fidelity.tolist() == [trial.last_step for trial in search.trials_]
    assert trials.scores.tolist() == [t.user_attrs["mean_test_score"] for t in search.trials_]


def test_fraction_and_count_are_different_values():
    # max_features=1.0, the forest's own value, means all; the space's 1 means one.
    data = make_regression(60, 4, random_state=0)
    forest = RandomForestRegressor(5, random_state=0)
    space = {"max_features": IntDistribution(1, 4), "max_depth": IntDistribution(1, 8)}
    search = search_of(forest, space).fit(*data)
    with pytest.warns(BaselineWarning, match=r"max_features: default 1\.0.*of the trials"):
        HyperSHAPExplainer(search, random_state=0).fit()


def test_given_space_is_used():
    search = search_of().fit(X, y)
    wider = {**SPACE, "C": FloatDistribution(1e-3, 1e3, log=True)}
    trials = read_trials(search, space=wider)
    assert trials.space["C"].upper == 1e3
    again = read_trials(search, space=trials.space)
    assert again.space["C"].upper == 1e3
    with pytest.raises(ValueError, match="first in number 0: 'kernel'"):
        read_trials(search, space={"C": SPACE["C"], "gamma": SPACE["gamma"]})
    with pytest.raises(ValueError, match="values of 'C' are outside the space"):
        read_trials(search, space={**SPACE, "C": FloatDistribution(1e-3, 1)})


def test_study_of_the_user_is_not_changed():
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    explainer = HyperSHAPExplainer(search_of(study=study), random_state=0).fit(X, y)
    assert len(study.trials) == 0
    assert len(explainer.search_.study_.trials) == 25


def space_of(search):
    return check_source(search).space


def test_smaller_search_runs():
    search = search_of().fit(X, y)
    fixed = {"C": 3.0, "gamma": 0.3, "kernel": "linear"}
    smaller = reduced(search, space_of(search), ["C", "gamma"], fixed).set_params(n_trials=5)
    assert smaller.param_distributions == {name: SPACE[name] for name in ("C", "gamma")}
    assert smaller.estimator.kernel == "linear"
    trials = read_trials(smaller.fit(X, y))
    assert len(trials.configs) == 5
    assert all(set(config) == {"C", "gamma"} for config in trials.configs)
    assert search.estimator.kernel == "rbf"


@pytest.mark.filterwarnings("ignore:Argument ``(multivariate|group)`` is an experimental feature")
@pytest.mark.parametrize(
    "options",
    [{}, {"multivariate": True}, {"multivariate": True, "group": True}],
    ids=["alone", "multivariate", "group"],
)
def test_smaller_search_has_a_fresh_study(options):
    """The sampler, too, must forget: it remembers the space of the old trials."""
    sampler = optuna.samplers.TPESampler(n_startup_trials=3, seed=0, **options)
    pruner = optuna.pruners.PercentilePruner(25.0)
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    search = search_of(study=study, n_trials=6).fit(X, y)
    fixed = {"C": 3.0, "gamma": 0.3, "kernel": "linear"}
    smaller = reduced(search, space_of(search), ["C", "gamma"], fixed)
    assert len(smaller.study.trials) == 0
    assert smaller.study.direction == study.direction
    for given, made in ((sampler, smaller.study.sampler), (pruner, smaller.study.pruner)):
        assert type(made) is type(given)
        assert made is not given
    with_memory = smaller.set_params(n_trials=8).fit(X, y).trials_
    assert [set(trial.params) for trial in with_memory] == [{"C", "gamma"}] * 8
    assert len(study.trials) == 6
    relative = smaller.study.sampler.infer_relative_search_space(smaller.study, with_memory[0])
    assert "kernel" not in relative
    assert set(relative) == {"C", "gamma"} or not options


def test_verify_measures_as_the_search_does():
    search = search_of(scoring="balanced_accuracy").fit(X, y)
    params = [trial.params for trial in search.trials_[:4]]
    mean, std = measured(search, params, X, y, "balanced_accuracy")
    expected = [trial.value for trial in search.trials_[:4]]
    np.testing.assert_allclose(mean, expected, rtol=0, atol=1e-12)
    estimator = clone(search.estimator).set_params(**params[0])
    by_hand = cross_val_score(estimator, X, y, cv=3, scoring="balanced_accuracy")
    assert (mean[0], std[0]) == pytest.approx((by_hand.mean(), by_hand.std()), abs=1e-12)

"""Tables that scikit-learn and Optuna write, in memory and from files."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from conftest import iris_svc_search, needs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, SpaceWarning, TrialsWarning, read_trials
from skhypershap.space.value_keys import value_key
from skhypershap.trials.files import ALL_DIGITS

try:
    import optuna
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )
except ImportError:  # tests that need it are skipped
    optuna = None

pytestmark = [
    pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning"),
    pytest.mark.filterwarnings("ignore::skhypershap.BaselineWarning"),
]
inferring = pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning")
undirected = pytest.mark.filterwarnings("ignore:The table does not have the direction")
X, Y = load_iris(return_X_y=True)


def through_csv(table, **options):
    return pd.read_csv(io.StringIO(table.to_csv(**options)), **ALL_DIGITS)


def as_it_is(table):
    return table


WAYS = [as_it_is, through_csv, lambda table: through_csv(table, index=False)]


def tree_search(grid=None, **arguments):
    grid = grid or {"max_depth": [None, 1, 2, 4], "min_samples_leaf": [1, 5, 20]}
    return GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=3, **arguments)


class TestCvResults:
    @pytest.mark.parametrize("way", WAYS)
    def test_given_the_space_the_explanation_is_that_of_the_search(self, way):
        space = {
            "C": loguniform(1e-3, 1e3),
            "gamma": loguniform(1e-4, 10),
            "kernel": ["rbf", "poly"],
        }
        search = iris_svc_search().fit(X, Y)
        baseline = {"C": 1.0, "gamma": 0.1, "kernel": "rbf"}
        options = {"space": space, "baseline": baseline, "random_state": 0}
        expected = HyperSHAPExplainer(search, **options).fit().explain()
        table = way(pd.DataFrame(search.cv_results_))
        found = HyperSHAPExplainer(table, **options).fit().explain()
        pd.testing.assert_frame_equal(found, expected)

    @inferring
    @pytest.mark.parametrize("way", WAYS)
    def test_none_and_integers_are_those_of_the_search(self, way):
        grid = {"max_depth": [None, 2], "max_features": [1, 1.0, "sqrt", None]}
        search = tree_search(grid).fit(X, Y)
        trials = read_trials(way(pd.DataFrame(search.cv_results_)))
        expected = read_trials(search).configs
        assert trials.configs == expected
        assert [type(c["max_features"]) for c in trials.configs] == [
            type(c["max_features"]) for c in expected
        ]
        assert trials.space["max_features"].size == 4
        assert (trials.metric, trials.direction) == ("score", "maximize")

    @inferring
    @pytest.mark.parametrize("way", WAYS)
    def test_without_dicts_of_parameters_columns_are_read(self, way):
        search = tree_search().fit(X, Y)
        table = pd.DataFrame(search.cv_results_).drop(columns="params")
        trials = read_trials(way(table), space=search.param_grid)
        assert trials.configs == search.cv_results_["params"]
        if way is as_it_is:
            assert read_trials(table).configs == search.cv_results_["params"]

    @inferring
    @pytest.mark.parametrize("conditional", [False, True])
    def test_parquet_fills_dicts_with_none(self, conditional, tmp_path):
        pytest.importorskip("pyarrow")
        search = tree_search().fit(X, Y)
        if conditional:
            kernels = [{"kernel": ["linear"]}, {"kernel": ["rbf"], "gamma": [0.1, 1.0]}]
            dicts = [{**one, "C": [1, 10, 100]} for one in kernels]
            search = GridSearchCV(SVC(), dicts, cv=3).fit(X, Y)
        pd.DataFrame(search.cv_results_).to_parquet(tmp_path / "table")
        trials = read_trials(pd.read_parquet(tmp_path / "table"))
        assert trials.configs == search.cv_results_["params"]

    @inferring
    def test_estimators_in_the_text_of_parameters_leave_none_and_choices(self):
        pipeline = Pipeline([("clf", SVC())])
        dicts = [
            {"clf": [DecisionTreeClassifier()], "clf__max_depth": [None, 1, 2, 3]},
            {"clf": [SVC()], "clf__C": [1, 10, 100]},
        ]
        search = GridSearchCV(pipeline, dicts, cv=3).fit(X, Y)
        table = through_csv(pd.DataFrame(search.cv_results_))
        trials = read_trials(table)
        assert [config.get("clf__max_depth", 0) for config in trials.configs] == [
            None,
            1,
            2,
            3,
            0,
            0,
            0,
        ]
        assert [config.get("clf__C") for config in trials.configs[4:]] == [1, 10, 100]
        given = read_trials(table, space=dicts)
        assert all(not isinstance(config["clf"], str) for config in given.configs)
        assert len(given.space.conditions) == 2

    @inferring
    @pytest.mark.parametrize("way", WAYS)
    def test_metrics_go_by_their_names(self, way):
        scoring = ["accuracy", "neg_log_loss"]
        search = tree_search(scoring=scoring, refit=False).fit(X, Y)
        table = way(pd.DataFrame(search.cv_results_))
        for metric in (*scoring, "fit_time"):
            found = read_trials(table, metric=metric)
            expected = read_trials(search, metric=metric)
            np.testing.assert_array_equal(found.scores, expected.scores)
            assert (found.metric, found.direction) == (expected.metric, expected.direction)
        assert read_trials(table, metric="mean_test_accuracy").metric == "accuracy"
        assert read_trials(table, metric="mean_fit_time").direction == "minimize"
        with pytest.raises(ValueError, match="several metrics") as caught:
            read_trials(table)
        assert "std_test" not in str(caught.value)
        with pytest.raises(ValueError, match=r"'acuracy'\. Did you mean 'accuracy'") as caught:
            read_trials(table, metric="acuracy")
        assert "split" not in str(caught.value)

    @inferring
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("resource", ["n_samples", "max_leaf_nodes"])
    def test_resources_are_the_fidelity(self, way, resource):
        search = HalvingGridSearchCV(
            DecisionTreeClassifier(random_state=0),
            {"max_depth": [None, 1, 2, 3], "min_samples_leaf": [1, 2, 4]},
            cv=3,
            resource=resource,
            min_resources=20 if resource == "n_samples" else 2,
            max_resources=90 if resource == "n_samples" else 18,
            random_state=0,
        ).fit(X, Y)
        found = read_trials(way(pd.DataFrame(search.cv_results_)))
        expected = read_trials(search)
        assert found.configs == expected.configs
        np.testing.assert_array_equal(found.fidelity, expected.fidelity)

    @inferring
    def test_failed_rows_are_failed_trials(self):
        search = tree_search().fit(X, Y)
        table = pd.DataFrame(search.cv_results_)
        table.loc[table["param_min_samples_leaf"] == 20, "mean_test_score"] = np.nan
        with pytest.warns(TrialsWarning, match="4 of 12 trials failed"):
            trials = read_trials(table)
        assert len(trials.configs) == 8
        assert [config["min_samples_leaf"] for config in trials.failed] == [20] * 4
        assert read_trials(table, metric="failed").scores.sum() == 4

    @inferring
    def test_names_of_columns_are_taken_in_a_space_too(self):
        table = pd.DataFrame(tree_search().fit(X, Y).cv_results_)
        trials = read_trials(table, space={"param_min_samples_leaf": [1, 5, 20]})
        assert list(trials.space) == ["param_min_samples_leaf"]
        with pytest.raises(ValueError, match="Did you mean 'max_depth'"):
            read_trials(table, space={"max_deph": [1, 2]})


def objective(trial):
    kernel = trial.suggest_categorical("kernel", ["rbf", "linear", None])
    score = -((trial.suggest_float("x", -1, 1) - 0.3) ** 2)
    score += 0.1 * trial.suggest_int("n", 1, 9)
    if kernel == "rbf":
        score += trial.suggest_float("gamma", 0.0, 1.0, step=0.1)
    if trial.number % 10 == 3:
        raise ValueError
    return score


def study_of(objective, n_trials=60, **arguments):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), **arguments)
    study.optimize(objective, n_trials=n_trials, catch=(ValueError,))
    return study


@needs("optuna")
class TestOptuna:
    @pytest.mark.parametrize("way", WAYS)
    def test_given_the_space_the_explanation_is_that_of_the_study(self, way):
        study = study_of(objective, direction="maximize")
        space = {
            "kernel": ["rbf", "linear", None],
            "x": FloatDistribution(-1, 1),
            "n": IntDistribution(1, 9),
            "gamma": FloatDistribution(0.0, 1.0, step=0.1),
        }
        baseline = {"kernel": "linear", "x": 0.0, "n": 5, "gamma": 0.5}
        options = {
            "space": space,
            "baseline": baseline,
            "random_state": 0,
            "direction": "maximize",
        }
        with pytest.warns(TrialsWarning, match="6 of 60 trials are left out: 6 failed"):
            expected = HyperSHAPExplainer(study, **options).fit()
        with pytest.warns(TrialsWarning, match="6 of 60 trials are left out: 6 failed"):
            found = HyperSHAPExplainer(way(study.trials_dataframe()), **options).fit()
        assert found.fitted_.trials.configs == expected.fitted_.trials.configs
        assert found.fitted_.trials.failed == expected.fitted_.trials.failed
        pd.testing.assert_frame_equal(found.explain(), expected.explain())

    @inferring
    @undirected
    @pytest.mark.parametrize("way", WAYS)
    def test_none_among_numbers_is_a_choice(self, way):
        study = study_of(
            lambda trial: (
                (trial.suggest_categorical("depth", [None, 1, 2]) or 5)
                + trial.suggest_float("x", 0, 1)
            )
        )
        trials = read_trials(way(study.trials_dataframe()))
        assert trials.configs == [trial.params for trial in study.trials]

    @inferring
    @undirected
    @pytest.mark.filterwarnings("ignore:14 of 80 trials are left out")
    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("choices", [[None, "a", "b"], [None, 3, 7], [None, True]])
    @pytest.mark.parametrize("given", [False, True])
    def test_inactive_cells_beside_none_have_no_value(self, way, choices, given):
        def conditional(trial):
            if trial.suggest_categorical("root", ["p", "q", "r"]) == "q":
                trial.suggest_categorical("child", choices)
            if trial.number % 6 == 1:
                raise ValueError
            return float(trial.number % 7)

        study = study_of(conditional, n_trials=80)
        space = {
            "root": CategoricalDistribution(["p", "q", "r"]),
            "child": CategoricalDistribution(choices),
        }
        table = way(study.trials_dataframe())
        found = read_trials(table, space=space if given else None)
        expected = read_trials(study)
        assert found.configs == expected.configs
        assert found.failed == expected.failed
        assert str(found.space.conditions) == "[child | root in {'q'}]"

    @inferring
    @undirected
    @pytest.mark.parametrize("choices", [[None, "a"], [None, 3, 7]])
    def test_none_that_no_condition_separates_is_a_choice(self, choices):
        def independent(trial):
            trial.suggest_categorical("root", [1, 2, 3, 4, 5])
            trial.suggest_categorical("child", choices)
            return float(trial.number % 7)

        for n_trials in (12, 20, 40):
            study = study_of(independent, n_trials=n_trials)
            found = read_trials(through_csv(study.trials_dataframe()))
            assert found.configs == [trial.params for trial in study.trials]

    @inferring
    @pytest.mark.filterwarnings("ignore:6 of 60 trials are left out")
    @pytest.mark.parametrize("way", WAYS)
    def test_only_what_was_set_is_a_hyperparameter(self, way):
        study = study_of(objective, direction="maximize")
        with pytest.warns(TrialsWarning, match="not have the direction of the study"):
            trials = read_trials(way(study.trials_dataframe()))
        assert set(trials.space) == {"kernel", "x", "n", "gamma"}
        assert (trials.metric, trials.direction) == ("value", "maximize")
        assert str(trials.space.conditions) == "[gamma | kernel in {'rbf'}]"
        assert {config["kernel"] for config in trials.configs} == {"rbf", "linear", None}
        levels = study.trials_dataframe(multi_index=True)
        assert read_trials(levels, direction="maximize").configs == trials.configs

    @inferring
    @pytest.mark.filterwarnings("ignore:optuna.study.study.Study.set_metric_names")
    @pytest.mark.parametrize("way", WAYS)
    def test_objectives_go_by_name_column_or_position(self, way):
        study = study_of(
            lambda trial: (trial.suggest_float("x", 0, 1), trial.suggest_float("y", 0, 1)),
            n_trials=20,
            directions=["minimize", "maximize"],
        )
        for names in (("values_0", "values_1"), ("loss", "accuracy")):
            if names[0] == "loss":
                study.set_metric_names(list(names))
            table = way(study.trials_dataframe())
            for metric in (names[1], f"values_{'1' if names[0] != 'loss' else names[1]}", 1, "1"):
                trials = read_trials(table, metric=metric, direction="maximize")
                assert trials.metric == names[1]
                np.testing.assert_array_equal(
                    trials.scores, read_trials(study, metric=names[1]).scores
                )
            with pytest.raises(ValueError, match=f"several objectives.*{names[0]}"):
                read_trials(table)
        with pytest.warns(TrialsWarning, match="'loss' is taken as something to minimize"):
            assert read_trials(table, metric="loss").direction == "minimize"
        seconds = read_trials(table, metric="duration")
        assert seconds.direction == "minimize"
        np.testing.assert_allclose(
            seconds.scores, read_trials(study, metric="duration").scores, atol=1e-6
        )

    @inferring
    @pytest.mark.filterwarnings("ignore:optuna.study.study.Study.set_metric_names")
    def test_single_objective_with_a_name_is_found(self):
        study = study_of(lambda trial: trial.suggest_float("x", 0, 1), n_trials=20)
        study.set_metric_names(["val_loss"])
        with pytest.warns(TrialsWarning, match="'val_loss' is taken as something to minimize"):
            trials = read_trials(study.trials_dataframe())
        assert (trials.metric, trials.direction) == ("val_loss", "minimize")
        assert read_trials(study, metric="val_loss").configs == trials.configs

    @inferring
    @undirected
    def test_pruned_rows_need_a_step(self):
        def pruned(trial):
            x = trial.suggest_float("x", 0, 1)
            for step in range(1, 4):
                trial.report(x * step, step)
                if x > 0.6:
                    raise optuna.TrialPruned
            return x * 3

        study = study_of(pruned, n_trials=30)
        table = study.trials_dataframe()
        n_pruned = int((table["state"] == "PRUNED").sum())
        with pytest.warns(
            TrialsWarning, match=f"{n_pruned} of 30 trials are left out: {n_pruned} were"
        ):
            trials = read_trials(table)
        assert len(trials.configs) == 30 - n_pruned
        steps = table.assign(fidelity=np.where(table["state"] == "PRUNED", 1, 3))
        found, expected = read_trials(steps, direction="minimize"), read_trials(study)
        assert found.configs == expected.configs
        np.testing.assert_array_equal(found.fidelity, expected.fidelity)
        np.testing.assert_array_equal(found.scores, expected.scores)

    @inferring
    @undirected
    def test_parameters_may_be_called_score_and_fidelity(self):
        def named(trial):
            return trial.suggest_float("score", 0, 1) + trial.suggest_int("fidelity", 1, 3)

        study = study_of(named, n_trials=30)
        for source in (study, study.trials_dataframe()):
            explainer = HyperSHAPExplainer(source, baseline="worst", random_state=0).fit()
            assert explainer.hyperparameter_names_ == sorted(["score", "fidelity"]) or (
                explainer.hyperparameter_names_ == ["score", "fidelity"]
            )
            assert set(explainer.explain(order=1)["interaction"]) == {"score", "fidelity"}
            assert list(explainer.trials_["score"]) == [t.value for t in study.trials]
            configs = explainer.trials_[["score_", "fidelity_"]]
            np.testing.assert_array_equal(
                explainer.predict_score(configs),
                explainer.predict_score(explainer.fitted_.trials.configs),
            )

    @undirected
    def test_states_without_a_result_are_ignored(self):
        study = study_of(lambda trial: trial.suggest_float("x", 0, 1), n_trials=20)
        study.enqueue_trial({"x": 0.5})
        study.ask()
        study.enqueue_trial({"x": 0.7})
        with pytest.warns(SpaceWarning, match="from the 20 trials"):
            assert len(read_trials(study.trials_dataframe()).configs) == 20
        with pytest.raises(ValueError, match="no trials with a score"):
            read_trials(study.trials_dataframe().assign(state="RUNNING"))


LISTS = [[None, "a", "b"], [1, 2.5, 4], [True, False], ["p", "q"], [None, 3, 7], [10, 20, 40]]


@st.composite
def studies(draw):
    """A study with ranges, steps, choices with None, a condition and failures, and its space."""
    distributions = {"root": CategoricalDistribution(draw(st.sampled_from(LISTS[2:4])))}
    for position in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["float", "log", "step", "int", "choices"]))
        distributions[f"x{position}"] = {
            "float": FloatDistribution(-1.0, 2.0),
            "log": FloatDistribution(1e-4, 1.0, log=True),
            "step": FloatDistribution(0.0, 1.0, step=0.1),
            "int": IntDistribution(1, 50),
            "choices": CategoricalDistribution(draw(st.sampled_from(LISTS))),
        }[kind]
    child = draw(st.sampled_from(["x0", None]))
    fails = draw(st.integers(3, 9))

    def objective(trial):
        config = {}
        for name, distribution in distributions.items():
            if name != child or config["root"] == distributions["root"].choices[0]:
                config[name] = trial._suggest(name, distribution)
        if trial.number % fails == 1:
            raise ValueError
        return float(trial.number % 7)

    study = optuna.create_study(
        sampler=optuna.samplers.RandomSampler(seed=draw(st.integers(0, 99)))
    )
    # With fewer trials a None that was tried and an empty cell may look alike.
    study.optimize(objective, n_trials=100, catch=(ValueError,))
    return study, distributions


@needs("optuna")
@given(studies(), st.sampled_from(WAYS))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore::skhypershap.TrialsWarning")
@pytest.mark.filterwarnings("ignore:Choices for a categorical distribution")
def test_table_of_any_study_is_read_as_the_study(study_and_space, way):
    study, space = study_and_space
    found = read_trials(way(study.trials_dataframe()), space=space, direction="minimize")
    expected = read_trials(study, space=space)
    assert [list(map(value_key, c.values())) for c in found.configs] == [
        list(map(value_key, c.values())) for c in expected.configs
    ]
    assert found.failed == expected.failed
    assert str(found.space) == str(expected.space)
    np.testing.assert_array_equal(found.scores, expected.scores)


@given(
    st.lists(st.sampled_from([None, 1, 2, 4]), min_size=2, unique=True),
    st.lists(st.sampled_from([1, 5, 20]), min_size=1, unique=True),
    st.lists(st.sampled_from([None, "sqrt", 1, 1.0]), min_size=1, unique_by=repr),
    st.sampled_from(WAYS),
)
@settings(max_examples=15, deadline=None)
@pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning")
def test_table_of_any_grid_is_read_as_the_search(depths, leaves, features, way):
    grid = {"max_depth": depths, "min_samples_leaf": leaves, "max_features": features}
    search = tree_search(grid).fit(X, Y)
    table = way(pd.DataFrame(search.cv_results_))
    expected = search.cv_results_["params"]
    assert list(map(value_key, read_trials(table).configs)) == list(map(value_key, expected))
    assert read_trials(table, space=grid).configs == expected

"""Several metrics at once: closed forms on additive functions, every kind of source, clumsy input."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skhypershap import (
    HyperSHAPExplainer,
    HyperSHAPWarning,
    SurrogateWarning,
    TrialsWarning,
    explain_metrics,
    summarize,
    trade_off,
    trade_off_coalitions,
)
from skhypershap.plotting import plot_importance

SPACE = {"a": [0, 1, 2, 3], "b": [0, 1, 2, 3], "c": [0, 1, 2]}
START = {"a": 1, "b": 1, "c": 1}
DIRECTION = {"score": "maximize", "seconds": "minimize"}
METRICS = ["score", "seconds"]


def grid():
    """Two additive metrics on a full grid, which a tree knows by heart."""
    rows = list(itertools.product(*SPACE.values()))
    table = pd.DataFrame(rows, columns=list(SPACE))
    table["score"] = table["a"] + 2.0 * table["b"]
    table["seconds"] = 3.0 * table["a"] - table["c"] + 10
    return table


def explained(game="tunability", table=None, metrics=METRICS, **options):
    options = {
        "space": SPACE,
        "surrogate": DecisionTreeRegressor(random_state=0),
        "direction": {name: word for name, word in DIRECTION.items() if name in (metrics or ())},
        "baseline": START,
        "random_state": 0,
        **options,
    }
    return explain_metrics(grid() if table is None else table, metrics, game, **options)


def values_of(table, metric, game=None):
    rows = table[(table["metric"] == metric) & (table["game"] == (game or table["game"].iloc[0]))]
    return dict(zip(rows["interaction"], rows["value"], strict=True))


def test_warning_of_a_poor_fit_names_the_metric():
    table = grid()
    table["seconds"] = np.random.default_rng(0).random(len(table))
    model = KNeighborsRegressor(3)
    with pytest.warns(SurrogateWarning, match=r"fits poorly to 'seconds' \(held-out") as caught:
        explained(table=table, surrogate=model)
    assert len(caught) == 1  # the other metric is predicted well


def test_warning_of_a_claim_names_the_metric():
    model, scores = KNeighborsRegressor(5), {"score": 9.0, "seconds": 12.0}
    with pytest.warns(SurrogateWarning, match="'score' is claimed to gain") as caught:
        explained(surrogate=model, baseline_score=scores)
    assert not any("seconds" in str(one.message) for one in caught)


def test_values_are_gains_in_units_of_each_metric():
    found = explained(order=1)
    assert values_of(found, "score") == pytest.approx({"a": 2, "b": 4, "c": 0})
    assert values_of(found, "seconds") == pytest.approx({"a": 3, "b": 0, "c": 1})
    assert found.columns.tolist()[:5] == ["interaction", "value", "order", "game", "metric"]
    assert found.attrs["metric"] == METRICS
    assert found.attrs["direction"] == DIRECTION
    assert found.attrs["baseline_score"] == {"score": 3.0, "seconds": 12.0}
    assert found.attrs["full_score"] == {"score": 9.0, "seconds": 8.0}


def test_ablation_explains_the_best_of_the_first_metric_in_all():
    found = explained("ablation", order=1)
    assert values_of(found, "score") == pytest.approx({"a": 2, "b": 4, "c": 0})
    assert values_of(found, "seconds") == pytest.approx({"a": -6, "b": 0, "c": -1})


def test_each_metric_equals_its_own_explanation():
    table = grid()
    found = explained("tunability", n_bootstrap=3)
    for metric, other in (METRICS, METRICS[::-1]):
        alone = HyperSHAPExplainer(
            table.drop(columns=other),
            metric=metric,
            space=SPACE,
            surrogate=DecisionTreeRegressor(random_state=0),
            direction=DIRECTION[metric],
            baseline=START,
            random_state=0,
        ).fit()
        own = alone.explain(n_bootstrap=3)
        part = found[found["metric"] == metric].drop(columns="metric").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, own[part.columns], check_like=True)


def test_a_list_of_games_keys_attrs_by_game_and_metric():
    found = explained(["tunability", "sensitivity"])
    assert found["game"].unique().tolist() == ["tunability", "sensitivity"]
    assert found.attrs["baseline_score"]["tunability"] == {"score": 3.0, "seconds": 12.0}


def test_draws_are_summarized_by_metric():
    found = explained(["tunability", "sensitivity", "hypervolume"], n_bootstrap=4)
    summary = summarize(found)
    assert len(summary) == 6 * 5
    assert (summary["low"] <= summary["value"] + 1e-12).all()
    assert found.columns.tolist()[4:6] == ["metric", "draw"]
    variance = found[(found["game"] == "sensitivity") & (found["draw"] == 0)]
    margins = found.attrs["calibration"]
    assert margins["score"]["sensitivity"] != margins["seconds"]["sensitivity"]
    assert set(variance["metric"]) == set(METRICS)


def test_worst_baseline_is_that_of_the_first_metric():
    found = explained(baseline="worst", order=1)
    assert values_of(found, "score") == pytest.approx({"a": 3, "b": 6, "c": 0})
    assert found.attrs["baseline_score"]["seconds"] == 10.0  # of a = 0, b = 0, c = 0


def test_order_of_metrics_changes_nothing_but_the_order():
    one, other = explained(), explained(metrics=METRICS[::-1])
    for metric in METRICS:
        assert values_of(one, metric) == pytest.approx(values_of(other, metric))


# The Pareto game.


def volume_of(S, reference, ideal):
    """The hypervolume of a coalition's blends, by a fine look at every pair of scores."""
    table = grid()
    for name in set(SPACE) - set(S):
        table = table[table[name] == START[name]]
    points = [
        tuple((row[m] - ideal[m]) / (reference[m] - ideal[m]) for m in METRICS)
        for _, row in table.iterrows()
    ]
    xs = sorted({x for x, _ in points} | {1.0})
    area = 0.0
    for left, right in itertools.pairwise(xs):
        lowest = min((y for x, y in points if x <= left), default=1.0)
        area += (right - left) * max(0.0, 1.0 - lowest)
    return area


def test_hypervolume_is_the_area_beyond_the_reference_point():
    found = explained("hypervolume", index="Moebius", order=3)
    reference, ideal = {"score": 0, "seconds": 19}, {"score": 9, "seconds": 8}
    assert found.attrs["reference_point"] == reference
    assert found.attrs["ideal_point"] == ideal
    assert found["metric"].unique().tolist() == ["score, seconds"]
    moebius = dict(zip(found["hyperparameters"], found["value"], strict=True))
    empty = volume_of((), reference, ideal)
    assert found.attrs["baseline_score"]["score, seconds"] == pytest.approx(empty)
    for size in range(1, 4):
        for S in itertools.combinations(SPACE, size):
            gain = sum(value for members, value in moebius.items() if set(members) <= set(S))
            assert gain == pytest.approx(volume_of(S, reference, ideal) - empty, abs=1e-9)


def test_reference_point_can_be_chosen():
    found = explained("hypervolume", reference={"seconds": 12.5}, index="SV", order=1)
    reference, ideal = {"score": 0, "seconds": 12.5}, {"score": 9, "seconds": 8}
    gain = volume_of(SPACE, reference, ideal) - volume_of((), reference, ideal)
    assert found["value"].sum() == pytest.approx(gain)


def test_hypervolume_of_a_continuous_space_grows_with_the_coalition():
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.random((80, 3)), columns=["a", "b", "c"])
    table["score"] = table["a"] + table["b"]
    table["seconds"] = table["a"] ** 2 + 0.1 * table["c"]
    space = ConfigurationSpace(dict.fromkeys("abc", (0.0, 1.0)))
    options = {"space": space, "n_samples": 500, "surrogate": None, "baseline": "center"}
    found = explained("hypervolume", table, index="Moebius", order=3, **options)
    moebius = dict(zip(found["hyperparameters"], found["value"], strict=True))
    value = {
        S: sum(part for members, part in moebius.items() if set(members) <= set(S))
        for size in range(4)
        for S in itertools.combinations("abc", size)
    }
    for S, T in itertools.product(value, value):
        if set(S) <= set(T):
            assert value[S] <= value[T] + 1e-12


def test_three_metrics_have_a_hypervolume():
    pytest.importorskip("moocore", reason="needs the extra pareto")
    table = grid().assign(size=lambda rows: 5.0 - rows["c"])
    metrics = [*METRICS, "size"]
    found = explained(
        "hypervolume", table, metrics, direction={**DIRECTION, "size": "minimize"}, order=1
    )
    full, first = (
        found.attrs[name]["score, seconds, size"] for name in ("full_score", "baseline_score")
    )
    assert found["value"].sum() == pytest.approx(full - first)
    # size has its ideal wherever seconds is best, and c is free otherwise: the two-metric volume.
    two = explained("hypervolume", order=1).attrs["full_score"]["score, seconds"]
    assert full == pytest.approx(two)


@pytest.mark.parametrize("metrics", [["score"], ["score", "seconds", "a", "b"]])
def test_hypervolume_needs_two_or_three_metrics(metrics):
    with pytest.raises(ValueError, match="two or three"):
        explained("hypervolume", metrics=metrics)


@pytest.mark.parametrize("reference", [{"seconds": 5.0}, {"score": np.inf}, {"speed": 1.0}])
def test_bad_reference_is_an_error(reference):
    with pytest.raises(ValueError, match="reference"):
        explained("hypervolume", reference=reference)


# Trade-offs.


def test_trade_off_has_a_column_for_each_metric():
    found = trade_off(explained("ablation", order=1))
    assert found.columns.tolist() == ["interaction", "score", "seconds", "dominated"]
    by_name = found.set_index("interaction")
    assert by_name.loc["a"].tolist() == [2, -6, True]
    assert by_name.loc["b"].tolist() == [4, 0, False]


def test_trade_off_compares_within_games():
    found = trade_off(explained(["tunability", "ablation", "sensitivity"], order=1))
    best = found[~found["dominated"]]
    assert sorted(zip(best["game"], best["interaction"], strict=True)) == [
        ("ablation", "b"),
        ("tunability", "a"),
        ("tunability", "b"),
    ]


def test_trade_off_takes_draw_zero():
    with_draws = trade_off(explained(order=1, n_bootstrap=3))
    pd.testing.assert_frame_equal(with_draws, trade_off(explained(order=1)))


def test_trade_off_of_one_metric_or_another_table_is_an_error():
    with pytest.raises(ValueError, match="at least two metrics"):
        trade_off(explained(metrics=["score"], table=grid().drop(columns="seconds")))
    with pytest.raises(ValueError, match="explain_metrics"):
        trade_off(explained().drop(columns="metric"))
    with pytest.raises(TypeError, match="DataFrame"):
        trade_off([1, 2])


def test_coalitions_are_tuned_for_each_metric():
    found = trade_off_coalitions(
        grid(),
        METRICS,
        space=SPACE,
        surrogate=DecisionTreeRegressor(random_state=0),
        direction=DIRECTION,
        baseline=START,
        random_state=0,
    )
    assert len(found) == 2 * 2**3
    rows = found.set_index(["hyperparameters", "tuned_for"])
    gains = {key: [row[metric] for metric in METRICS] for key, row in rows.iterrows()}
    assert gains[("a",), "score"] == [2, -6]
    assert gains[("a",), "seconds"] == [-1, 3]
    assert gains[("a", "b", "c"), "seconds"][METRICS.index("seconds")] == 4
    points = found[METRICS].to_numpy()
    for row, is_dominated in zip(points, found["dominated"], strict=True):
        beats = (points >= row).all(axis=1) & (points > row).any(axis=1)
        assert beats.any() == is_dominated
    of_b = found["hyperparameters"].map(lambda members: members == ("b",))
    assert not found.loc[of_b & (found["tuned_for"] == "score"), "dominated"].any()


# Sources.


def test_multi_metric_search_goes_in_as_it_is():
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 2, 3, 5], "min_samples_leaf": [1, 5, 20]},
        scoring=["accuracy", "neg_log_loss"],
        refit="accuracy",
        cv=3,
    ).fit(*load_iris(return_X_y=True))
    metrics = ["accuracy", "fit_time", "neg_log_loss"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HyperSHAPWarning)  # times are noise here
        found = explain_metrics(search, metrics, baseline="worst", random_state=0)
        again = explain_metrics(search, metrics, baseline="worst", random_state=0)
    assert found["metric"].unique().tolist() == metrics
    assert found.attrs["direction"]["fit_time"] == "minimize"
    pd.testing.assert_frame_equal(found, again)


@pytest.mark.filterwarnings("ignore:.*set_metric_names is experimental")
def test_multi_objective_study_goes_in_as_it_is():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(seed=0)
    )
    study.set_metric_names(["score", "size"])
    study.optimize(
        lambda trial: (
            trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1),
            10 * trial.params["x"],
        ),
        n_trials=60,
    )
    found = explain_metrics(
        study, ["score", "size"], "ablation", baseline="center", random_state=0, order=1
    )
    assert values_of(found, "score")["x"] == pytest.approx(0.5, abs=0.15)
    assert values_of(found, "size")["x"] < -3
    assert abs(values_of(found, "size")["y"]) < 1
    by_position = explain_metrics(
        study, [0, 1], "ablation", baseline="center", random_state=0, order=1
    )
    pd.testing.assert_frame_equal(found, by_position)


@pytest.mark.parametrize("kind", ["polars", "csv"])
def test_tables_of_any_kind_give_the_same(kind, tmp_path):
    path = tmp_path / "trials.csv"
    grid().to_csv(path, index=False)
    source = pl.DataFrame(grid()) if kind == "polars" else path
    pd.testing.assert_frame_equal(explained(table=source), explained())


@pytest.mark.filterwarnings("ignore:The search space was inferred")
def test_other_metrics_are_no_hyperparameters():
    found = explained(space=None)
    assert set(itertools.chain.from_iterable(found["hyperparameters"])) == set(SPACE)


def test_fitted_explainer_is_a_source():
    table = grid()
    one = HyperSHAPExplainer(
        table, metric="score", space=SPACE, baseline=START, random_state=0
    ).fit()
    pd.testing.assert_frame_equal(explained(table=one), explained())


# Clumsy input.


def test_one_metric_is_enough():
    found = explained(metrics=["score"], order=1)
    assert values_of(found, "score") == pytest.approx({"a": 2, "b": 4, "c": 0})


def test_metrics_that_are_named_twice_count_once():
    pd.testing.assert_frame_equal(explained(metrics=["score", "seconds", "score"]), explained())


def test_unknown_metric_lists_those_that_are_known():
    with pytest.raises(ValueError, match="second") as caught:
        explained(metrics=["score", "secods"])
    assert "'seconds'" in str(caught.value)


@pytest.mark.parametrize("metrics", ["score", None, [None, "score"], [True, "score"], {"score"}])
def test_metrics_must_be_a_list_of_names(metrics):
    with pytest.raises(TypeError, match="metrics"):
        explained(metrics=metrics)


def test_no_metric_is_an_error():
    with pytest.raises(ValueError, match="empty"):
        explained(metrics=[])


def test_metric_that_always_failed_is_named():
    with pytest.raises(ValueError, match=r"finite 'seconds' score"):
        explained(table=grid().assign(seconds=np.nan))


def test_trials_without_one_of_the_metrics_are_left_out_of_all():
    table = grid()
    table.loc[[5, 7], "seconds"] = np.nan
    with pytest.warns(TrialsWarning, match="2 of 48 trials lack one of the metrics") as caught:
        explained(table=table)
    assert len([one for one in caught if one.category is TrialsWarning]) == 1


def test_no_trial_with_all_metrics_is_an_error():
    table = grid()
    table.loc[:20, "seconds"] = np.nan
    table.loc[21:, "score"] = np.nan
    with pytest.raises(ValueError, match="No trial has all"):
        explained(table=table)


def test_failed_beside_others_is_an_error():
    with pytest.raises(ValueError, match="by itself"):
        explained(metrics=["score", "failed"])


@pytest.mark.parametrize("game", ["tunability", ["ablation", "hypervolume"], "hypervolume"])
def test_every_metric_is_drawn_with_its_scores(game):
    axes = np.ravel(plot_importance(explained(game, order=1)))
    assert len(axes) == (1 if game == "hypervolume" else 2 + isinstance(game, list))
    labels = [ax.get_xlabel() for ax in axes]
    if game == "hypervolume":
        assert labels == ["gain in normalised hypervolume"]
    else:
        assert labels[:2] == ["gain in score", "gain in seconds, lower is better"]


def test_real_accuracy_and_time(data_folder):
    table = pd.read_csv(data_folder / "lcbench_surrogate" / "data.csv")
    table = table[table["task_id"] == 3945].drop(columns="task_id")
    columns = ["batch_size", "learning_rate", "max_dropout", "max_units", "num_layers"]
    ranges = {name: (table[name].min().item(), table[name].max().item()) for name in columns}
    found = explain_metrics(
        table,
        ["val_accuracy", "time"],
        space=ConfigurationSpace(ranges),
        surrogate="forest",
        direction={"val_accuracy": "maximize", "time": "minimize"},
        baseline="center",
        n_samples=500,
        order=1,
        random_state=0,
    )
    time = values_of(found, "time")
    assert max(time, key=time.get) in ("batch_size", "max_units", "num_layers")
    assert (found["value"] > -1e-9).all()
    assert not trade_off(found)["dominated"].all()


def test_direction_of_another_metric_is_an_error():
    with pytest.raises(ValueError, match="secods"):
        explained(direction={"secods": "minimize"})


def test_unknown_game_direction_and_arguments_are_errors():
    with pytest.raises(ValueError, match="hypervolume"):
        explained("hypervolum")
    with pytest.raises(ValueError, match="direction"):
        explained(direction={"score": "up"})
    with pytest.raises(ValueError, match="reference"):
        explained(reference={"score": 0.0})
    with pytest.raises(ValueError, match="config"):
        explained(config={"a": 1})
    with pytest.raises(TypeError, match="no results"):
        explained(table=ConfigurationSpace({"a": (0.0, 1.0)}), space=None)


def trials_beside_a_space():
    """A space, its trials, and two metrics of them."""
    space = ConfigurationSpace({"a": (0.0, 3.0), "b": (0.0, 3.0)}, seed=0)
    configs = space.sample_configuration(40)
    scores = pd.DataFrame(
        {
            "score": [config["a"] + 2 * config["b"] for config in configs],
            "seconds": [3 * config["a"] + 10 for config in configs],
        }
    )
    return space, configs, scores


def of_a_space(scores, metrics=METRICS, function=explain_metrics, **options):
    space, configs, _ = trials_beside_a_space()
    options = {"configs": configs, "direction": DIRECTION, "n_samples": 200, **options}
    return function(space, metrics, scores=scores, surrogate="forest", random_state=0, **options)


def test_scores_beside_a_space_equal_those_of_a_table():
    space, configs, scores = trials_beside_a_space()
    table = pd.DataFrame([dict(config) for config in configs]).join(scores)
    start = dict(space.get_default_configuration())
    options = {"space": space, "baseline": start, "n_samples": 200, "surrogate": "forest"}
    of_table = explained(table=table, **options)
    pd.testing.assert_frame_equal(of_a_space(scores), of_table)


@pytest.mark.parametrize(
    "given",
    [
        lambda scores: {name: scores[name].tolist() for name in scores},
        lambda scores: scores.to_dict("records"),
        lambda scores: scores.to_numpy(),
        lambda scores: pl.from_pandas(scores),
        lambda scores: scores.to_numpy().tolist(),
    ],
)
def test_scores_beside_a_space_come_in_any_shape(given):
    scores = trials_beside_a_space()[2]
    pd.testing.assert_frame_equal(of_a_space(given(scores)), of_a_space(scores))


def test_subsets_of_scores_beside_a_space():
    scores = trials_beside_a_space()[2]
    found = of_a_space(scores, function=trade_off_coalitions)
    assert found["size"].tolist() == [0, 0, 1, 1, 1, 1, 2, 2]


def test_bad_scores_beside_a_space():
    scores = trials_beside_a_space()[2]
    with pytest.raises(TypeError, match=r"configs=.*scores="):
        of_a_space(scores, configs=None)
    with pytest.raises(TypeError, match="shape"):
        of_a_space(scores["score"].to_numpy())
    with pytest.raises(ValueError, match="as many numbers"):
        of_a_space({"score": [1.0, 2.0], "seconds": [1.0]})
    with pytest.raises(ValueError, match="one number for each of the 40"):
        of_a_space(scores.iloc[:3])
    with pytest.raises(ValueError, match=r"'second'.*Did you mean 'seconds'"):
        of_a_space(scores, ["score", "second"], direction=None)
    with pytest.raises(ValueError, match="ConfigurationSpace only"):
        explained(configs=[{"a": 1}])


def test_a_time_beside_a_space_is_minimised():
    scores = trials_beside_a_space()[2]
    with pytest.warns(TrialsWarning, match="'seconds' is taken as something to minimize"):
        found = of_a_space(scores, METRICS[::-1], direction=None)
    assert found.attrs["direction"] == {"seconds": "minimize", "score": "maximize"}


def test_messages_show_how_to_get_on():
    table = grid()
    with pytest.raises(TypeError, match="direction must be a dict by metric"):
        explained(direction=["maximize", "minimize"])
    with (
        pytest.warns(TrialsWarning, match="same 'score' score"),
        pytest.raises(ValueError, match=r"All trials have the same 'score' score, 1, .*Leave"),
    ):
        explained("hypervolume", table.assign(score=1.0))
    with pytest.raises(ValueError, match="'ablation'"):
        trade_off(explained("sensitivity"))
    odd = table.index % 2 == 1
    halves = table.assign(score=table["score"].where(odd), seconds=table["seconds"].mask(odd))
    with pytest.raises(ValueError, match="metric='score'"):
        explained(table=halves)

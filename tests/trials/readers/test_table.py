"""Trials in a DataFrame."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from ConfigSpace.hyperparameters import UniformFloatHyperparameter, UniformIntegerHyperparameter
from conftest import kernel_table
from scipy.stats import loguniform, uniform

from skhypershap import HyperSHAPExplainer, SpaceWarning, TrialsWarning, read_trials
from skhypershap.space.value_keys import value_key
from skhypershap.trials.files import ALL_DIGITS
from skhypershap.trials.inferred_space import space_given

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
inferring = pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning")


class TestTable:
    @inferring
    def test_table_is_read_like_configurations_and_scores(self):
        frame = kernel_table()
        explainer = HyperSHAPExplainer(frame, baseline="median", random_state=0).fit()
        again = HyperSHAPExplainer(explainer.space_, baseline="median", random_state=0)
        again.fit(frame[["kernel", "gamma", "C"]], frame["score"])
        pd.testing.assert_frame_equal(explainer.explain(), again.explain())
        assert "gamma | kernel in {'rbf'}" in str(explainer.space_)
        pd.testing.assert_frame_equal(frame, kernel_table())

    def test_given_space_ignores_other_columns(self):
        frame = kernel_table().assign(seconds=1.0, note="x")
        space = {"C": range(1, 100), "gamma": loguniform(1e-4, 10)}
        frame = frame[frame["kernel"] == "rbf"]
        trials = read_trials(frame, space=space, direction="minimize")
        assert list(trials.space) == ["C", "gamma"]
        assert trials.configs[0].keys() == {"C", "gamma"}
        assert (trials.metric, trials.direction) == ("score", "minimize")

    def test_conditions_are_inferred_for_a_given_dict_only(self):
        space = {"kernel": ["linear", "rbf"], "gamma": loguniform(1e-4, 10), "C": range(1, 100)}
        (condition,) = read_trials(kernel_table(), space=space).space.conditions
        assert (condition.child.name, condition.parent.name) == ("gamma", "kernel")
        with pytest.raises(
            ValueError, match=r"Missing in configuration number \d+ and \d+ more: 'g"
        ):
            read_trials(kernel_table(), space=space_given(space))
        with pytest.raises(ValueError, match="No trial has a value for 'D'"):
            read_trials(kernel_table().assign(D=np.nan), space={**space, "D": [1, 2]})

    def test_none_may_be_a_choice(self):
        frame = pd.DataFrame({"w": [None, "balanced"] * 6, "x": range(12), "score": range(12)})
        trials = read_trials(frame, space={"w": [None, "balanced"], "x": range(12)})
        assert [config["w"] for config in trials.configs] == [None, "balanced"] * 6

    @inferring
    def test_metric_and_fidelity_are_columns(self):
        frame = kernel_table().rename(columns={"score": "auc"}).assign(fidelity=[1, 2] * 20)
        trials = read_trials(frame, metric="auc")
        assert trials.metric == "auc"
        assert set(trials.space) == {"kernel", "gamma", "C"}
        assert trials.fidelity.tolist() == [1, 2] * 20

    @pytest.mark.parametrize(
        ("change", "arguments", "message"),
        [
            (lambda t: t.rename(columns={"score": "acc"}), {}, "Unknown metric .* 'score'.*'acc'"),
            (lambda t: t, {"metric": "scor"}, "Did you mean 'score'"),
            (
                lambda t: t.rename(columns={"score": "acc"}),
                {},
                "no such column. Pass metric= one of",
            ),
            (lambda t: t, {"space": {"gama": [1]}}, "Unknown column .*Did you mean 'gamma'"),
            (lambda t: t[[]], {}, "no columns"),
            (lambda t: t.iloc[:0], {}, "no trials"),
            (lambda t: t.iloc[:0], {"space": {"C": [1, 2]}}, "no trials"),
            (lambda t: t, {"space": {"C": [1, 2]}}, r"of 40 values of 'C' are outside"),
        ],
    )
    def test_mistakes_raise_clear_errors(self, change, arguments, message):
        with pytest.raises(ValueError, match=message):
            read_trials(change(kernel_table()), **arguments)


@pytest.mark.filterwarnings("ignore:The search space was inferred")
class TestPlainScores:
    """What the column of scores is called decides where nobody says more."""

    @pytest.mark.parametrize("name", ["val_loss", "rmse", "log_loss", "train_time"])
    def test_a_loss_or_time_is_minimised_and_a_warning_says_so(self, name):
        table = random_table().assign(**{name: np.linspace(0, 1.3, 60)})
        with pytest.warns(TrialsWarning, match=f"{name!r} is taken as something to minimize"):
            trials = read_trials(table, metric=name)
        assert trials.direction == "minimize"
        assert read_trials(table, metric=name, direction="maximize").direction == "maximize"

    @pytest.mark.parametrize("name", ["accuracy", "neg_log_loss", "score"])
    def test_anything_else_is_maximised(self, name):
        table = random_table().assign(**{name: np.linspace(0, 1.3, 60)})
        assert read_trials(table, metric=name).direction == "maximize"

    def test_failures_are_found_by_a_result_of_another_name(self):
        loss = np.where(np.arange(60) % 3 == 0, np.nan, 0.5)
        table = random_table().drop(columns="score").assign(val_loss=loss)
        for more in ({}, {"accuracy": 1 - loss}, {"accuracy": 0.5}):
            failed = read_trials(table.assign(**more), metric="failed")
            assert failed.scores.tolist() == np.isnan(loss).tolist()
            assert "val_loss" not in failed.space
        with pytest.raises(ValueError, match="metric='failed' needs to know the column of scores"):
            read_trials(table.rename(columns={"val_loss": "outcome"}), metric="failed")

    def test_hints_name_results_where_there_are_any(self):
        with pytest.raises(ValueError, match=r"Pass metric= one of 'val_loss'\.$"):
            read_trials(random_table().drop(columns="score").assign(val_loss=0.5))

    def test_a_table_without_hyperparameters_is_refused(self):
        with pytest.raises(ValueError, match="no column of a hyperparameter"):
            read_trials(pd.DataFrame({"score": [0.1, 0.2]}))


def random_table(n=60, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.random(n), "k": rng.integers(1, 30, n)})
    frame["kind"] = rng.choice(["a", "b", "c"], n)
    frame["score"] = np.sin(3 * frame["x"]) + 0.02 * frame["k"] + 0.3 * (frame["kind"] == "b")
    return frame


def through_csv(table):
    return pd.read_csv(io.StringIO(table.to_csv(index=False)), **ALL_DIGITS)


class TestColumns:
    """Columns that identify a row, or are other results, are no hyperparameters."""

    @pytest.mark.parametrize("way", [lambda table: table, through_csv])
    def test_other_columns_are_left_out_with_one_warning(self, way):
        rng = np.random.default_rng(1)
        table = random_table()
        expected = read_quietly(table)
        others = {
            "Unnamed: 0": range(60),
            "trial_id": np.arange(60) + 7,
            "rank": table["score"].rank(ascending=False, method="min").astype(int),
            "std_score": rng.random(60),
            "split0_test": table["score"] + rng.normal(0, 0.3, 60),
            "fit_time": rng.random(60),
            "started": pd.date_range("2024-01-01", periods=60),
            "took": pd.to_timedelta(rng.random(60), unit="s"),
            "run": [f"run-{number:03}" for number in range(60)],
            "accuracy": table["score"] / 3 + rng.normal(0, 0.01, 60),
            "g": np.exp(-table["score"]),
        }
        table = way(table.assign(**others))
        with pytest.warns(SpaceWarning, match="space=") as caught:
            trials = read_trials(table)
        (warning,) = caught
        assert all(repr(name) in str(warning.message) for name in others)
        assert "Left out" in str(warning.message)
        assert trials.configs == expected.configs
        space = {"fit_time": uniform(0, 1), "x": uniform(0, 1)}
        assert list(read_trials(table, space=space).space) == ["fit_time", "x"]

    @inferring
    def test_hyperparameters_with_such_names_or_that_decide_the_score_alone_stay(self):
        rng = np.random.default_rng(0)
        table = pd.DataFrame(
            {
                "rank": rng.choice([4, 8, 16, 32], 80),
                "init_std": 10 ** rng.uniform(-3, 0, 80),
                "time_limit": rng.choice([60, 120], 80),
                "min_samples_split": rng.integers(2, 60, 80),
                "x": rng.random(80),
            }
        )
        names = list(table)
        trials = read_trials(table.assign(score=10 * table["x"] + 0.01 * table["rank"]))
        assert set(trials.space) == set(names)

    @inferring
    def test_what_would_leave_nothing_is_kept(self):
        table = pd.DataFrame({"time": np.linspace(0, 1, 30), "score": np.linspace(0, 1, 30)})
        assert list(read_trials(table).space) == ["time"]

    @inferring
    def test_names_may_be_integers_or_duplicates(self):
        frame = pd.DataFrame({0: [1.0, 2.0, 3.0], "score": [1.0, 2.0, 3.0]})
        assert read_trials(frame).configs == [{"0": 1.0}, {"0": 2.0}, {"0": 3.0}]
        assert read_trials(frame, space={0: [1.0, 2.0, 3.0]}).configs == read_trials(frame).configs
        table = random_table()
        twice = table.assign(other=table["x"].to_numpy()[::-1] ** 2)[["x", "other", "k", "score"]]
        twice.columns = ["x", "x", "k", "score"]
        assert set(read_trials(twice).space) == {"x", "x.1", "k"}
        copied = pd.concat([table, table[["k"]]], axis=1)
        assert read_trials(copied).configs == read_trials(table).configs
        numbered = table.rename(columns={"score": 7})
        assert read_trials(numbered, metric=7).scores.tolist() == table["score"].tolist()


@pytest.mark.parametrize("metric", [None, "std_scor", "spli"])
def test_no_message_names_a_column_that_is_not_a_score(metric):
    table = kernel_table().rename(columns={"score": "acc"})
    others = {"std_score": 1.0, "split0_test": 1.0, "rank": range(40), "trial": range(40)}
    with pytest.raises(ValueError, match="'acc'") as caught:
        read_trials(table.assign(**others), metric=metric)
    assert not any(repr(name) in str(caught.value) for name in (*others, "kernel"))


class TestCells:
    """None, empty cells, text that is numbers, whole numbers and infinities."""

    @inferring
    def test_none_in_a_column_of_objects_is_a_value(self):
        table = random_table()
        depth = np.empty(60, dtype=object)
        depth[:] = [None, 1, 2, 4] * 15
        trials = read_trials(table.assign(depth=depth))
        assert [config["depth"] for config in trials.configs] == [None, 1, 2, 4] * 15
        masked = depth.copy()
        masked[::8] = np.nan
        trials = read_trials(table.assign(depth=masked))
        assert ["depth" in config for config in trials.configs] == [
            row % 8 != 0 for row in range(60)
        ]
        assert trials.configs[4]["depth"] is None

    @inferring
    def test_empty_text_is_none_unless_a_condition_explains_it(self):
        table = random_table()
        table["w"] = [None, "balanced"] * 30
        solver = np.where(
            table["kind"] == "b", np.random.default_rng(2).choice(["s", "t"], 60), None
        )
        missing = "str" if pd.__version__ >= "3" else "string"  # of text with missing cells
        table["solver"] = pd.Series(solver, dtype=missing)
        trials = read_trials(table)
        assert [config["w"] for config in trials.configs] == [None, "balanced"] * 30
        assert str(trials.space.conditions) == "[solver | kind in {'b'}]"
        alone = pd.DataFrame({"w": [None, "b"] * 30, "x": np.linspace(0, 1, 60)})
        table = alone.assign(score=[1.0, 0.0] * 30)
        explainer = HyperSHAPExplainer(table, baseline="worst", random_state=0).fit()
        values = explainer.explain("tunability", order=1).set_index("interaction")["value"]
        assert values["w"] == pytest.approx(1, abs=0.05)
        assert explainer.incumbent_["w"] is None

    @inferring
    @pytest.mark.parametrize("choices", [[1, 2, 4], ["s", "t"], [True, False]])
    def test_null_that_a_condition_explains_is_inactive_in_every_file(self, tmp_path, choices):
        """pandas writes NaN and None as the same null in JSON."""
        table = random_table()
        chosen = np.random.default_rng(2).choice(np.array(choices, dtype=object), 60)
        table["child"] = np.where(table["kind"] == "b", chosen, None)
        table["w"] = np.array([None, "balanced"] * 30, dtype=object)
        table.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
        table.assign(w=table["w"].map(str)).to_csv(tmp_path / "a.csv", index=False)
        for source in (table, tmp_path / "a.jsonl", tmp_path / "a.csv"):
            trials = read_trials(source)
            assert str(trials.space.conditions) == "[child | kind in {'b'}]"
            assert {c["child"] for c in trials.configs if "child" in c} == set(choices)
            assert [config["w"] for config in trials.configs] == [None, "balanced"] * 30

    @inferring
    def test_none_beside_a_range_is_an_extra_value(self):
        table = random_table()
        rate = np.empty(60, dtype=object)
        rate[:] = [None if row % 3 == 0 else 10.0 ** -(row / 15) for row in range(60)]
        trials = read_trials(table.assign(rate=rate))
        assert [config["rate"] for config in trials.configs] == rate.tolist()
        assert trials.space["rate"].size == np.inf
        conditional = rate.copy()
        conditional[(table["kind"] != "a").to_numpy()] = None
        conditional[(table["kind"] == "a").to_numpy()] = np.linspace(
            1, 2, (table["kind"] == "a").sum()
        )
        trials = read_trials(table.assign(rate=conditional))
        assert str(trials.space.conditions) == "[rate | kind in {'a'}]"

    @inferring
    def test_text_that_is_all_numbers_is_numbers(self):
        table = random_table()
        text = table.assign(x=table["x"].map(repr), k=table["k"].map(str))
        assert read_trials(text).configs == read_trials(table).configs
        text["k"] = ["None" if row % 2 else "3" for row in range(60)]
        assert {config["k"] for config in read_trials(text).configs} == {None, 3}

    @inferring
    def test_integers_beside_empty_cells_stay_integers(self):
        rng = np.random.default_rng(0)
        n, units = rng.integers(1, 3, 101), rng.integers(2, 100, 101)
        table = pd.DataFrame({"layers": n, "units_2": np.where(n == 2, units, np.nan)})
        table["score"] = np.where(n == 2, units / 100, 0.2)
        explainer = HyperSHAPExplainer(table, baseline={"layers": 2}, random_state=0).fit()
        assert isinstance(explainer.baseline_["units_2"], int)
        assert isinstance(explainer.space_["units_2"], UniformIntegerHyperparameter)
        assert explainer.trials_["units_2"].dtype == "Int64"

    def test_infinity_in_a_range_is_a_failed_value(self):
        table = random_table()
        table.loc[5, "x"] = np.inf
        with pytest.warns(SpaceWarning, match="Infinite values are taken as failed ones: 1 of x"):
            trials = read_trials(table)
        assert isinstance(trials.space["x"], UniformFloatHyperparameter)
        assert "x" not in trials.configs[5]
        with pytest.warns(SpaceWarning, match="inferred"):
            choices = read_trials(table.assign(x=[0.5, 1.0, np.inf] * 20))
        assert choices.space["x"].size == 3

    def test_given_space_reads_text_and_rounded_numbers(self):
        table = random_table(30)
        table["size"] = ["(64, 64)", "(32,)", "sqrt"] * 10
        table["step"] = [0.1 + 0.2, 0.1, 0.2] * 10
        space = {"size": [(64, 64), (32,), "sqrt"], "step": [0.1, 0.2, 0.3]}
        assert read_trials(table, space=space).configs[:3] == [
            {"size": (64, 64), "step": 0.3},
            {"size": (32,), "step": 0.1},
            {"size": "sqrt", "step": 0.2},
        ]

    def test_nan_among_the_choices_is_read_from_a_frame(self):
        space = {"missing": [np.nan, -1, None], "x": [0.0, 1.0]}
        values = [np.nan, -1, None] * 10
        table = pd.DataFrame({"missing": pd.Series(values, dtype=object), "x": [0.0, 1.0] * 15})
        table["score"] = [1.0, 2.0, 3.0] * 10
        explainer = HyperSHAPExplainer(
            table, space=space, baseline={"missing": -1, "x": 0.0}, random_state=0
        ).fit()
        frame = explainer.trials_.drop(columns="score")
        listed = explainer.fitted_.trials.configs
        np.testing.assert_array_equal(
            explainer.predict_score(frame), explainer.predict_score(listed)
        )
        assert [value_key(config["missing"]) for config in listed] == list(map(value_key, values))


def read_quietly(table):
    with pytest.warns(SpaceWarning):
        return read_trials(table)


@inferring
def test_frame_may_lack_a_hyperparameter_that_is_inactive_everywhere():
    explainer = HyperSHAPExplainer(kernel_table(), baseline="worst", random_state=0).fit()
    rows = pd.DataFrame({"kernel": ["linear"] * 2, "C": [3, 50]})
    expected = explainer.predict_score(
        [{"kernel": "linear", "C": 3}, {"kernel": "linear", "C": 50}]
    )
    np.testing.assert_array_equal(explainer.predict_score(rows), expected)


class TestNamedIndex:
    """`set_index` and `groupby` move columns to the index; its named levels are columns here."""

    FORMS = {  # noqa: RUF012 - never changed
        "one level": lambda frame: frame.set_index("C"),
        "two levels": lambda frame: frame.set_index(["C", "kernel"]),
        "mean of seeds": lambda frame: (
            pd.concat([frame, frame]).groupby(["kernel", "gamma", "C"], dropna=False).mean()
        ),
    }

    @inferring
    @pytest.mark.parametrize("form", FORMS)
    def test_levels_are_read_as_columns(self, form):
        frame = kernel_table().drop_duplicates(["kernel", "gamma", "C"])
        indexed = self.FORMS[form](frame)
        before = indexed.copy()
        found, expected = read_trials(indexed), read_trials(indexed.reset_index())
        assert found.configs == expected.configs
        assert set(found.space) == {"C", "gamma", "kernel"}
        np.testing.assert_array_equal(found.scores, expected.scores)
        pd.testing.assert_frame_equal(indexed, before)

    @inferring
    def test_columns_of_several_levels_keep_their_names(self):
        frame = kernel_table()[["kernel", "C", "score"]]
        table = frame.groupby(["kernel", "C"]).agg(["mean", "max"])
        trials = read_trials(table, metric="score_mean", space={"kernel": ["linear", "rbf"]})
        assert len(trials.scores) == len(table)
        np.testing.assert_array_equal(trials.scores, table[("score", "mean")])

    @inferring
    def test_columns_and_unnamed_levels_come_first(self):
        frame = kernel_table()
        named = frame.set_index(frame["C"].to_numpy() + 1000).rename_axis("C")
        for table in (named, frame.set_index(frame["C"].to_numpy())):
            assert read_trials(table).configs == read_trials(frame).configs

    @inferring
    def test_names_of_rows_are_left_out(self):
        frame = kernel_table()
        table = frame.rename_axis("trial_id")
        assert list(read_trials(table).space) == list(read_trials(frame).space)

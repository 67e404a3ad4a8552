"""The bootstrap: explanations of resampled trials, and intervals of their values."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression

from skhypershap import HyperSHAPExplainer, summarize
from skhypershap.explainer.base import game_context
from skhypershap.interactions.bootstrap import solve_draw
from skhypershap.interactions.indices import IndexSpec

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
KEYS = ["game", "measure", "order", "interaction", "hyperparameters"]


def linear_explainer(n_trials, seed=0, **arguments):
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}, seed=seed)
    configs = [dict(config) for config in space.sample_configuration(n_trials)]
    scores = [3 * config["a"] + config["b"] for config in configs]
    arguments = {"n_samples": 200, "random_state": 0, **arguments}
    return HyperSHAPExplainer(space, **arguments).fit(configs, scores)


@pytest.fixture(scope="module")
def explainer():
    return linear_explainer(40)


@pytest.fixture(scope="module")
def table(explainer):
    return explainer.explain(["tunability", "ablation"], n_bootstrap=6)


class TestDraws:
    def test_draw_0_is_the_explanation_of_all_trials(self, explainer, table):
        whole = table[table["draw"] == 0].drop(columns="draw")
        plain = explainer.explain(["tunability", "ablation"])
        pd.testing.assert_frame_equal(whole, plain)
        assert table.attrs == {**plain.attrs, "calibration": table.attrs["calibration"]}

    def test_every_draw_has_the_same_rows_in_the_same_order(self, table):
        first = table[table["draw"] == 0][KEYS]
        assert sorted(table["draw"].unique()) == list(range(7))
        assert table["draw"].dtype.kind == "i"
        for _, rows in table.groupby("draw"):
            pd.testing.assert_frame_equal(rows[KEYS].reset_index(drop=True), first)

    def test_draws_differ_and_do_not_depend_on_n_bootstrap(self, explainer, table):
        values = table.pivot_table(index=["game", "interaction"], columns="draw", values="value")
        assert values.T.nunique().max() > 1
        fewer = explainer.explain(["tunability", "ablation"], n_bootstrap=2)
        pd.testing.assert_frame_equal(fewer, table[table["draw"] <= 2])

    def test_draw_explains_a_surrogate_of_resampled_trials(self, explainer):
        """The slow twin: resample, fit a surrogate by hand, explain with the same baseline."""

        class Resampled(RegressorMixin, BaseEstimator):
            def __init__(self, draw=1):
                self.draw = draw

            def fit(self, X, y):
                rows = np.random.default_rng([0, self.draw]).integers(len(y), size=len(y))
                self.model_ = LinearRegression().fit(X[rows], y[rows])
                return self

            def predict(self, X):
                return self.model_.predict(X)

        rng = np.random.default_rng(3)
        space = explainer.space_
        configs, noise = (
            [dict(c) for c in explainer.trials_.drop(columns="score").to_dict("records")],
            0.3,
        )
        scores = explainer.trials_["score"] + rng.normal(scale=noise, size=len(configs))
        arguments = {"n_samples": 50, "random_state": 0}
        drawn = HyperSHAPExplainer(space, surrogate=LinearRegression(), **arguments)
        drawn = drawn.fit(configs, scores).explain("ablation", n_bootstrap=2)
        by_hand = HyperSHAPExplainer(space, surrogate=Resampled(draw=2), **arguments)
        by_hand = by_hand.fit(configs, scores).explain("ablation").set_index("interaction")["value"]
        found = drawn[drawn["draw"] == 2].set_index("interaction")["value"]
        pd.testing.assert_series_equal(found.sort_index(), by_hand.sort_index())

    @pytest.mark.parametrize("backend", ["threading", "loky"])
    def test_backends_give_equal_tables(self, table, backend):
        parallel = linear_explainer(40, n_jobs=2)
        with joblib.parallel_config(backend=backend):
            found = parallel.explain(["tunability", "ablation"], n_bootstrap=6)
        pd.testing.assert_frame_equal(found, table)

    def test_values_sum_to_the_gain_in_every_draw(self, explainer, table):
        """FSII is efficient: the values of a draw sum to the gain on the draw's own surrogate."""
        context = game_context(explainer)
        for draw in (1, 4):
            (game_spec,) = explainer.fitted_.game_specs(["tunability"])
            (part,) = solve_draw([game_spec], context, IndexSpec("FSII", 2, 16), draw)
            rows = table[(table["draw"] == draw) & (table["game"] == "tunability")]
            assert rows["value"].sum() == pytest.approx(part.full_score - part.baseline_score)

    def test_resample_without_the_largest_fidelity_is_explained_at_it(self):
        """A resample may lack trials at the largest fidelity; games are still evaluated there."""
        space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
        configs = space.sample_configuration(30)
        fidelity = [1] * 29 + [9]
        scores = [
            config["a"] + 0.1 * budget for config, budget in zip(configs, fidelity, strict=True)
        ]
        fitted = HyperSHAPExplainer(space, n_samples=50, random_state=0)
        drawn = fitted.fit(configs, scores, fidelity=fidelity).explain(n_bootstrap=5)
        assert np.isfinite(drawn["value"]).all()

    def test_verbose_shows_a_progress_bar(self, capsys, monkeypatch):
        monkeypatch.setattr("skhypershap.parallel.PROGRESS_DELAY", 0)
        linear_explainer(20, verbose=1).explain("ablation", n_bootstrap=3)
        shown = capsys.readouterr().err
        assert "/3.00 [" in shown.split("bootstrap", 1)[1]
        assert shown.endswith(" \r"), "the bar leaves no line"

    @pytest.mark.parametrize("n_bootstrap", [0, -3, 2.5, "10", True])
    def test_invalid_n_bootstrap_raises(self, explainer, n_bootstrap):
        with pytest.raises(ValueError, match="n_bootstrap must be an integer of at least 1"):
            explainer.explain(n_bootstrap=n_bootstrap)


class TestSummarize:
    def test_interval_ends_are_quantiles_of_the_draws(self, table):
        table = table.copy()
        table.attrs["calibration"] = 1
        summary = summarize(table, level=0.8)
        columns = [
            "interaction",
            "value",
            "low",
            "high",
            "order",
            "game",
            "measure",
            "hyperparameters",
        ]
        assert list(summary) == columns
        assert len(summary) == (table["draw"] == 0).sum()
        for row in summary.itertuples():
            same = table[(table["game"] == row.game) & (table["interaction"] == row.interaction)]
            values = same.set_index("draw")["value"]
            low, high = np.quantile(values.loc[1:], [0.1, 0.9])
            assert (row.value, row.low, row.high) == pytest.approx((values[0], low, high))

    def test_rows_keep_their_order_and_attrs(self, table):
        summary = summarize(table)
        pd.testing.assert_frame_equal(summary[KEYS], table[table["draw"] == 0][KEYS])
        assert summary.attrs == table.attrs

    def test_wider_level_contains_narrower_interval(self, table):
        narrow, wide = summarize(table, level=0.5), summarize(table, level=0.95)
        assert (wide["low"] <= narrow["low"]).all()
        assert (wide["high"] >= narrow["high"]).all()

    def test_subset_of_rows_can_be_summarized(self, table):
        pairs = table[(table["order"] == 2) & (table["game"] == "ablation")]
        assert len(summarize(pairs)) == 3

    def test_intervals_shrink_with_more_trials(self):
        """Scores have no noise, so that all uncertainty comes from the choice of the trials."""
        widths = []
        for n_trials in (30, 300):
            fitted = linear_explainer(n_trials)
            draws = fitted.explain(["tunability", "sensitivity"], order=1, n_bootstrap=30)
            summary = summarize(draws)
            widths.append((summary["high"] - summary["low"]).groupby(summary["game"]).sum())
        assert (widths[0] > 1.3 * widths[1]).all()

    def test_added_columns_do_not_change_intervals(self, table):
        expected = summarize(table)
        for added in (
            {"note": None},
            {"note": np.nan},
            {"run": "first"},
            {"size": table["value"].abs()},
            {"draw": table["draw"].astype("category")},
            {"hyperparameters": [list(names) for names in table["hyperparameters"]]},
        ):
            found = summarize(table.assign(**added))
            columns = [name for name in expected if name != "hyperparameters"]
            pd.testing.assert_frame_equal(found[columns], expected[columns])
        found = summarize(table.reset_index())
        np.testing.assert_array_equal(found["low"], expected["low"])

    def test_stacked_explanations_need_a_distinguishing_column(self, explainer):
        parts = {
            word: explainer.explain("tunability", baseline=word, n_bootstrap=4)
            for word in ("worst", "best")
        }
        with pytest.raises(ValueError, match="several rows of the same game, interaction and draw"):
            summarize(pd.concat(parts.values()))
        both = summarize(pd.concat([part.assign(baseline=word) for word, part in parts.items()]))
        for word, part in parts.items():
            own = both[both["baseline"] == word].drop(columns="baseline").reset_index(drop=True)
            part.attrs = {}  # lost by concat, too: both have plain quantiles
            pd.testing.assert_frame_equal(own, summarize(part))

    def test_missing_column_raises(self, table):
        with pytest.raises(ValueError, match="no column 'hyperparameters'"):
            summarize(table.drop(columns="hyperparameters"))

    @pytest.mark.parametrize("level", [0, 1, -0.5, 90, "0.9", None])
    def test_invalid_level_raises(self, table, level):
        with pytest.raises(ValueError, match="level must be a number above 0 and below 1"):
            summarize(table, level=level)

    def test_table_without_draws_raises(self, explainer, table):
        with pytest.raises(ValueError, match="n_bootstrap="):
            summarize(explainer.explain())
        for rows in (table["draw"] == 0, table["draw"] > 0):
            with pytest.raises(ValueError, match="rows of draw 0 and of others"):
                summarize(table[rows])
        with pytest.raises(TypeError, match="DataFrame"):
            summarize([1, 2])

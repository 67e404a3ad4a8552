"""Calibration: how `summarize` widens the intervals of the draws."""

from __future__ import annotations

import io
import json
import warnings

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import ConfigurationSpace
from scipy.stats import norm

from skhypershap import HyperSHAPExplainer, SurrogateWarning, explain_jointly, summarize
from skhypershap.frames import datasets_frame, explanation_frame
from skhypershap.games.setting import GAMES
from skhypershap.interactions.calibration import MARGINS, calibration_of, margins_of
from skhypershap.interactions.solve import Explained

ALL = list(GAMES)
N_DRAWS = 30
SHIFTED = [(0,), (1,), (0, 1)]


def explained(game, seed=None, scale=1.0):
    values = np.array([3.0, -1.0, 0.5]) * scale
    if seed is not None:
        values = values + np.random.default_rng(seed).normal(size=3) * scale
    interactions = {(): 0.0, **dict(zip([(0,), (1,), (0, 1)], map(float, values), strict=True))}
    return Explained(game, "FSII", interactions, 0.0, 2.5 * scale, 2.5 * scale)


def drawn(games=("tunability",), scale=1.0, shift=0.0):
    draws = [[explained(game, scale=scale) for game in games]]
    draws += [[explained(game, seed, scale) for game in games] for seed in range(N_DRAWS)]
    for draw in draws[1:]:
        for part in draw:
            part.interactions.update({who: part.interactions[who] + shift for who in SHIFTED})
    return explanation_frame(draws, ["a", "b"], {}, stacked=len(games) > 1)


def ends(table):
    return table[["low", "high"]].to_numpy()


def plain(table, level=0.9):
    table = table.copy()
    table.attrs = {}
    with pytest.warns(SurrogateWarning, match="lost its attrs"):
        return summarize(table, level)


@pytest.mark.parametrize("shift", [0.0, 9.0, -9.0])
def test_interval_is_hull_of_value_and_draws_plus_margins(shift):
    table = drawn(ALL, shift=shift)
    found, quantiles = summarize(table), plain(table)
    lows = quantiles[["low", "value"]].min(axis=1)
    highs = quantiles[["high", "value"]].max(axis=1)
    widths = (highs - lows).groupby([table["game"], table["order"]]).mean()
    for row, low, high in zip(found.itertuples(), lows, highs, strict=True):
        margins = MARGINS[row.game]["singles" if row.order == 1 else "interactions"]
        shared = widths[row.game, row.order]
        expected = (
            low - margins.below * (high - low) - margins.shared_below * shared,
            high + margins.above * (high - low) + margins.shared_above * shared,
        )
        assert (row.low, row.high) == pytest.approx(expected, rel=1e-12)
        assert row.low <= row.value <= row.high


def test_shared_margins_grow_with_level_as_normal_quantiles():
    """Draws of `a` are all alike, so that its interval has shared margins only."""
    draws = [[explained("sensitivity", seed)] for seed in range(N_DRAWS)]
    for draw in draws:
        draw[0].interactions[(0,)] = 3.0
    table = explanation_frame(draws, ["a", "b"], {}, stacked=False)
    alone = table[table["interaction"] == "a"]
    widths = [np.ptp(ends(summarize(alone, level)), axis=1) for level in (0.5, 0.9)]
    np.testing.assert_allclose(widths[0] / widths[1], norm.ppf(0.75) / norm.ppf(0.95))
    margins = MARGINS["sensitivity"]["singles"]
    b = table.loc[(table["interaction"] == "b"), "value"]
    low, high = np.quantile(b[1:], [0.05, 0.95])
    shared = (max(high, b.iloc[0]) - min(low, b.iloc[0])) / 2  # the mean of a's width, 0, and b's
    assert widths[1] == pytest.approx(shared * (margins.shared_below + margins.shared_above))


def test_equal_draws_have_no_width():
    draws = [[explained(game) for game in ALL]] * 3
    summary = summarize(explanation_frame(draws, ["a", "b"], {}, stacked=True))
    np.testing.assert_array_equal(summary["low"], summary["high"])


def test_some_rows_have_the_intervals_that_they_have_among_all():
    table, whole = drawn(ALL), summarize(drawn(ALL))
    some = summarize(table[table["interaction"] == "b"])
    np.testing.assert_array_equal(ends(some), ends(whole[whole["interaction"] == "b"]))


def test_data_sets_in_other_units_have_intervals_in_their_units():
    table = datasets_frame({"one": drawn(), "small": drawn(scale=2.0**-40)})
    summary = summarize(table)
    one, small = (ends(summary[summary["dataset"] == name]) for name in ("one", "small"))
    np.testing.assert_array_equal(one * 2.0**-40, small)
    np.testing.assert_array_equal(one, ends(summarize(drawn())))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_wider_level_contains_narrower_interval(level):
    table = drawn(ALL)
    narrow, wide = ends(summarize(table, level - 0.1)), ends(summarize(table, level))
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (wide[:, 1] >= narrow[:, 1]).all()


def test_missing_gain_lies_above_in_tunability_and_below_in_mistunability():
    up, down = MARGINS["tunability"]["singles"], MARGINS["mistunability"]["singles"]
    assert up.above > up.below
    assert (down.below, down.above) == (up.above, up.below)


def test_every_game_has_margins():
    assert MARGINS.keys() == {*GAMES, "hypervolume"}  # the game of several metrics


def test_intervals_scale_exactly_with_values():
    once, twice = (ends(summarize(drawn(ALL, scale=scale))) for scale in (1.0, 2.0**-40))
    np.testing.assert_array_equal(once * 2.0**-40, twice)


def test_number_widens_around_the_value():
    table = drawn()
    quantiles = plain(table)
    table.attrs["calibration"] = 1
    np.testing.assert_array_equal(ends(summarize(table)), ends(quantiles))
    table.attrs["calibration"] = 2.5
    around = quantiles["value"].to_numpy()[:, None]
    np.testing.assert_allclose(ends(summarize(table)), around + 2.5 * (ends(quantiles) - around))


def test_number_never_narrows_an_interval_beside_the_value():
    table = drawn(shift=50.0)
    table.attrs["calibration"] = 2.0
    before, after = ends(plain(table)), ends(summarize(table))
    np.testing.assert_array_equal(before[:, 0], after[:, 0])
    assert (after[:, 1] > before[:, 1]).all()


def test_frames_that_lost_their_attrs_get_quantiles_and_one_warning():
    table = drawn()
    from_csv = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    other = drawn(["ablation"])
    values = table[table["draw"] > 0].groupby("interaction")["value"]
    expected = [values.quantile(q) for q in (0.05, 0.95)]
    for lost in (from_csv, pd.concat([table, other], ignore_index=True)):
        assert not lost.attrs
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            summary = summarize(lost)
        assert [warning.category for warning in caught] == [SurrogateWarning]
        assert caught[0].filename == __file__
        summary = summary[summary["game"] == "tunability"].set_index("interaction")
        for column, quantile in zip(("low", "high"), expected, strict=True):
            np.testing.assert_allclose(summary[column], quantile[summary.index])


def test_draws_stay_as_they_are():
    table = drawn()
    before, attrs = table.copy(), json.dumps(table.attrs)
    summarize(table)
    pd.testing.assert_frame_equal(table, before)
    assert json.dumps(table.attrs) == attrs


def test_explanation_without_draws_has_no_calibration():
    table = explanation_frame([[explained("tunability")]], ["a", "b"], {}, stacked=False)
    assert "calibration" not in table.attrs


def test_rows_of_one_game_keep_their_margins():
    table = drawn(ALL)
    some = summarize(table[table["game"] == "sensitivity"])
    everything = summarize(table)
    expected = everything[everything["game"] == "sensitivity"].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, expected)


def test_calibration_is_of_plain_values():
    calibration = calibration_of([[explained("sensitivity", seed)] for seed in range(3)])
    assert json.loads(json.dumps(calibration)) == calibration


def test_data_sets_in_one_frame_keep_calibration():
    table = datasets_frame({"adult": drawn()})
    assert table.attrs["calibration"] == drawn().attrs["calibration"]


@pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
def test_explain_jointly_carries_calibration():
    explainers = {}
    for seed, name in enumerate(("adult", "higgs")):
        space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=seed)
        configs = [dict(config) for config in space.sample_configuration(20)]
        scores = [config["a"] + seed * config["b"] for config in configs]
        explainer = HyperSHAPExplainer(space, n_samples=50, random_state=0, surrogate="forest")
        explainers[name] = explainer.fit(configs, scores)
    table = explain_jointly(explainers, n_bootstrap=3, per_dataset=True)
    assert table.attrs["calibration"].keys() == {"tunability"}
    summary = summarize(table)
    assert (summary["low"] <= summary["value"]).all()
    assert (summary["value"] <= summary["high"]).all()


@pytest.mark.parametrize("game", MARGINS)
def test_margins_widen_by_at_most_one_width(game):
    """Shared ones are smaller, and there are none for games that were not measured."""
    for margins in MARGINS[game].values():
        assert all(0 < own <= 1 for own in (margins.below, margins.above))
        shared = margins.shared_below, margins.shared_above
        assert all(0 <= one <= 0.75 for one in shared)
        if game == "optimizer_bias":
            assert shared == (0, 0)


def test_margins_of_rows_by_data_set_game_and_order():
    one = {"ablation": {"singles": [1.0, 2, 3, 4], "interactions": [5.0, 6, 7, 8]}}
    games = ["ablation", "ablation", "sensitivity"]
    found = margins_of(one, games, np.array([1, 2, 1]))
    np.testing.assert_array_equal(found, [[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 0, 0]])
    found = margins_of({"a": one}, games, np.array([1, 1, 1]), ["a", "b", "a"])
    np.testing.assert_array_equal(found, [[1, 2, 3, 4], [0] * 4, [0] * 4])
    assert margins_of({}, [], np.array([])).shape == (0, 4)
    with pytest.raises(ValueError, match="zip"):
        margins_of(one, games, np.array([1, 2]))


def test_games_of_all_draws_must_be_the_same():
    with pytest.raises(ValueError, match="zip"):
        calibration_of([[explained("ablation"), explained("tunability")], [explained("ablation")]])

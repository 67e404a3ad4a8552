"""Which configurations an explanation rests on, and what it claims."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from skhypershap.advice import claims
from skhypershap.games.candidates import Candidates
from skhypershap.games.value_function import ValueFunction
from skhypershap.surrogate.blends import positions_of


def keys_of(configs):
    return [config["key"] for config in configs]


@pytest.mark.parametrize(("n_configs", "expected"), [(1, "a"), (2, "ac"), (3, "ace"), (9, "aceg")])
def test_telling_configurations_are_distinct_new_and_not_known_to_fail(
    n_configs, expected, monkeypatch
):
    """Of a to g, in parts: b ran already, d always failed, and a and c come twice."""
    parts = [["a", "b"], ["a", "c", "d"], ["e", "c", "g"]]
    opened = []

    def in_order(*_):
        for part in parts:
            opened.append(part)
            yield [{"key": key} for key in part]

    monkeypatch.setattr(claims, "_in_order", in_order)
    monkeypatch.setattr(
        claims, "breaking", lambda trials, configs: [one["key"] == "d" for one in configs]
    )
    found = claims.telling_configs(
        None, SimpleNamespace(trials=None), n_configs, keys_of, known={"b"}
    )
    assert "".join(keys_of(found)) == expected
    assert len(opened) == {1: 1, 2: 2}.get(n_configs, 3)  # no more is searched than needed


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("all_coalitions_first", [False, True])
@pytest.mark.parametrize("quick", [False, True])
def test_claim_is_the_gain_of_tuning_all(sign, all_coalitions_first, quick, monkeypatch):
    values = sign * np.array([1.0, 2.0, 4.0, 8.0])
    asked, samples = [], []

    def scores(coalitions):
        asked.append(coalitions is None)
        return values if coalitions is None else values[positions_of(coalitions)]

    def value_function(game_spec, context):
        samples.append(context.n_samples)
        return ValueFunction("tunability", 2, sign, True, 0, scores)

    class Context(SimpleNamespace):
        def _replace(self, n_samples):
            return Context(n_samples=n_samples)

        def alone(self):
            return self

    monkeypatch.setattr(claims, "value_function", value_function)
    for n_samples in (10, 5000):
        found = claims.claimed_gain(
            None, Context(n_samples=n_samples), quick=quick, all_coalitions=all_coalitions_first
        )
        assert found == 7.0
    assert asked == [all_coalitions_first] * 2
    assert samples == [10, claims.QUICK_SAMPLES if quick else 5000]


@pytest.mark.parametrize("maximize", [True, False])
def test_games_search_the_end_that_they_are_about(maximize):
    context = SimpleNamespace(trials=SimpleNamespace(maximize=maximize))
    better = 1.0 if maximize else -1.0
    assert claims._signs("tunability", context) == [better]
    assert claims._signs("mistunability", context) == [-better]
    assert claims._signs("sensitivity", context) == [1.0, -1.0]


@pytest.mark.parametrize("maximize", [True, False])
@pytest.mark.parametrize(("n_configs", "first"), [(1, [7]), (2, [2, 7]), (4, [0, 2, 5, 7])])
def test_promising_configurations_are_the_best_of_groups_and_then_all_others(
    maximize, n_configs, first, monkeypatch
):
    gains = np.array([3.0, 1, 6, 0, 2, 5, 4, 7])
    vectors = np.arange(8.0)[:, None]
    sign = 1.0 if maximize else -1.0
    legality = SimpleNamespace(legal=lambda vectors: vectors)
    surrogate = SimpleNamespace(
        predict=lambda vectors: sign * gains[vectors[:, 0].astype(int)], legality=legality
    )
    context = SimpleNamespace(
        trials=SimpleNamespace(maximize=maximize, space=None), surrogate=surrogate
    )
    context._replace = lambda **_: context
    monkeypatch.setattr(claims, "candidates_of", lambda *_: Candidates(vectors))
    monkeypatch.setattr(claims, "decode", lambda space, points: points[:, 0].astype(int).tolist())
    parts = list(claims._promising(context, n_configs))
    assert all(len(part) == n_configs for part in parts)
    found = [row for part in parts for row in part]
    assert sorted(found) == list(range(8))
    assert sorted(found[:n_configs]) == first
    for some in (found[:n_configs], found[n_configs:]):
        assert (np.diff(gains[some]) < 0).all()


def test_coalitions_from_singles_to_larger_ones_are_tried_in_turn(monkeypatch):
    """All, singles, all but one, pairs of those with the largest gain, then others by size."""
    asked = []

    def attaining(members, game_spec, context):
        asked.append([tuple(sorted(some)) for some in members])
        order = list(range(len(members)))[::-1]
        return [[{"key": some} for some in members]], order

    monkeypatch.setattr(claims, "_attaining", attaining)
    monkeypatch.setattr(claims, "_promising", lambda context, n: iter([["last"]]))
    monkeypatch.setattr(claims, "MOST_PAIRED", 3)
    monkeypatch.setattr(claims, "MOST_OTHERS", 5)
    context = SimpleNamespace(n_players=6)
    context.with_samples = lambda games: context
    parts = list(claims._in_order(SimpleNamespace(baselines=["start"]), context, 4))
    assert (parts[0], parts[-1]) == (["start"], ["last"])
    assert asked[0] == [(0, 1, 2, 3, 4, 5)]
    assert asked[1] == [(player,) for player in range(6)]
    assert {len(some) for some in asked[2]} == {5}
    assert asked[3] == [(3, 4), (3, 5), (4, 5)]
    assert asked[4] == [(0, 1, 2), (0, 1, 3), (0, 1, 4), (0, 1, 5), (0, 2, 3)]

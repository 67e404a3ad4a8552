"""Games of some coalitions only, as approximations ask for them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import scores_of_blends

from skhypershap import HyperSHAPExplainer
from skhypershap.explainer.base import game_context
from skhypershap.games import coalition_scores as games
from skhypershap.games.best_candidates import best_candidates
from skhypershap.games.candidates import best_config, candidates_of
from skhypershap.games.coalition_scores import best_of_evaluated_subsets, coalition_scores
from skhypershap.surrogate.blends import Blends, all_coalitions

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")


def context_and_values(space, trials, game, optimizer):
    """A context of five players, what else `coalition_scores` needs, and v of all coalitions."""
    explainer = HyperSHAPExplainer(
        space, surrogate="forest", optimizer=optimizer, n_samples=60, random_state=0
    ).fit(*trials)
    context = game_context(explainer)
    needed = context.filled([explainer.baseline_]), explainer.incumbent_
    return context, needed, coalition_scores(game, context, *needed)


@pytest.mark.parametrize("game", ["ablation", "tunability", "mistunability", "sensitivity"])
def test_some_coalitions_score_as_among_all(game, mixed_space, mixed_trials):
    trials = mixed_trials
    context, needed, values = context_and_values(mixed_space, trials, game, "random")
    some = np.array([0, 1, 6, 13, 22, 31])
    found = coalition_scores(game, context, *needed, all_coalitions(5)[some])
    np.testing.assert_allclose(found, values[some], rtol=0, atol=1e-12)


@pytest.mark.parametrize("game", ["tunability", "mistunability"])
def test_search_of_some_coalitions_lies_between_samples_and_the_search_of_all(
    game, mixed_space, mixed_trials
):
    sign = 1 if game == "tunability" else -1
    context, needed, values = context_and_values(mixed_space, mixed_trials, game, "refine")
    sampled = coalition_scores(game, context._replace(optimizer="random"), *needed)
    assert values[0] == pytest.approx(context.surrogate.predict(needed[0])[0])
    for some in ([0], [31], [5, 9, 30]):
        found = coalition_scores(game, context, *needed, all_coalitions(5)[some])
        assert (sign * found >= sign * sampled[some] - 1e-12).all()
        assert (sign * found <= sign * values[some] + 1e-12).all()
        if some == [0]:
            assert found == pytest.approx(values[:1])
        if some == [31]:  # whose blends are the candidates
            candidates = candidates_of(game, context).vectors
            best = (sign * context.surrogate.predict(candidates)).max()
            assert sign * found[0] > best + 1e-9


def test_best_candidates_are_the_best_of_blocks_in_order(mixed_space, mixed_trials):
    context, (baselines, _), _ = context_and_values(mixed_space, mixed_trials, "ablation", "random")
    blends = Blends(context.filled(context.trials.configs), baselines[0], np.arange(5))
    scores = scores_of_blends(context.surrogate, blends.candidates, baselines[0], np.arange(5))
    for sign in (1.0, -1.0):
        one, three = (
            best_candidates(
                context.surrogate, blends, sign=sign, n_best=n, n_jobs=1, progress=lambda _: None
            )
            for n in (1, 3)
        )
        np.testing.assert_allclose(one.values[0], (sign * scores).max(axis=1), atol=1e-9)
        np.testing.assert_array_equal(one.values[0], three.values[0])
        assert (three.values[:-1] >= three.values[1:]).all()
        for found in (one, three):
            is_there = np.isfinite(found.values)
            rows = np.nonzero(is_there)[1]
            chosen = sign * scores[rows, found.positions[is_there]]
            np.testing.assert_allclose(found.values[is_there], chosen, atol=1e-9)


def test_the_configuration_that_tuning_leads_to_is_searched(mixed_space, mixed_trials):
    """Blends of trials are only where the search starts."""
    context, (_, incumbent), values = context_and_values(
        mixed_space, mixed_trials, "tunability", "refine"
    )
    coalition = np.ones(5, dtype=bool)
    score = context.surrogate.predict(context.filled([best_config(context, incumbent, coalition)]))[
        0
    ]
    assert score > context.surrogate.predict(context.filled(context.trials.configs)).max() + 1e-9
    assert score == pytest.approx(values[-1], rel=0.05)


@pytest.mark.parametrize(("game", "best"), [("tunability", max), ("mistunability", min)])
def test_best_of_evaluated_subsets_equals_its_definition(game, best, monkeypatch):
    random = np.random.default_rng(0)
    coalitions = random.random((50, 6)) < random.random((50, 1))
    gains = random.normal(size=50)
    sets = [frozenset(np.flatnonzero(row)) for row in coalitions]
    expected = [
        best([0.0, *(gain for other, gain in zip(sets, gains, strict=True) if other <= one)])
        for one in sets
    ]
    np.testing.assert_array_equal(best_of_evaluated_subsets(game, gains, coalitions), expected)
    monkeypatch.setattr(games, "SUBSET_ROWS", 7)
    np.testing.assert_array_equal(best_of_evaluated_subsets(game, gains, coalitions), expected)


@pytest.mark.parametrize("n_best", [1, 2, 4])
def test_best_of_made_blocks_in_order(n_best):
    """Two blocks of the first two coalitions, one of the third; of equal gains the first stays."""
    blocks = [
        (np.array([0, 1]), 3, np.array([1.0, 5.0]), np.array([2, 0])),
        (np.array([0, 1]), 4, np.array([4.0, 5.0]), np.array([3, 4])),
        (np.array([2]), 7, np.array([-1.0]), np.array([6])),
    ]
    surrogate = SimpleNamespace(coalition_optima=lambda *_, **__: iter(blocks))
    seen: list[int] = []
    found = best_candidates(
        surrogate, None, np.zeros((3, 2)), sign=1.0, n_best=n_best, n_jobs=1, progress=seen.append
    )
    none = -np.inf
    values = [[4.0, 5.0, -1.0], [1.0, 5.0, none], [none] * 3, [none] * 3]
    np.testing.assert_array_equal(found.values, values[:n_best])
    np.testing.assert_array_equal(found.positions[:2], [[3, 0, 6], [2, 4, 0]][:n_best])
    assert found.positions.dtype == np.int64
    assert seen == [6, 8, 7]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_coalition_whose_blends_are_all_forbidden_scores_as_the_baseline(sign):
    surrogate = SimpleNamespace(predict=lambda vectors: vectors[:, 0])
    context = SimpleNamespace(surrogate=surrogate)
    values = np.array([-np.inf, 2.0])
    found = games._or_baseline(values, sign, context, np.array([5.0, 0.0]))
    np.testing.assert_array_equal(found, [sign * 5.0, 2.0])


def test_too_large_values_are_refused(mixed_space, mixed_trials, monkeypatch):
    context, needed, _ = context_and_values(mixed_space, mixed_trials, "ablation", "random")
    monkeypatch.setattr(games, "_extremes", lambda *_: np.array([0.0, np.inf]))
    with pytest.raises(ValueError, match=r"v of the game 'ablation' is too large for a float"):
        coalition_scores("ablation", context, *needed)

"""Many hyperparameters: ablations against shap, sampled coalitions against HyperSHAP, errors."""

from __future__ import annotations

import numpy as np

from benchmarks import many_games
from benchmarks.common import Table, explainer, installed, model, problem, seconds, short


def tables(quick=False):
    return [ablations(quick), sampled(quick), errors(quick), *many_games.tables(quick)]


def ablations(quick):
    rows = []
    for n_players in (5,) if quick else (8, 30, 100):
        ours = explainer(problem(n_players, 60 if quick else 1_000))
        ours.explain("ablation", order=1)
        singles, table = seconds(lambda ours=ours: ours.explain("ablation", order=1), repeats=7)
        pairs, _ = seconds(lambda ours=ours: ours.explain("ablation", order=2), repeats=7)
        row = [n_players, short(1e3 * singles), short(1e3 * pairs)]
        row += shap_row(ours, table) if installed("shap") else ["not installed", "", "", ""]
        rows.append(row)
    note = (
        "Milliseconds for the table of an ablation, and for shap's TreeExplainer (interventional, the "
        "baseline as the only background row) to be made and to explain the same two configurations. "
        "The last columns say by how much singles differ, and by how much the sum of shap's misses the "
        "gain, which is the better part of the difference; ours misses it by less than 1e-12."
    )
    columns = [
        "d",
        "ours, singles",
        "ours, pairs",
        "shap made",
        "shap values",
        "difference",
        "shap's miss",
    ]
    return Table("Ablation", note, columns, rows)


def shap_row(ours, table):
    import shap

    names = ours.hyperparameter_names_
    new, old = (
        np.array([[config[name] for name in names]]) for config in (ours.incumbent_, ours.baseline_)
    )
    surrogate = ours.surrogate_
    made, tree = seconds(
        lambda: shap.TreeExplainer(surrogate, data=old, feature_perturbation="interventional")
    )
    time, found = seconds(lambda: tree.shap_values(new, check_additivity=False), repeats=7)
    value_of = table.set_index("interaction")["value"]
    gain = (surrogate.predict(new) - surrogate.predict(old))[0]
    assert abs(table["value"].sum() - gain) < 1e-12
    difference = np.abs(value_of[names].to_numpy() - found[0]).max()
    miss = abs(found.sum() - gain)
    assert difference < 1e-5 + miss
    return [short(1e3 * made), short(1e3 * time), f"{difference:.0e}", f"{miss:.0e}"]


def sampled(quick):
    rows = []
    n_samples = 100 if quick else 10_000
    for n_players in (6,) if quick else (20, 40):
        task = problem(n_players, 60 if quick else 1_000)
        ours = explainer(task, optimizer="random", n_samples=n_samples, max_exact=2)
        rng = np.random.default_rng(0)
        coalitions = rng.random((30 if quick else 2_048, n_players)) < 0.5
        game = ours.game("tunability")
        game(coalitions[:20])
        time, gains = seconds(lambda game=game, some=coalitions: game(some))
        rate = len(coalitions) / time
        row = [n_players, short(rate)]
        if installed("hypershap"):
            theirs, values = hypershap(task, coalitions[:20], n_samples)
            assert np.abs(gains[:20] - values).max() < 1e-9
            row += [short(theirs), f"**{rate / theirs:.0f}**"]
        rows.append(row)
    note = f"Coalitions per second on {n_samples:,} random candidates, one thread."
    columns = ["d", "ours", "HyperSHAP 0.0.6", "ratio"][: len(rows[0])]
    return Table("Sampled coalitions", note, columns, rows)


def hypershap(task, coalitions, n_samples):
    """Coalitions per second of the rival, and their gains."""
    from hypershap import ExplanationTask
    from hypershap.games import TunabilityGame
    from hypershap.task import TunabilityExplanationTask
    from hypershap.utils import Aggregation, RandomConfigSpaceSearcher

    data = [(config, float(score)) for config, score in zip(task.configs, task.scores, strict=True)]
    asked = ExplanationTask.from_data(task.space, data, base_model=model())
    own = TunabilityExplanationTask(
        task.space, asked.surrogate_model, task.space.get_default_configuration()
    )
    searcher = RandomConfigSpaceSearcher(own, Aggregation.MAX, n_samples=n_samples, seed=0)
    game = TunabilityGame(own, searcher)
    time, values = seconds(lambda: game.value_function(coalitions))
    return len(coalitions) / time, values - game.normalization_value


def errors(quick):
    """Approximations by the default budget where the exact values are known."""
    n_players = 6 if quick else 14
    ours = explainer(problem(n_players, 60 if quick else 1_000), n_samples=50 if quick else 10_000)
    rows = []
    for game in ("tunability", "sensitivity"):
        for index, order in (("SV", 1), ("FSII", 2), ("k-SII", 2)):
            ours.set_params(max_exact=16)
            exact = ours.explain(game, index=index, order=order).set_index("interaction")["value"]
            ours.set_params(max_exact=2)
            table = ours.explain(game, index=index, order=order)
            found = table.set_index("interaction")["value"][exact.index]
            for size in range(1, order + 1):
                of_size = np.array([name.count(" × ") == size - 1 for name in exact.index])
                error = np.abs(found - exact)[of_size]
                largest = np.abs(exact).max()
                row = [game, index, size, table.attrs["approximator"], table.attrs["budget"]]
                row += [f"{100 * part / largest:.2f} %" for part in (error.mean(), error.max())]
                rows.append(row)
    note = f"d = {n_players}; mean and largest error in units of the largest exact value."
    columns = ["game", "index", "order", "approximator", "budget", "mean error", "largest error"]
    return Table("Error of the approximations", note, columns, rows)

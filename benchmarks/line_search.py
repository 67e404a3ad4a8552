"""What optimizers reach, and how fast: value of the full coalition against time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.common import Table, explainer, installed, model, problem, seconds, short

PICTURE = Path(__file__).with_name("line_search.png")


def tables(quick=False):
    return [curve(quick), cost(quick)]


def curve(quick):
    n_players, n_trials = (3, 60) if quick else (8, 1_000)
    task = problem(n_players, n_trials, noise=0.5)
    draws = (20, 50) if quick else (100, 300, 1_000, 3_000, 10_000, 30_000)
    points = []
    for optimizer in ("refine", "random"):
        for n_samples in draws:
            ours = explainer(task, optimizer=optimizer, n_samples=n_samples)
            ours.explain("tunability")
            time, table = seconds(lambda explain=ours.explain: explain("tunability"), repeats=3)
            points.append((f"ours, {optimizer}", n_samples, time, gain(table.attrs), broken(ours)))
    if installed("hypershap") and not quick:
        for n_samples in (300, 1_000, 3_000, 10_000):
            points.append(("HyperSHAP 0.0.6", n_samples, *hypershap(task, n_samples), ""))
    if not quick:
        draw(points)
    rows = [
        [who, f"{n:,}", short(time), f"{value:.3f}", steps] for who, n, time, value, steps in points
    ]
    note = (
        f"d = {n_players}, noisy scores. Seconds for the whole explanation, gain of the full coalition, "
        "and how often a coalition scores less than it does without one of its members."
        + ("" if quick else f"\n\n![Gain against time]({PICTURE.name})")
    )
    return Table(
        "Line search", note, ["who", "candidates", "seconds", "gain", "broken steps"], rows
    )


def cost(quick):
    """What refine costs in units of random, with the same candidates."""
    rows = []
    for n_players in (3,) if quick else (6, 8, 10, 12, 14):
        task = problem(n_players, 60 if quick else 1_000, noise=0.5)
        times, gains = [], []
        for optimizer in ("random", "refine"):
            ours = explainer(task, optimizer=optimizer, n_samples=200 if quick else 10_000)
            ours.explain("tunability")
            time, table = seconds(lambda explain=ours.explain: explain("tunability"), repeats=3)
            times.append(time)
            gains.append(gain(table.attrs))
        rows.append([n_players, *map(short, times), f"{times[1] / times[0]:.1f}"])
        rows[-1] += [f"{value:.3f}" for value in gains]
        assert gains[1] >= gains[0]
    columns = ["d", "random, s", "refine, s", "ratio", "gain, random", "gain, refine"]
    return Table("What a line search costs", "10,000 random candidates for both.", columns, rows)


def gain(attrs):
    return attrs["full_score"] - attrs["baseline_score"]


def broken(ours):
    """Steps from a coalition to one with one more member that lose value."""
    values = ours.coalition_values().set_index("coalition")["value"]
    steps = 0
    for coalition, value in values.items():
        for player in range(len(coalition)):
            smaller = coalition[:player] + coalition[player + 1 :]
            steps += bool(values.loc[[smaller]].iloc[0] > value)
    return steps


def hypershap(task, n_samples):
    from hypershap import ExplanationTask, HyperSHAP
    from hypershap.games import TunabilityGame
    from hypershap.task import TunabilityExplanationTask
    from hypershap.utils import Aggregation, RandomConfigSpaceSearcher

    data = [(config, float(score)) for config, score in zip(task.configs, task.scores, strict=True)]
    asked = ExplanationTask.from_data(task.space, data, base_model=model())
    baseline = task.space.get_default_configuration()
    time, _ = seconds(
        lambda: HyperSHAP(asked).tunability(baseline, order=2, n_samples=n_samples, seed=0)
    )
    own = TunabilityExplanationTask(task.space, asked.surrogate_model, baseline)
    searcher = RandomConfigSpaceSearcher(own, Aggregation.MAX, n_samples=n_samples, seed=0)
    ends = np.array([[False] * len(task.space), [True] * len(task.space)])
    empty, full = TunabilityGame(own, searcher).value_function(ends)
    return time, full - empty


def draw(points):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import seaborn as sns

    frame = pd.DataFrame(points, columns=["who", "candidates", "seconds", "gain", "broken"])
    sns.set_theme(style="whitegrid")
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    sns.lineplot(
        frame, x="seconds", y="gain", hue="who", style="who", markers=True, dashes=False, ax=axes
    )
    axes.set(xscale="log", xlabel="seconds for the explanation", ylabel="gain of tuning everything")
    axes.legend(title=None)
    figure.savefig(PICTURE, dpi=120)
    plt.close(figure)

"""Draw the pictures of the pages under *Understand*: `docs/conf.py` runs this at each build.

`python docs/make_drawings.py` draws them into `docs/_pictures` without Sphinx.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # pictures go to files

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from ConfigSpace import ConfigurationSpace, Float
from matplotlib.patches import Rectangle

from skhypershap import HyperSHAPExplainer, summarize

BLUE, ORANGE, GREEN, GREY = "#0173b2", "#d55e00", "#029e73", "#777777"
PALE_BLUE, PALE_GREY = "#bfdcee", "#eeeeee"


def curve(x: np.ndarray) -> np.ndarray:
    """A score along one hyperparameter: a plateau, a hill and a slope down."""
    return 0.72 + 0.2 * np.exp(-(((x - 0.55) / 0.15) ** 2)) - 0.1 / (1 + np.exp((0.75 - x) / 0.07))


def draw_games(path: Path) -> None:
    """What four games see along one hyperparameter."""
    figure, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
    x = np.linspace(0, 1, 400)
    y = curve(x)
    baseline, best_trial = 0.2, 0.38
    start = curve(np.array(baseline))
    ax.axhspan(y.mean() - y.std(), y.mean() + y.std(), color=PALE_GREY, zorder=0)
    ax.text(0.01, 0.81, "sensitivity:\nhow widely the score varies", color=GREY, va="top")
    ax.axhline(start, color=GREY, lw=0.8, ls="--")
    ax.plot(x, y, color="black", lw=1.5)
    for at, name, what, colour in [
        (best_trial, "ablation", "the best trial", GREEN),
        (x[y.argmax()], "tunability", "the best value", BLUE),
        (x[y.argmin()], "mistunability", "the worst value", ORANGE),
    ]:
        end = curve(np.array(at))
        arrow = {"arrowstyle": "->", "color": colour, "lw": 2, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", (at, end), (at, start), arrowprops=arrow)
        ax.plot(at, end, "o", color=colour)
        away, align = (-0.005, "top") if end > start else (0.005, "bottom")
        ax.text(at, start + away, f"{name}:\n{what}", color=colour, ha="center", va=align)
    ax.plot(baseline, start, "s", color="black")
    ax.text(baseline, start - 0.008, "baseline", ha="center", va="top")
    ax.set(
        xlabel="value of the hyperparameter", ylabel="predicted score", xlim=(0, 1.09), xticks=[]
    )
    finish(figure, path)


def draw_shares(path: Path) -> None:
    """The gain of two hyperparameters, in both orders, shared, and with their pair."""
    figure, ax = plt.subplots(figsize=(8, 2.8), layout="constrained")
    rows = {
        "depth first, then rate": [("depth", 0.04), ("rate", 0.06)],
        "rate first, then depth": [("rate", 0.02), ("depth", 0.08)],
        "Shapley values: the mean": [("depth", 0.06), ("rate", 0.04)],
        "with the pair": [("depth", 0.04), ("rate", 0.02), ("depth × rate", 0.04)],
    }
    colours = {"depth": BLUE, "rate": GREEN, "depth × rate": ORANGE}
    for height, parts in enumerate(rows.values()):
        left = 0.0
        for name, gain in parts:
            ax.barh(height, gain, left=left, color=colours[name], edgecolor="white", height=0.7)
            ax.text(
                left + gain / 2,
                height,
                f"{name} {gain:.2f}",
                color="white",
                ha="center",
                va="center",
            )
            left += gain
    ax.set_yticks(range(len(rows)), rows)
    ax.invert_yaxis()
    ax.set_xlabel("gain over the defaults")
    finish(figure, path)


def draw_surrogates(path: Path) -> None:
    """A function, twelve trials of it, and two surrogates."""
    x = np.linspace(0, 1, 400)
    trials = np.random.default_rng(9).uniform(size=12)
    space = ConfigurationSpace({"x": Float("x", (0.0, 1.0))})
    figure, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
    ax.plot(x, curve(x), color="black", lw=1, ls=":", label="the truth")
    for surrogate, colour in {"forest": ORANGE, "auto": BLUE}.items():
        explainer = HyperSHAPExplainer(space, surrogate=surrogate, random_state=0)
        explainer.fit(pd.DataFrame({"x": trials}), curve(trials))
        predicted = explainer.predict_score(pd.DataFrame({"x": x}))
        ax.plot(x, predicted, color=colour, label=f'surrogate="{surrogate}"')
    ax.plot(trials, curve(trials), "o", color="black", label="trials")
    ax.set(xlabel="value of the hyperparameter", ylabel="score", xticks=[])
    ax.legend(frameon=False)
    finish(figure, path)


def draw_intervals(explainer: HyperSHAPExplainer, path: Path) -> None:
    """Resamples of each value, and the interval that is made of them."""
    table = explainer.explain("tunability", order=1, n_bootstrap=20)
    summary = summarize(table).reset_index(drop=True)
    figure, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
    rng = np.random.default_rng(0)
    for height, row in summary.iterrows():
        draws = table.loc[
            (table["interaction"] == row["interaction"]) & (table["draw"] > 0), "value"
        ]
        first = height == 0
        ax.plot(
            [row["low"], row["high"]],
            [height, height],
            color=BLUE,
            lw=2,
            label="90 % interval" if first else None,
        )
        ax.plot(
            draws,
            height + 0.2 + rng.uniform(-0.05, 0.05, len(draws)),
            ".",
            color=GREY,
            label="values on 20 resamples" if first else None,
        )
        ax.plot(
            row["value"], height, "o", color=BLUE, label="value on all trials" if first else None
        )
    ax.axvline(0, color="black", lw=0.8)
    ax.set_yticks(range(len(summary)), summary["interaction"])
    ax.invert_yaxis()
    ax.set_xlabel("what tuning gains (log loss)")
    ax.legend(frameon=False, loc="lower right")
    finish(figure, path)


def draw_conditions(path: Path) -> None:
    """A baseline, a candidate, and the blends of four coalitions in a conditional space."""
    columns = ["kernel", "C", "gamma"]
    rows = [
        ("baseline", ["linear", "1", "(none)"], ""),
        ("candidate", ["rbf", "10", "0.1"], "kcg"),
        ("only C is tuned", ["linear", "10", "(none)"], "c"),
        ("only gamma is tuned", ["linear", "1", "(none)"], ""),
        ("only kernel is tuned", ["rbf", "1", "default"], "k"),
        ("kernel and gamma are tuned", ["rbf", "1", "0.1"], "kg"),
    ]
    figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
    for row, (name, values, tuned) in enumerate(rows):
        top = row + 0.4 * (row > 1)  # a gap between configurations and blends of them
        ax.text(-0.08, top + 0.5, name, ha="right", va="center")
        for column, value in enumerate(values):
            taken = "kcg"[column] in tuned
            colour = PALE_BLUE if taken else "white" if value == "(none)" else PALE_GREY
            ax.add_patch(
                Rectangle((column, top), 0.96, 0.88, facecolor=colour, edgecolor=GREY, lw=0.5)
            )
            style = {"color": GREY} if value in ("(none)", "default") else {}
            ax.text(column + 0.48, top + 0.45, value, ha="center", va="center", **style)
    for column, name in enumerate(columns):
        ax.text(column + 0.48, -0.15, name, ha="center", va="bottom", weight="bold")
    ax.set(xlim=(-2, 3), ylim=(len(rows) + 0.5, -0.7))
    ax.axis("off")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def finish(figure: plt.Figure, path: Path) -> None:
    """Save a figure without a frame around its axes."""
    for ax in figure.axes:
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def draw(folder: Path, explainer: HyperSHAPExplainer) -> None:
    """Draw all of them; the intervals are those of an explainer."""
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # twelve trials are few
        draw_games(folder / "games.png")
        draw_shares(folder / "shares.png")
        draw_surrogates(folder / "surrogates.png")
        draw_intervals(explainer, folder / "intervals.png")
        draw_conditions(folder / "conditions.png")


if __name__ == "__main__":
    from make_pictures import explained

    draw(Path(__file__).parent / "_pictures", explained())

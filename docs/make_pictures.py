"""Draw the pictures of the documentation: `docs/conf.py` runs this at each build.

Pictures, and the page that shows them, go to `docs/_pictures`. `python docs/make_pictures.py` draws them
without Sphinx; `--readme` also makes the small ones of the README, which are kept in the repository.
"""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")  # pictures go to files

import matplotlib.pyplot as plt
from PIL import Image
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, explain_jointly, plotting

DOCS = Path(__file__).parent
CODE = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
THUMBNAILS = [
    "importance",
    "network",
    "path",
    "interactions",
    "effect",
    "coalitions",
    "history",
    "predictions",
]


class Picture(NamedTuple):
    """A section of the page: a heading, the line that draws it, and what can be seen."""

    name: str
    needs: str
    code: str
    text: str


PICTURES = [
    Picture(
        "importance",
        "explain",
        "plot_importance(explainer.explain(n_bootstrap=10))",
        "What tuning each hyperparameter and each pair gains, and 90 % intervals. Several games or data "
        "sets are drawn side by side; `max_rows=` limits the bars.",
    ),
    Picture(
        "interactions",
        "explain",
        "plot_interactions(explainer.explain())",
        "Pairs in colour, blue for more together and orange for less; single hyperparameters in grey "
        "beside their names.",
    ),
    Picture(
        "network",
        "explain",
        "plot_network(explainer.explain(n_bootstrap=10))",
        "The same as a graph. A pale line may be zero.",
    ),
    Picture(
        "coalitions",
        "coalition_values",
        "plot_coalitions(explainer.coalition_values())",
        "What tuning only some hyperparameters gains: the best of each size, then single ones. "
        "`best_subsets()` is drawn the same way.",
    ),
    Picture(
        "path",
        "ablation_path",
        "plot_path(explainer.ablation_path())",
        "From the baseline to the best trial, the change with the largest gain first.",
    ),
    Picture(
        "effect",
        "effects",
        'EffectDisplay.from_explainer(explainer, ["learning_rate", "max_leaf_nodes"])',
        "How the score changes along hyperparameters. Displays mark the baseline and the best trial.",
    ),
    Picture(
        "surface",
        "effects",
        'SurfaceDisplay.from_explainer(explainer, ("learning_rate", "max_leaf_nodes"))',
        "The same over a pair.",
    ),
    Picture(
        "predictions",
        "predictions",
        "plot_predictions(explainer.predictions())",
        "Whether the surrogate can be trusted.",
    ),
    Picture(
        "history",
        "history",
        "plot_history(explainer.history())",
        "Whether more trials would change the answer.",
    ),
    Picture(
        "trade-off",
        "explain",
        "TradeOffDisplay.from_explainer(\n"
        '    explainer, metrics=["neg_log_loss", "fit_time"], baseline="center"\n'
        ")",
        "What tuning some hyperparameters gains in the score, and what it costs in fit time; filled are "
        "those that no other beats in both.",
    ),
    Picture(
        "data sets",
        "explain",
        "plot_datasets(explain_jointly(explainers, order=1, per_dataset=True))",
        "The same search, of a decision tree, on three data sets: which hyperparameters matter where.",
    ),
]


def explained() -> HyperSHAPExplainer:
    """The search whose explanation the pictures show."""
    X, y = load_breast_cancer(return_X_y=True)
    search = RandomizedSearchCV(
        HistGradientBoostingClassifier(max_iter=30, random_state=0),
        {
            "learning_rate": loguniform(0.01, 1),
            "max_leaf_nodes": randint(2, 40),
            "min_samples_leaf": randint(2, 60),
            "l2_regularization": loguniform(1e-4, 10),
            "max_features": uniform(0.1, 0.9),
        },
        n_iter=60,
        scoring="neg_log_loss",
        cv=3,
        random_state=0,
    )
    explainer = HyperSHAPExplainer(search, surrogate="forest", n_samples=1000, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the search is short
        return explainer.fit(X, y)


def on_data_sets() -> dict[str, HyperSHAPExplainer]:
    """One search on several data sets."""
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=0),
        {
            "max_depth": randint(1, 12),
            "min_samples_leaf": randint(1, 60),
            "ccp_alpha": loguniform(1e-4, 0.3),
            "max_features": uniform(0.1, 0.9),
        },
        n_iter=60,
        random_state=0,
    )
    loaders = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer}
    return {
        name: HyperSHAPExplainer(
            search, surrogate="forest", baseline="center", n_samples=1000, random_state=0
        ).fit(*loader(return_X_y=True))
        for name, loader in loaders.items()
    }


def draw_pictures(folder: Path, explainer: HyperSHAPExplainer) -> None:
    """Draw every picture whose frame this version has, and write the page that shows them."""
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the surrogate: the search is short
        names = {**vars(plotting), "explainer": explainer, "explainers": on_data_sets()}
        names["explain_jointly"] = explain_jointly
        sections = [
            section(picture, names, folder)
            for picture in PICTURES
            if hasattr(HyperSHAPExplainer, picture.needs)
        ]
    (folder / "gallery.txt").write_text("\n".join(sections))


def section(picture: Picture, names: dict, folder: Path) -> str:
    """Draw a picture, and return its section of the page."""
    eval(picture.code, names)
    plt.gcf().savefig(folder / f"{picture.name.replace(' ', '-')}.png", dpi=100)
    plt.close("all")
    return (
        f"## {picture.name.capitalize()}\n\n{picture.text}\n\n```python\n{picture.code}\n```\n\n"
        f"![{picture.text}](_pictures/{picture.name.replace(' ', '-')}.png)\n"
    )


def draw_first_steps(folder: Path) -> None:
    """Draw the pictures of the tutorial by its own code, as far as they need it."""
    folder.mkdir(exist_ok=True)
    blocks = CODE.findall((DOCS / "first_steps.md").read_text())
    last = max(number for number, block in enumerate(blocks) if "plotting" in block)
    names: dict = {}
    n_drawn = 0
    for block in blocks[: last + 1]:
        exec(block, names)
        for number in plt.get_fignums():
            n_drawn += 1
            plt.figure(number).savefig(folder / f"first-steps-{n_drawn}.png", dpi=100)
        plt.close("all")


def make_thumbnails(pictures: Path, folder: Path) -> None:
    """Small copies of pictures, for the README."""
    folder.mkdir(exist_ok=True)
    for name in THUMBNAILS:
        with Image.open(pictures / f"{name}.png") as picture:
            small = picture.convert("RGB")
            small.thumbnail((240, 150))
            small.quantize(64).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    draw_pictures(DOCS / "_pictures", explained())
    draw_first_steps(DOCS / "_pictures")
    if "--readme" in sys.argv:
        make_thumbnails(DOCS / "_pictures", DOCS / "thumbnails")

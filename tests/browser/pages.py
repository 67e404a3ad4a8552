"""Make the reports that the browser opens: few and many hyperparameters, and names that attack."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
from ConfigSpace import Categorical, ConfigurationSpace, Float

from skhypershap import HyperSHAPExplainer

ATTACKS = (
    "</script><img src=x onerror=window.attacked=1>",
    "=1+1",
    "{{7*7}} ${7*7} $title",
    "\"'><svg onload=window.attacked=1>",
)
GAMES = ("tunability", "ablation", "sensitivity", "mistunability")
VALUES = ["<b>bold</b>", "</script><script>window.attacked=1</script>", "=2+2", "a\u2028b & c"]


def explainer(names: list[str], choices: dict[str, list[str]]) -> HyperSHAPExplainer:
    """Explain a made-up score of `names`, which lie between 0 and 1, and of `choices`."""
    space = ConfigurationSpace(seed=0)
    space.add(*(Float(name, (0.0, 1.0)) for name in names))
    space.add(*(Categorical(name, values) for name, values in choices.items()))
    configs = space.sample_configuration(60)
    vectors = np.array([config.get_array() for config in configs])
    scores = vectors[:, 0] + vectors[:, 1] * vectors[:, 2] - 0.3 * np.minimum(*vectors.T[:2])
    return HyperSHAPExplainer(space, surrogate="forest", n_samples=50, random_state=0).fit(
        configs, scores
    )


def main(folder: Path) -> None:
    """Write three.html, twenty.html, attacks.html, and notebook.html, which frames the last."""
    long_names = [
        f"classifier__a_rather_long_name_of_a_hyperparameter_{i:02}"[: 20 + i] for i in range(18)
    ]
    made = {
        "three": explainer(["C", "gamma"], {"kernel": ["rbf", "poly"]}),
        "twenty": explainer(long_names, {"solver": ["adam", "sgd"], "shuffle": ["yes", "no"]}),
        "attacks": explainer(list(ATTACKS), {"choice": VALUES}),
    }
    for name, one in made.items():
        games = GAMES[:2] if name == "twenty" else GAMES
        report = one.report(folder / f"{name}.html", games=games, n_bootstrap=2)
        if name == "attacks":
            framed = f"<!DOCTYPE html><title>A notebook</title>{report._repr_html_()}"
            (folder / "notebook.html").write_text(framed, encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))

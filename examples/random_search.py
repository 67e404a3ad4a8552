"""A random search, explained
==========================

What did 80 trials of a support vector machine gain, and which hyperparameter gained it?

The search of the README, a RandomizedSearchCV on the diabetes data: `make example` runs this.
"""

import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # the picture goes to a file

from scipy.stats import loguniform
from sklearn.datasets import load_diabetes
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVR

from skhypershap import HyperSHAPExplainer
from skhypershap.plotting import plot_importance

X, y = load_diabetes(return_X_y=True)
search = RandomizedSearchCV(
    SVR(gamma=44),  # what SVR's own default, gamma="scale", means on these data
    {
        "C": loguniform(1e-2, 1e3),
        "epsilon": loguniform(1e-3, 1e1),
        "gamma": loguniform(1e-2, 1e3),
    },
    n_iter=80,
    random_state=0,
)
explainer = HyperSHAPExplainer(search, random_state=0, verbose=1)

print("Searching: 80 configurations, 5 folds each ...", flush=True)
start = time.perf_counter()
explainer.fit(X, y)
print(f"... {time.perf_counter() - start:.1f} s, test folds of the best: ", end="")
print(f"R2 = {explainer.search_.best_score_:.3f}.\n")

print("Explaining (the first time on a machine, code is compiled and kept) ...", flush=True)
start = time.perf_counter()
table = explainer.explain("tunability")
print(f"... {time.perf_counter() - start:.1f} s.\n")

found = explainer.diagnostics().set_index("check")["value"]
print(f"Defaults: R2 = {table.attrs['baseline_measured']:.3f}, measured.")
print(f"Tuning gains {found['measured_gain']:.3f} as measured (the best trial),")
print(f"{found['claimed_gain']:.3f} as the surrogate claims.")
print(f"R2 of the surrogate on held-out trials: {found['r2']:.2f}\n")
print("What each hyperparameter and pair gains (tunability, in R2):\n")
print(table[["interaction", "value", "order"]].round(4).to_string(index=False))
print()

ax = plot_importance(table)
ax.figure.savefig("explanation.png", dpi=150)
print("Picture: explanation.png")

print(
    "Writing the report: all games, intervals, curves, what more trials may bring ...", flush=True
)
explainer.report("report.html", title="A support vector machine on diabetes data")
print(f"Everything, to click through: {Path('report.html').resolve()}")

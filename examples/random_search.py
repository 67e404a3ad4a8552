"""A random search, explained
==========================

What did 500 trials of a support vector machine gain, and which hyperparameter gained it?

A RandomizedSearchCV over a Pipeline on the wine data, explained: `make example` runs this.
"""

import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # the picture goes to a file

from scipy.stats import loguniform
from sklearn.datasets import load_wine
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer
from skhypershap.plotting import plot_importance

X, y = load_wine(return_X_y=True)
search = RandomizedSearchCV(
    make_pipeline(StandardScaler(), SVC()),
    {
        "svc__C": loguniform(1e-3, 1e3),
        "svc__gamma": loguniform(1e-4, 1e1),
        "svc__kernel": ["rbf", "poly", "sigmoid"],
    },
    scoring="accuracy",
    n_iter=500,
    n_jobs=-1,
    random_state=0,
)
explainer = HyperSHAPExplainer(
    search,
    # SVC's own default, gamma="scale", is no number; on standardised data it means 1 / n_features.
    baseline={"svc__gamma": 1 / X.shape[1]},
    random_state=0,
    verbose=1,
)

print("Searching: 500 configurations, 5 folds each ...", flush=True)
start = time.perf_counter()
explainer.fit(X, y)
print(f"... {time.perf_counter() - start:.1f} s, test folds of the best: ", end="")
print(f"{explainer.search_.best_score_:.3f} accuracy.\n")

print("Explaining ...", flush=True)
start = time.perf_counter()
table = explainer.explain(["tunability", "sensitivity"])
print(f"... {time.perf_counter() - start:.1f} s.\n")

found = explainer.diagnostics().set_index("check")["value"]
print(f"Defaults: {table.attrs['baseline_measured']:.3f} accuracy, measured.")
print(f"Tuning gains {found['measured_gain']:.3f} as measured (the best trial),")
print(f"{found['claimed_gain']:.3f} as the surrogate claims.")
print(f"R2 of the surrogate on held-out trials: {found['r2']:.2f}\n")
print("What each hyperparameter and pair gains (tunability, in accuracy):\n")
tunability = table[table["game"] == "tunability"]
print(tunability[["interaction", "value", "order"]].round(4).to_string(index=False))
print()

ax = plot_importance(tunability)
ax.figure.savefig("explanation.png", dpi=150)
print("Picture: explanation.png")

explainer.report("report.html", title="A support vector machine on wine")
print(f"Everything, to click through: {Path('report.html').resolve()}")

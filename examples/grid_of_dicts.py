"""A grid over a list of dicts, two metrics
========================================

A grid search over a list of dicts, explained for two metrics without running it again.

The linear kernel has no gamma, and its dict lacks it: gamma is conditional on the kernel, and a
trial with the linear kernel has none.
"""

import matplotlib

matplotlib.use("Agg")  # the picture goes to a file

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer
from skhypershap.plotting import plot_importance, plot_interactions

X, y = load_wine(return_X_y=True)
both = {"scaler": ["passthrough", StandardScaler()], "svc__C": [0.01, 0.1, 1, 10, 100]}
search = GridSearchCV(
    Pipeline([("scaler", "passthrough"), ("svc", SVC())]),
    [
        {**both, "svc__kernel": ["linear"]},
        {
            **both,
            "svc__kernel": ["rbf", "sigmoid"],
            "svc__gamma": ["scale", 1e-4, 1e-3, 1e-2, 1e-1],
        },
    ],
    scoring=["accuracy", "f1_macro"],
    refit=False,
)
print("Searching a grid of 110 configurations ...", flush=True)
search.fit(X, y)

figure, axes = plt.subplots(2, 2, figsize=(13, 8), layout="constrained")
for metric, (left, right) in zip(["accuracy", "f1_macro"], axes, strict=True):
    explainer = HyperSHAPExplainer(search, metric=metric, random_state=0).fit()
    table = explainer.explain("tunability", order=2)
    print(f"\n{metric} from {explainer.baseline_}:")
    print(
        f"{table.attrs['baseline_score']:.3f} -> {table.attrs['full_score']:.3f} expected,", end=""
    )
    print(f" R2 of the surrogate {explainer.surrogate_score_:.2f}")
    print(table[["order", "interaction", "value"]].round(4).to_string(index=False))
    plot_importance(table, ax=left)
    plot_interactions(table, ax=right)
figure.savefig("grid_of_dicts.png", dpi=120)
print("\nPicture: grid_of_dicts.png")

"""What did 500 trials of a support vector machine buy, and which knob bought it?

A RandomizedSearchCV over a Pipeline on the wine data, explained: `make example` runs this.
"""

import time

import matplotlib

matplotlib.use("Agg")  # the picture goes to a file

from scipy.stats import loguniform
from sklearn.datasets import load_wine
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
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

before = table.attrs["baseline_score"]["tunability"]
after = table.attrs["full_score"]["tunability"]
measured = cross_val_score(search.estimator, X, y, scoring="accuracy").mean()
print(f"Defaults: {before:.3f} accuracy expected by the surrogate, {measured:.3f} measured.")
print(f"The best of everything: {after:.3f} expected.")
print("Who gained it, alone and in pairs (tunability, in accuracy):\n")
tunability = table[table["game"] == "tunability"]
print(tunability[["order", "interaction", "value"]].round(4).to_string(index=False))
print(f"\nSurrogate: R2 = {explainer.surrogate_score_:.2f} on trials that it has not seen.")

ax = plot_importance(tunability)
ax.figure.savefig("explanation.png", dpi=150)
print("Picture: explanation.png")

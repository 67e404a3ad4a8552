"""A choice among pipelines
========================

Explain a search that chooses among pipelines: which classifier, scaled or not, tuned how?

Each classifier has hyperparameters of its own, in a dict of its own. The value of `clf` tells the
dicts apart, so `clf__C` is conditional on the support vector machine: elsewhere there is none, and
`trials_` shows an empty cell.
"""

import time

import matplotlib

matplotlib.use("Agg")  # the picture goes to a file

import matplotlib.pyplot as plt
from scipy.stats import loguniform, randint
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer
from skhypershap.plotting import plot_importance, plot_interactions

X, y = load_breast_cancer(return_X_y=True)
scaler = {"scaler": ["passthrough", StandardScaler()]}
search = RandomizedSearchCV(
    Pipeline([("scaler", "passthrough"), ("clf", SVC())]),
    [
        {
            **scaler,
            "clf": [SVC()],
            "clf__C": loguniform(1e-2, 1e2),
            "clf__gamma": ["scale", 1e-4, 1e-3, 1e-2, 1e-1],
        },
        {
            **scaler,
            "clf": [RandomForestClassifier(n_estimators=30, random_state=0)],
            "clf__max_features": ["sqrt", 0.5, 1.0],
            "clf__min_samples_leaf": randint(1, 30),
        },
        {
            **scaler,
            "clf": [KNeighborsClassifier()],
            "clf__n_neighbors": randint(1, 40),
            "clf__weights": ["uniform", "distance"],
        },
    ],
    scoring="accuracy",
    n_iter=300,
    cv=3,
    n_jobs=-1,
    random_state=0,
)

print("Searching: 300 pipelines, 3 folds each ...", flush=True)
start = time.perf_counter()
explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
print(f"... {time.perf_counter() - start:.1f} s. The best of each classifier:\n")
trials = explainer.trials_.sort_values("score", ascending=False)
best = trials.groupby(trials["clf"].astype(str), sort=False).head(1).astype(object)
print(best.where(best.notna(), "").T.to_string(header=False))

table = explainer.explain("tunability", order=2)
measured = cross_val_score(search.estimator, X, y, scoring="accuracy", cv=3).mean()
print(f"\nFrom {explainer.baseline_},")
print(
    f"{table.attrs['baseline_score']:.3f} accuracy expected by the surrogate, {measured:.3f} ",
    end="",
)
print(
    f"measured, to {table.attrs['full_score']:.3f} expected. What each hyperparameter and pair gains:\n"
)
shown = table[table["value"].abs() >= 0.0005]
print(shown[["order", "interaction", "value"]].round(4).to_string(index=False))
print(f"\nSurrogate: R2 = {explainer.surrogate_score_:.2f} on held-out trials.")

figure, (left, right) = plt.subplots(1, 2, figsize=(15, 6), layout="constrained")
plot_importance(shown, ax=left)
plot_interactions(shown, ax=right)
figure.savefig("choose_a_pipeline.png", dpi=120)
print("Picture: choose_a_pipeline.png")

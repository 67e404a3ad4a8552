"""Accuracy against time
=====================

Two metrics of one search: what gains accuracy, what only costs time, and what is a compromise.

A random forest on digits. The same 60 trials are explained for accuracy and for fit time.
"""

import warnings

from scipy.stats import randint, uniform
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import RandomizedSearchCV

from skhypershap import HyperSHAPWarning, explain_metrics, trade_off, trade_off_coalitions
from skhypershap.plotting import plot_trade_off

X, y = load_digits(return_X_y=True)
search = RandomizedSearchCV(
    RandomForestClassifier(random_state=0),
    {
        "n_estimators": randint(10, 200),
        "max_features": uniform(0.05, 0.95),
        "max_depth": randint(2, 20),
        "min_samples_leaf": randint(1, 20),
    },
    n_iter=60,
    scoring=["accuracy", "neg_log_loss"],
    refit="accuracy",
    cv=3,
    random_state=0,
).fit(X, y)

warnings.simplefilter("ignore", HyperSHAPWarning)  # the center is a good baseline for time
METRICS = ["accuracy", "fit_time"]

print("What the best configuration for accuracy gains and costs, against the center:")
ablation = explain_metrics(search, METRICS, "ablation", order=1, baseline="center", random_state=0)
print(trade_off(ablation).round(4), "\n")

print("What each hyperparameter adds to the compromises of both:")
pareto = explain_metrics(search, METRICS, "hypervolume", order=1, baseline="center", random_state=0)
print(pareto[["interaction", "value"]].round(3))
print("from", pareto.attrs["reference_point"], "to", pareto.attrs["ideal_point"], "\n")

print("Subsets of at most two that no other subset beats in both:")
subsets = trade_off_coalitions(search, METRICS, baseline="center", random_state=0)
best = subsets[~subsets["dominated"] & (subsets["size"] <= 2)]
print(best[["hyperparameters", "tuned_for", *METRICS]].round(4).to_string(index=False))
plot_trade_off(subsets).figure.savefig("trade_off.png", dpi=150)
print("Picture: trade_off.png")

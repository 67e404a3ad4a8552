"""A search space for the next data set
====================================

Many data sets side by side: what matters on which, and what to search by default on the next one.

The same random search of a decision tree on four data sets that scikit-learn ships.
"""

import warnings

from scipy.stats import loguniform, randint
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhypershap import (
    HyperSHAPExplainer,
    HyperSHAPWarning,
    best_subsets_jointly,
    default_space,
    explain_jointly,
)
from skhypershap.plotting import plot_datasets

warnings.simplefilter("ignore", HyperSHAPWarning)  # scores of small data sets are noisy
SETS = {"iris": load_iris, "wine": load_wine, "cancer": load_breast_cancer, "digits": load_digits}

search = RandomizedSearchCV(
    DecisionTreeClassifier(random_state=0),
    {
        "max_depth": randint(1, 20),
        "min_samples_leaf": randint(1, 40),
        "ccp_alpha": loguniform(1e-4, 0.1),
        "criterion": ["gini", "entropy"],
    },
    n_iter=60,
    cv=3,
    random_state=0,
)
explainers = {
    name: HyperSHAPExplainer(search, baseline="center", random_state=0).fit(*load(return_X_y=True))
    for name, load in SETS.items()
}

print("What tuning each hyperparameter gains in accuracy, by data set:")
table = explain_jointly(explainers, order=1, per_dataset=True)
print(table.pivot(index="dataset", columns="interaction", values="value").round(3))
plot_datasets(table).figure.savefig("datasets.png", dpi=150)
print("Picture: datasets.png\n")

print("The best hyperparameters for all, and what they miss on a data set that had no say:")
subsets = best_subsets_jointly(explainers)
print(subsets[["hyperparameters", "gain", "share", "regret"]].round(3).to_string(index=False), "\n")

print("What to search on the next data set:")
print(default_space(explainers, share=0.9))

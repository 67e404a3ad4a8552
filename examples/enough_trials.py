"""Are there enough trials?
========================

What the first trials alone show, whether the answer has settled, and what more trials may gain.

A random search of a decision tree on digits.
"""

import warnings

from scipy.stats import loguniform, randint
from sklearn.datasets import load_digits
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, HyperSHAPWarning
from skhypershap.plotting import plot_history

search = RandomizedSearchCV(
    DecisionTreeClassifier(random_state=0),
    {
        "max_depth": randint(1, 20),
        "min_samples_leaf": randint(1, 40),
        "ccp_alpha": loguniform(1e-4, 0.1),
        "criterion": ["gini", "entropy"],
    },
    n_iter=100,
    cv=3,
    random_state=0,
)
warnings.simplefilter("ignore", HyperSHAPWarning)  # the center is among the best tenth
explainer = HyperSHAPExplainer(search, baseline="center", random_state=0)
explainer.fit(*load_digits(return_X_y=True))

print("What tuning each hyperparameter gains in accuracy, from the first trials alone:")
history = explainer.history(n_points=5)
print(history.pivot(index="n_trials", columns="interaction", values="value").round(3))
print(history.attrs["verdict"])
plot_history(history).figure.savefig("history.png", dpi=150)
print("Picture: history.png\n")

print(f"The best of {search.n_iter} trials scores {explainer.best_score_:.4f}.")
print("What 100 more random trials are expected to reach, and how long they take:")
more = explainer.next_trials(100)
print(more.round(4).to_string(index=False))
print("The best subset:", ", ".join(more.attrs["hyperparameters"]))

"""Search, explain, tune only what pays, and look whether it did: a neural network on digits.

60 trials over six hyperparameters say which two are worth tuning; a second search tunes these two alone,
with 20 trials. Both winners are then tested on digits that neither search has seen.
"""

import time
import warnings

import matplotlib

matplotlib.use("Agg")  # the picture goes to a file

import matplotlib.pyplot as plt
import seaborn as sns
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier

from skhypershap import HyperSHAPExplainer, summarize

warnings.simplefilter("ignore", ConvergenceWarning)  # 30 epochs are what there is time for

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=1 / 3, stratify=y, random_state=0
)
network = MLPClassifier((64,), solver="sgd", batch_size=64, max_iter=30, random_state=0)
search = RandomizedSearchCV(
    network,
    {
        "learning_rate_init": loguniform(1e-4, 1),
        "momentum": uniform(0, 0.99),
        "alpha": loguniform(1e-6, 1),
        "batch_size": randint(16, 257),
        "hidden_layer_sizes": [(16,), (32,), (64,), (128,), (64, 64)],
        "activation": ["relu", "tanh", "logistic"],
    },
    n_iter=60,
    scoring="accuracy",
    cv=StratifiedKFold(3, shuffle=True, random_state=0),
    n_jobs=-1,
    random_state=0,
)


def fit(estimator, what):
    """Fit, and print how long that took."""
    start = time.perf_counter()
    estimator.fit(X_train, y_train)
    print(f"{what}: {time.perf_counter() - start:.1f} s", flush=True)
    return estimator


explainer = fit(HyperSHAPExplainer(search, random_state=0, n_jobs=-1), "60 trials of six")
print(f"Surrogate: R2 = {explainer.surrogate_score_:.2f} on trials that it has not seen.")

start = time.perf_counter()
table = explainer.explain("tunability", n_bootstrap=50)
print(f"Explained, with 50 resamples: {time.perf_counter() - start:.1f} s\n")
print("What is worth tuning (accuracy; between low and high are 90 % of the resamples):\n")
summary = summarize(table)
largest = summary.loc[summary["value"].abs().nlargest(10).index]
print(largest[["interaction", "value", "low", "high"]].round(3).to_string(index=False))

print("\nIf only so many may be tuned:\n")
print(explainer.best_subsets().round(3).to_string(index=False))

reduced = explainer.reduced_search(size=2).set_params(n_iter=20)
print(f"\nThe smaller search tunes {' and '.join(reduced.param_distributions)}.\n")
fit(reduced, "20 trials of two")

start = time.perf_counter()
verified = explainer.verify(X_train, y_train)
print(f"A look at the real scores: {time.perf_counter() - start:.1f} s\n")
print(verified[["predicted", "measured", "measured_std"]].round(3).to_string())

untuned = network.fit(X_train, y_train).score(X_test, y_test)
print("\n                   cross-validated   on the test set")
print(f"untuned          {verified['measured']['baseline']:17.3f} {untuned:17.3f}")
for what, one in (("60 trials of six", explainer.search_), ("20 trials of two", reduced)):
    print(f"{what:16} {one.best_score_:17.3f} {one.score(X_test, y_test):17.3f}")

shown = table[table["interaction"].isin(largest["interaction"])]
figure, axes = plt.subplots(figsize=(9, 4.5), layout="constrained")
sns.barplot(
    shown,
    x="value",
    y="interaction",
    hue="order",
    palette="deep",
    order=largest["interaction"],
    errorbar=("pi", 90),
    ax=axes,
)
axes.set(xlabel="tunability, in accuracy: mean and 90 % of the draws", ylabel=None)
figure.savefig("tune_what_pays.png", dpi=120)
print("\nPicture: tune_what_pays.png")

"""Search, explain, measure, tune what pays
========================================

Search, explain, measure, tune only what pays: a neural network on digits.

60 trials of six hyperparameters are explained. The explanation then measures what it claims, with 20
more trials. A second search tunes only the best two hyperparameters. All winners are compared on other
folds than those of the searches, and on digits that no search has seen.
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

warnings.simplefilter("ignore", ConvergenceWarning)  # 30 epochs keep the example short

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


def timed(what, function, *arguments, **named):
    """Call a function, and print how long it took."""
    start = time.perf_counter()
    result = function(*arguments, **named)
    print(f"{what}: {time.perf_counter() - start:.1f} s", flush=True)
    return result


def gains(explainer):
    """Print the claimed gain of tuning beside the measured one."""
    found = explainer.diagnostics().set_index("check")["value"]
    print(
        f"Tuning gains {found['claimed_gain']:.3f} as claimed, {found['measured_gain']:.3f} as "
        f"measured. R2 on held-out trials: {found['r2']:.2f}\n"
    )


explainer = HyperSHAPExplainer(search, random_state=0, n_jobs=-1)
timed("60 trials of six", explainer.fit, X_train, y_train)
gains(explainer)

timed("20 trials of what the explanation claims", explainer.measure, X_train, y_train, n_trials=20)
gains(explainer)

table = timed("Explained, with 50 resamples", explainer.explain, n_bootstrap=50)
print("\nWhat is worth tuning (accuracy; 90 % intervals):\n")
summary = summarize(table)
largest = summary.loc[summary["value"].abs().nlargest(10).index]
print(largest[["interaction", "value", "low", "high"]].round(3).to_string(index=False))

print("\nThe best subset of each size:\n")
print(explainer.best_subsets()[["size", "hyperparameters", "gain", "share"]].round(3).to_string())

reduced = explainer.reduced_search(size=2).set_params(n_iter=20)
print(f"\nThe smaller search tunes {' and '.join(reduced.param_distributions)}.\n")
timed("20 trials of two", reduced.fit, X_train, y_train)

other = StratifiedKFold(3, shuffle=True, random_state=1)
verified = timed("The scores on other folds", explainer.verify, X_train, y_train, cv=other)
print()
print(verified[["predicted", "measured", "measured_std"]].round(3).to_string())

untuned = network.fit(X_train, y_train).score(X_test, y_test)
print(f"\n{'':20} same folds   test set")
print(f"{'untuned':20} {explainer.measured_['score'].iloc[0]:10.3f} {untuned:10.3f}")
for what, one in (("60 trials of six", explainer.search_), ("20 trials of two", reduced)):
    print(f"{what:20} {one.best_score_:10.3f} {one.score(X_test, y_test):10.3f}")

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

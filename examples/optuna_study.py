"""An Optuna study, in words and from a shell
==========================================

An Optuna study of two kinds of classifiers: what mattered, in words, and how to ask from a shell.

Needs optuna: pip install 'skhypershap[optuna]'.
"""

import sys
import time
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer
from skhypershap.plotting import plot_importance

try:
    import optuna
except ImportError:
    sys.exit("This example needs optuna: pip install 'skhypershap[optuna]'")

FILE = Path("study.db")
X, y = load_breast_cancer(return_X_y=True)


def accuracy(trial):
    """Mean accuracy of five folds; which hyperparameters there are depends on the classifier."""
    if trial.suggest_categorical("classifier", ["neighbors", "svm"]) == "svm":
        model = SVC(
            C=trial.suggest_float("C", 1e-3, 1e3, log=True),
            gamma=trial.suggest_float("gamma", 1e-5, 1e1, log=True),
        )
    else:
        model = KNeighborsClassifier(
            n_neighbors=trial.suggest_int("n_neighbors", 1, 50),
            weights=trial.suggest_categorical("weights", ["uniform", "distance"]),
        )
    return cross_val_score(make_pipeline(StandardScaler(), model), X, y, cv=5).mean()


start = time.perf_counter()
optuna.logging.set_verbosity(optuna.logging.WARNING)
memory = optuna.storages.InMemoryStorage()
study = optuna.create_study(
    study_name="classifiers",
    storage=memory,
    direction="maximize",
    sampler=optuna.samplers.TPESampler(seed=0),
)
study.set_metric_names(["accuracy"])
# The plan without tuning is the baseline, and the first trial, so that it is measured.
untuned = {"classifier": "neighbors", "n_neighbors": 5, "weights": "uniform"}
study.enqueue_trial(untuned)
study.optimize(accuracy, n_trials=150)
print(f"{len(study.trials)} trials took {time.perf_counter() - start:.0f} s.\n")

explainer = HyperSHAPExplainer(study, baseline=untuned, random_state=0).fit()
print(explainer.summary(), "\n")
table = explainer.explain("tunability")
print(table[["interaction", "value", "order"]].round(4).to_string(index=False))
plot_importance(table).figure.savefig("explanation.png", dpi=150)
print("Picture: explanation.png\n")

FILE.unlink(missing_ok=True)
optuna.copy_study(
    from_study_name="classifiers", from_storage=memory, to_storage=f"sqlite:///{FILE}"
)
print(f"The study is in {FILE}. The same from a shell:\n")
print(f"""  skhypershap {FILE} --baseline '{{"classifier": "neighbors", "n_neighbors": 5}}'""")

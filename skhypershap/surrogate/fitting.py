"""Fit a surrogate on trials, measure how well it knows others, and say where it knows too little."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.utils import get_tags

from skhypershap.errors import SurrogateWarning, TrialsWarning, warn
from skhypershap.space.conditions import Legality
from skhypershap.surrogate.kernels.forest import FlatForest, predict_flat, ranks_of
from skhypershap.surrogate.rules import activity_of
from skhypershap.surrogate.surrogate import LARGEST, Inputs, Surrogate
from skhypershap.surrogate.trees import flat_forest

N_TREES = 100
N_FOLDS = 5
N_COMPARED = 16
FEW_TRIALS = 10
LOW_SCORE = 0.3


@dataclass(frozen=True)
class SurrogateSpec:
    """How a surrogate is fitted: a model, and the trials as it sees them.

    Attributes
    ----------
    model : regressor or None
        Is cloned; None for a `RandomForestRegressor` of 100 trees.
    vectors : ndarray of shape (n_trials, n_columns)
        What ran.
    scores : ndarray of shape (n_trials,)
        How it scored.
    legality : Legality
        What makes vectors legal.
    fidelity : ndarray of shape (n_trials,) or None
        The resource of each trial, scaled to [0, 1].
    """

    model: Any
    vectors: np.ndarray
    scores: np.ndarray
    legality: Legality
    fidelity: np.ndarray | None = None

    def fit(self, seed: int, n_jobs: int | None = None) -> Surrogate:
        """Fit, and measure on held-out trials: out-of-bag for a forest, 5-fold otherwise.

        The seed is for every `random_state` of the model that is not set, `n_jobs` for the default
        forest.
        """
        surrogate, seen = self._fitted(seed, n_jobs)
        score = _held_out_score(surrogate.model, seen, self.scores, seed)
        return replace(surrogate, score=score)

    def refit(self, generator: np.random.Generator) -> Surrogate:
        """Fit on as many trials, drawn with replacement; nothing is measured."""
        rows = generator.integers(len(self.scores), size=len(self.scores))
        fidelity = None if self.fidelity is None else self.fidelity[rows]
        drawn = replace(
            self, vectors=self.vectors[rows], scores=self.scores[rows], fidelity=fidelity
        )
        return drawn._fitted(int(generator.integers(np.iinfo(np.int32).max)))[0]

    def _fitted(self, seed: int, n_jobs: int | None = None) -> tuple[Surrogate, np.ndarray]:
        """The surrogate, not measured yet, and what its model has seen."""
        model = self.model
        if model is None:
            model = RandomForestRegressor(n_estimators=N_TREES, n_jobs=n_jobs)
        model = clone(model, safe=False)  # whatever has fit and predict will do
        if hasattr(model, "get_params"):
            unset = {
                name: seed
                for name, value in model.get_params().items()
                if value is None and (name == "random_state" or name.endswith("__random_state"))
            }
            model.set_params(**unset)
        inputs = Inputs(self.legality, _takes_missing(model), self.fidelity is not None)
        seen = inputs.seen(self.vectors, LARGEST if self.fidelity is None else self.fidelity)
        model.fit(seen, self.scores)
        forest = flat_forest(model)
        if forest is not None:
            predicted = model.predict(seen[:N_COMPARED])
            gap = np.abs(predict_flat(forest, seen[:N_COMPARED]) - predicted).max()
            if gap > 1e-9 * np.abs(predicted).max():
                forest = None  # a subclass with a predict of its own
        if forest is not None:
            forest = _of_filled_vectors(forest, inputs)
        return Surrogate(model, float("nan"), forest, inputs), seen


def scaled(fidelity: np.ndarray | None) -> np.ndarray | None:
    """Resources scaled to [0, 1], as a surrogate sees them; there are at least two."""
    return None if fidelity is None else (fidelity - fidelity.min()) / np.ptp(fidelity)


def _takes_missing(model: Any) -> bool:
    return isinstance(model, BaseEstimator) and get_tags(model).input_tags.allow_nan


def _of_filled_vectors(forest: FlatForest, inputs: Inputs) -> FlatForest:
    """The forest as a function of filled vectors at the largest fidelity."""
    legality = inputs.legality
    if not legality.space.conditions and not inputs.has_fidelity:
        return forest
    from skhypershap.surrogate.kernels.conditional_splits import add_conditional_splits

    if not inputs.takes_missing:
        filled = ranks_of(forest, np.append(legality.defaults, LARGEST)[None])[:, 0]
        left = filled[forest.column] <= forest.rank
        forest = forest._replace(missing=np.where(left, forest.left, forest.right))
    activity = activity_of(legality, forest.dtype)
    return add_conditional_splits(forest, activity, LARGEST if inputs.has_fidelity else None)


def check_surrogate(model: Any) -> None:
    """Refuse what is no regressor before the search runs; None stands for the default forest."""
    if isinstance(model, type):
        raise ValueError(
            f"surrogate must be a regressor; got the class {model.__name__}. Make one: "
            f"{model.__name__}()."
        )
    if isinstance(model, BaseEstimator) and is_classifier(model):
        raise ValueError(f"surrogate must be a regressor; {type(model).__name__} is a classifier.")


def warn_if_unreliable(scores: np.ndarray, metric: str, score: float) -> None:
    """Say when an explanation will be worth little, and what to do."""
    n_trials = len(scores)
    if n_trials > 1 and np.ptp(scores) == 0:
        warn(
            f"All {n_trials} trials have the same {metric!r} score, {scores[0]:g}: every "
            "value of an explanation will be zero.",
            TrialsWarning,
        )
    elif n_trials < FEW_TRIALS or not score >= LOW_SCORE:
        warn(
            f"The surrogate knows little: R2 = {score:.2f} on held-out trials (1 is perfect, 0 no "
            f"better than the mean), from {n_trials} trials. Explanations describe the surrogate, so "
            "do not trust their details. Run more trials (100 are a good start), try another "
            "surrogate=, or explain a less noisy metric (more cross-validation folds).",
            SurrogateWarning,
        )


def _held_out_score(model: Any, vectors: np.ndarray, scores: np.ndarray, seed: int) -> float:
    """R2 on trials that the model (or its trees) did not see."""
    if len(scores) < 2:
        return float("nan")
    if getattr(model, "bootstrap", False) and hasattr(model, "estimators_samples_"):
        # Not the model's own oob_score_: it counts a trial that every tree has seen as a zero.
        total, votes = np.zeros(len(scores)), np.zeros(len(scores))
        features = getattr(model, "estimators_features_", [slice(None)] * len(model.estimators_))
        rows = model.estimators_samples_
        for tree, seen, columns in zip(model.estimators_, rows, features, strict=True):
            unseen = np.ones(len(scores), dtype=bool)
            unseen[seen] = False
            if unseen.any():
                total[unseen] += tree.predict(vectors[unseen][:, columns])
                votes[unseen] += 1
        voted = votes > 0
        if voted.sum() >= 2:
            return float(r2_score(scores[voted], total[voted] / votes[voted]))
    folds = KFold(min(N_FOLDS, len(scores)), shuffle=True, random_state=seed)
    predicted = np.empty(len(scores))
    for seen, unseen in folds.split(vectors):
        part = clone(model, safe=False)
        part.fit(vectors[seen], scores[seen])
        predicted[unseen] = np.ravel(part.predict(vectors[unseen]))
    return float(r2_score(scores, predicted))

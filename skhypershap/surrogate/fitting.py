"""Fit a surrogate on trials, and measure it on held-out trials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
from sklearn.utils import get_tags

from skhypershap.arrays import Floats, Positions, Scores, Vectors
from skhypershap.space.conditions import Legality
from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.default_model import (
    for_folds,
    learned_by,
    warn_if_process_failed,
    warped_mean,
)
from skhypershap.surrogate.hyperparameters import Hyperparameters
from skhypershap.surrogate.kernels.forest import FlatForest, predict_flat, ranks_of
from skhypershap.surrogate.noise import Noise, noise_of
from skhypershap.surrogate.raw_scores import scale_for_splits, scale_values
from skhypershap.surrogate.regressors import (
    SurrogateError,
    fitted_regressor,
    held_out_predictions,
    predictions_of,
    r2_of,
)
from skhypershap.surrogate.rules import activity_of
from skhypershap.surrogate.surrogate import LARGEST, Inputs, Surrogate
from skhypershap.surrogate.trees import flat_forest
from skhypershap.surrogate.warped import warped_surrogate

FOREST = "forest"
N_TREES = 100
MOST_SAMPLES = 30_000  # of a tree of "forest", where there are more than twice as many trials
# Next to a process. The spread of 90 resamples (8 hyperparameters, 300 trials) was 1.02 times that of
# 100 trees with 75 of them, and 1.04 times with 60.
TREES_OF_RESAMPLE = 70
N_COMPARED = 16
N_ATTEMPTS = 10  # resamples that a model may refuse
N_COPIES = 3  # of a measured trial for a bootstrap, of which 5 % draw none of three


@dataclass(frozen=True)
class SurrogateSpec:
    """What a surrogate is fitted on: a model and the trials.

    Attributes
    ----------
    model : regressor, "auto", "gp", "forest" or None
        A regressor is cloned before it is fitted. "auto" or None: the mean of extra trees and a
        Gaussian process; "gp": the process alone; "forest": a `RandomForestRegressor` of 100 trees.
    vectors : ndarray of shape (n_trials, n_columns)
        The configurations of the trials, as legal vectors.
    scores : ndarray of shape (n_trials,)
        The score of each trial.
    legality : Legality
        What makes vectors legal.
    fidelity : ndarray of shape (n_trials,) or None
        The resource of each trial, scaled to [0, 1].
    n_measured : int
        How many of the last trials were measured after the search. They are in every resample and in
        every fold, and never held out.
    maximize : bool
        Whether large scores are better.
    always : ndarray of int or None
        Trials of the source that are in every resample: those of the baseline, which tuning is measured
        against. A resample that lacks one has it as one more trial.
    baselines : tuple of int
        Which of the measured trials are baselines, on whose scores all gains depend.
    follows_baselines : bool
        Whether a process follows the source's own trials of the baseline closely, as it does measured
        ones; not where the baseline was chosen by its score, which noise made better or worse.
    trees_alone : bool
        Whether "auto" does without the process, which costs too much.
    """

    model: Any
    vectors: Vectors
    scores: Scores
    legality: Legality
    fidelity: Scores | None = None
    n_measured: int = 0
    maximize: bool = True
    always: Positions | None = None
    baselines: tuple[int, ...] = ()
    follows_baselines: bool = True
    trees_alone: bool = False

    @property
    def n_source(self) -> int:
        """Number of trials of the source itself, which come first."""
        return len(self.scores) - self.n_measured

    @property
    def _scale_of_scores(self) -> float:
        """What scores are multiplied by before the model is fitted; 1 for all but HyperSHAP's forest."""
        is_forest = isinstance(self.model, str) and self.model == FOREST
        return scale_for_splits(self.scores) if is_forest else 1.0

    def bounds(self, model: Any) -> dict[str, int]:
        """What keeps trees of our own fitted model small, by scikit-learn's names; mostly nothing."""
        if not (self.model is None or isinstance(self.model, str)):
            return {}
        forest = getattr(model, "forest_", model)
        usual: dict[str, Any] = {"max_samples": None, "min_samples_leaf": 1}
        found: dict[str, Any] = {
            name: getattr(forest, name, value) for name, value in usual.items()
        }
        return {name: value for name, value in found.items() if value != usual[name]}

    def fit(self, seed: int, n_jobs: int | None = None) -> Surrogate:
        """Fit, and measure on held-out trials: out-of-bag for a forest, 5 folds otherwise.

        The seed is given to every `random_state` of the model that is not set, `n_jobs` to the default
        forest.
        """
        surrogate, seen = self._fitted(seed, n_jobs)
        if isinstance(surrogate.model, WarpedMean):
            warn_if_process_failed(surrogate.model)
        held_out = self._held_out(surrogate.model, seen, seed)
        score = r2_of(self.scores[: self.n_source], held_out)
        return replace(surrogate, score=score, held_out=held_out)

    def fit_unmeasured(self, seed: int, n_jobs: int | None = None) -> Surrogate:
        """Fit, without predictions of held-out trials, which take longer than the fit."""
        return self._fitted(seed, n_jobs)[0]

    def first(self, n_trials: int) -> SurrogateSpec:
        """The same model on the first trials of the source, those of the baseline, and measured ones."""
        always = np.zeros(0, dtype=int) if self.always is None else self.always
        source = np.concatenate([np.arange(n_trials), always[always >= n_trials]])
        rows = np.concatenate([source, np.arange(self.n_source, len(self.scores))])
        return self._only(rows)

    def _only(self, rows: Positions) -> SurrogateSpec:
        """The same model on some trials, all measured ones among them and last."""
        fidelity = self.fidelity
        return replace(
            self,
            vectors=self.vectors[rows],
            scores=self.scores[rows],
            fidelity=None if fidelity is None else fidelity[rows],
            always=None if self.always is None else np.flatnonzero(np.isin(rows, self.always)),
        )

    def refit(self, generator: np.random.Generator, fitted: Surrogate) -> Surrogate:
        """Fit on a resample of the trials, about as many as there are; nothing is measured.

        A process takes the hyperparameters that it has learned in `fitted`, the fit of all trials.
        """
        for attempt in range(N_ATTEMPTS):
            try:
                return self._refitted(generator, fitted)
            except SurrogateError:  # too few different trials for this model, say
                if attempt == N_ATTEMPTS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _refitted(self, generator: np.random.Generator, fitted: Surrogate) -> Surrogate:
        rows = generator.integers(self.n_source, size=self.n_source)
        measured = np.arange(self.n_source, len(self.scores))
        missing = np.setdiff1d(np.zeros(0, int) if self.always is None else self.always, rows)
        resample = self._only(np.concatenate([rows, missing, measured]))
        seed = int(generator.integers(np.iinfo(np.int32).max))
        learned = learned_by(fitted.model)
        return resample._fitted(seed, 1, learned, is_resample=True)[0]

    def _fitted(
        self,
        seed: int,
        n_jobs: int | None = None,
        hyperparameters: Hyperparameters | None = None,
        *,
        is_resample: bool = False,
    ) -> tuple[Surrogate, Floats]:
        """The surrogate, not measured yet, and the rows that its model was fitted on.

        Our own models are checked in the fit of all trials, and need not be in those of resamples, which
        are fitted in several threads.
        """
        is_known = is_resample and (self.model is None or isinstance(self.model, str))
        if self.model is None or (isinstance(self.model, str) and self.model != FOREST):
            has_fidelity = self.fidelity is not None
            name, trees_alone = self.model or "auto", self.trees_alone
            model = warped_mean(name, self.legality, has_fidelity, trees_alone=trees_alone)
            model.set_params(maximize=self.maximize, hyperparameters=hyperparameters, n_jobs=n_jobs)
            model.set_params(random_state=seed)
            if is_resample and hyperparameters is not None:
                model.set_params(n_trees=TREES_OF_RESAMPLE)
        else:
            model = self._seeded_model(seed, n_jobs)
        inputs = Inputs(self.legality, _takes_missing(model), self.fidelity is not None)
        try:
            model, seen = self._fitted_on(inputs, model, is_known)
        except SurrogateError:  # some lose all values of a column in a split of their own
            if not inputs.takes_missing or not np.isnan(self.vectors).any():
                raise
            inputs = replace(inputs, takes_missing=False)
            model, seen = self._fitted_on(inputs, model, is_known)
        scale = self._scale_of_scores
        if scale != 1.0:
            scale_values(model, 1 / scale)
        compared = seen[: 0 if is_known else N_COMPARED]
        if len(compared):
            predictions_of(model, compared)  # a model that cannot predict is refused here
        if isinstance(model, WarpedMean):
            trees = _forest_of(model.forest_, compared, inputs)
            if model.process_ is not None:
                return warped_surrogate(model, inputs, trees), seen
            return Surrogate(model, float("nan"), trees, inputs), seen
        if isinstance(model, (ExtraTreesRegressor, RandomForestRegressor)):
            model.n_jobs = 1  # threads add up trees in any order, which changes the last digits
        return Surrogate(model, float("nan"), _forest_of(model, compared, inputs), inputs), seen

    def _fitted_on(self, inputs: Inputs, model: Any, is_known: bool) -> tuple[Any, Floats]:
        """The model, fitted, and the rows that it has seen."""
        seen = inputs.seen(self.vectors, LARGEST if self.fidelity is None else self.fidelity)
        rows = self._training_rows(model)
        scores = self.scores[rows] * self._scale_of_scores
        return fitted_regressor(model, seen[rows], scores, self._noise, alone=not is_known), seen

    @property
    def _noise(self) -> Noise:
        """What a process is told of the noise of trials."""
        own = () if self.always is None or not self.follows_baselines else self.always
        n_trials = len(self.scores)
        return noise_of(n_trials, self.n_measured, self.baselines, own)

    def _seeded_model(self, seed: int, n_jobs: int | None) -> Any:
        """A clone of the model, whose unset random states are the seed."""
        model = self.model
        if isinstance(model, str):
            most = MOST_SAMPLES if len(self.scores) > 2 * MOST_SAMPLES else None
            model = RandomForestRegressor(n_estimators=N_TREES, max_samples=most, n_jobs=n_jobs)
        model = clone(model, safe=False)  # any object with fit and predict will do
        if hasattr(model, "get_params"):
            unset = {
                name: seed
                for name, value in model.get_params().items()
                if value is None and (name == "random_state" or name.endswith("__random_state"))
            }
            model.set_params(**unset)
        return model

    def _training_rows(self, model: Any) -> Positions:
        """Rows that a model is fitted on; where it bootstraps, measured trials several times.

        Otherwise each would be missing in 37 % of the trees, which predict it from worse trials.
        """
        measured = np.arange(self.n_source, len(self.scores))
        n_copies = N_COPIES if getattr(model, "bootstrap", False) else 1
        return np.concatenate([np.arange(self.n_source), np.tile(measured, n_copies)])

    def _held_out(self, model: Any, seen: Floats, seed: int) -> Scores:
        """Predictions of shape (n_source,) by models not fitted on a trial; NaN for none."""
        n_source, scores = self.n_source, self.scores
        if n_source < 2:
            return np.full(n_source, np.nan)
        if getattr(model, "bootstrap", False) and hasattr(model, "estimators_samples_"):
            predicted = _out_of_bag_predictions(model, seen[self._training_rows(model)])[:n_source]
            if (~np.isnan(predicted)).sum() >= 2:
                return predicted
        if isinstance(model, WarpedMean):
            model = for_folds(model)
        always = self._training_rows(model)[n_source:]
        scale = self._scale_of_scores
        held_out = held_out_predictions(
            model,
            seen[:n_source],
            scores[:n_source] * scale,
            (seen[always], scores[always] * scale),
            seed,
            self._noise,
        )
        return held_out / scale


def scaled(fidelity: Scores | None) -> Scores | None:
    """Resources, two different ones at least, scaled to [0, 1]; None stays None."""
    return None if fidelity is None else (fidelity - fidelity.min()) / np.ptp(fidelity)


def _checked_forest(model: Any, rows: Floats) -> FlatForest | None:
    """The model as a sum of trees, unless it predicts some rows otherwise, as a subclass may."""
    forest = flat_forest(model)
    if forest is None or not len(rows):
        return forest
    predicted = predictions_of(model, rows)
    gap = np.abs(predict_flat(forest, rows) - predicted).max()
    return None if gap > 1e-9 * np.abs(predicted).max() else forest


def _forest_of(model: Any, compared: Floats, inputs: Inputs) -> FlatForest | None:
    """The model as trees on filled vectors at the largest fidelity, if it is a sum of trees."""
    forest = _checked_forest(model, compared)
    return None if forest is None else _of_filled_vectors(forest, inputs)


def _takes_missing(model: Any) -> bool:
    return isinstance(model, BaseEstimator) and get_tags(model).input_tags.allow_nan


def _of_filled_vectors(forest: FlatForest, inputs: Inputs) -> FlatForest:
    """The forest as a function of filled vectors at the largest fidelity."""
    legality = inputs.legality
    if not legality.space.conditions and not inputs.has_fidelity:
        return forest
    from skhypershap.surrogate.kernels.conditional_splits import add_conditional_splits

    if not inputs.takes_missing:
        ranks = ranks_of(forest, np.append(legality.defaults, LARGEST)[None])[:, 0]
        filled = np.append(ranks, 0)  # trees without any split have leaves only, in column 0
        left = filled[forest.column] <= forest.rank
        forest = forest._replace(missing=np.where(left, forest.left, forest.right))
    activity = activity_of(legality, forest.dtype)
    return add_conditional_splits(forest, activity, LARGEST if inputs.has_fidelity else None)


def _out_of_bag_predictions(model: Any, rows: Floats) -> Scores:
    """Mean over the trees that were not fitted on a row, NaN where all were.

    The model's own `oob_score_` counts such a row as a prediction of zero.
    """
    total, votes = np.zeros(len(rows)), np.zeros(len(rows))
    features = getattr(model, "estimators_features_", [slice(None)] * len(model.estimators_))
    samples = model.estimators_samples_
    for tree, seen, columns in zip(model.estimators_, samples, features, strict=True):
        unseen = np.ones(len(rows), dtype=bool)
        unseen[seen] = False
        if unseen.any():
            total[unseen] += tree.predict(rows[unseen][:, columns])
            votes[unseen] += 1
    means: Scores = np.divide(total, votes, out=np.full(len(rows), np.nan), where=votes > 0)
    return means

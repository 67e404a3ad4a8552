"""Regressors as surrogates: any with fit and predict, checked, named in errors, measured on folds."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold

from skhypershap.arrays import Floats, Scores, floats_of
from skhypershap.errors import SurrogateWarning, shown, warn
from skhypershap.parallel import one_model_at_a_time
from skhypershap.surrogate.averaged import WarpedMean
from skhypershap.surrogate.noise import Noise
from skhypershap.surrogate.tree_growing import grow

NAMES = ("auto", "forest", "gp")
N_FOLDS = 5
LARGEST_SQUARED = 1e150  # sums of a million squares are still floats
N_SHOWN = 200  # characters of another library's message


class SurrogateError(ValueError):
    """A regressor that cannot be the surrogate of these trials; the message names it."""


def check_surrogate(model: Any) -> None:
    """Refuse what cannot be a surrogate; None stands for the default.

    Some estimators get their predict in fit (`StackingRegressor`, searches, pipelines): it is enough
    that their class has one.

    Raises
    ------
    ValueError
        For an unknown name, a class, a classifier, or an object without fit and predict.
    """
    if model is None or (isinstance(model, str) and model in NAMES):
        return
    if isinstance(model, type):
        raise ValueError(
            f"surrogate must be a regressor; got the class {model.__name__}. Pass an instance: "
            f"{model.__name__}()."
        )
    missing = [
        name
        for name in ("fit", "predict")
        if not (hasattr(model, name) or hasattr(type(model), name))
    ]
    if missing:
        raise ValueError(
            f"The 'surrogate' parameter of HyperSHAPExplainer must be {', '.join(map(repr, NAMES))}, "
            f"None, or a regressor with fit and predict. Got {shown(model)} instead, which has no "
            f"{' and no '.join(missing)}."
        )
    if isinstance(model, BaseEstimator) and is_classifier(model):
        raise ValueError(f"surrogate must be a regressor; {type(model).__name__} is a classifier.")


def fitted_regressor(
    model: Any, rows: Floats, scores: Scores, noise: Noise | None = None, *, alone: bool = True
) -> Any:
    """The model, fitted; a constant one if it refuses scores that are all equal.

    A column without any value is constant to the model: several of scikit-learn's need one value.
    The default model is told what is known of the noise of the rows. Not `alone`, for our own models
    with one job, is quicker: several are fitted at a time, and forests are grown tree by tree.

    Raises
    ------
    SurrogateError
        If the model cannot be fitted to these trials.
    """
    unseen = np.isnan(rows).all(axis=0)
    if unseen.any():
        rows = np.where(unseen, 0.0, rows)
    _check_squares(model, scores)
    try:
        with one_model_at_a_time() if alone else nullcontext():
            if isinstance(model, WarpedMean) and noise is not None:
                model.fit(rows, scores, None, noise.measured, noise.shares)
            elif not alone and isinstance(model, RandomForestRegressor):
                grow(model, rows, scores)
            else:
                model.fit(rows, scores)
    except Exception as error:
        if len(scores) and np.ptp(scores) == 0:
            return DummyRegressor(strategy="constant", constant=scores[0]).fit(rows, scores)
        raise SurrogateError(
            f"surrogate={_name(model)} cannot be fitted to {len(scores)} trials: {_message(error)} Pass "
            "another surrogate=, or None for the default."
        ) from error
    if not hasattr(model, "predict"):
        raise SurrogateError(
            f"surrogate={_name(model)} has no predict after fit. Pass a regressor as surrogate=, or "
            "None for the default."
        )
    return model


def _check_squares(model: Any, scores: Scores) -> None:
    """Refuse scores whose squares overflow in scikit-learn, whose trees would then split anywhere."""
    largest = float(np.abs(scores).max(initial=0.0))
    if largest > LARGEST_SQUARED and type(model).__module__.startswith("sklearn."):
        raise SurrogateError(
            f"surrogate={_name(model)} squares scores, and those as large as {largest:.3g} overflow. "
            "Divide the scores by a constant, or use the default surrogate=None."
        )


def predictions_of(model: Any, rows: Floats) -> Scores:
    """One finite prediction for each row, of shape (n_rows,).

    Raises
    ------
    SurrogateError
        If the model fails, or its predictions are not real, are NaN or infinite, or of another shape.
    """
    try:
        with one_model_at_a_time():
            predicted = model.predict(rows)
        is_masked = isinstance(predicted, np.ma.MaskedArray)
        found = floats_of(predicted) if is_masked else np.asarray(predicted)
    except Exception as error:
        raise SurrogateError(
            f"surrogate={_name(model)} cannot predict {len(rows)} configurations: {_message(error)} "
            "Pass another surrogate=, or None for the default."
        ) from error
    problem = _problem_of(found, len(rows))
    if problem:
        raise SurrogateError(
            f"surrogate={_name(model)} must predict a finite number for each of {len(rows)} "
            f"configurations, as an array of shape ({len(rows)},); got {problem}. Pass another "
            "surrogate=, or None for the default."
        )
    return found.astype(float).reshape(len(rows))


def _problem_of(found: np.ndarray, n_rows: int) -> str:
    """What is wrong with predictions; empty where nothing is."""
    if found.shape not in ((n_rows,), (n_rows, 1)):
        return f"shape {found.shape}"
    if found.dtype == object:
        try:
            found = found.astype(float)
        except (TypeError, ValueError):
            return "values that are not numbers"
    if found.dtype.kind not in "fiub":
        kinds = {"c": "complex numbers", "U": "text", "S": "text"}
        return kinds.get(found.dtype.kind, f"values of type {found.dtype}")
    n_bad = int((~np.isfinite(found)).sum())
    return f"NaN or infinity for {n_bad} of them" if n_bad else ""


def held_out_predictions(
    model: Any,
    rows: Floats,
    scores: Scores,
    always: tuple[Floats, Scores],
    seed: int,
    noise: Noise | None = None,
) -> Scores:
    """Predictions of shape (n_rows,) by copies of a model that were not fitted on a row.

    Parameters
    ----------
    model : regressor
        Fitted or not; it is copied.
    rows, scores : ndarray of shape (n_rows, n_columns) and (n_rows,)
        What is held out, one fold after the other.
    always : tuple of ndarray
        Rows and scores that every copy is fitted on, too.
    seed : int
        Of the folds.
    noise : Noise, optional
        Of these rows and those of `always`; see `fitted_regressor`.

    Warns
    -----
    SurrogateWarning
        If a copy cannot be fitted or cannot predict; its rows are NaN.
    """
    held_out = np.full(len(rows), np.nan)
    folds = KFold(min(N_FOLDS, len(rows)), shuffle=True, random_state=seed)
    reason = None
    last = np.arange(len(rows), len(rows) + len(always[0]))
    for known, unknown in folds.split(rows):
        try:
            fitted = fitted_regressor(
                clone(model, safe=False),
                np.vstack([rows[known], always[0]]),
                np.concatenate([scores[known], always[1]]),
                None if noise is None else noise.of(np.append(known, last)),
            )
            held_out[unknown] = predictions_of(fitted, rows[unknown])
        except SurrogateError as error:
            reason = error
    if reason is not None:
        warn(
            f"The surrogate cannot be measured on all held-out trials, so its R2 is of "
            f"{int(np.isfinite(held_out).sum())} of {len(rows)}: {reason}",
            SurrogateWarning,
        )
    return held_out


def r2_of(scores: Scores, held_out: Scores) -> float:
    """R2 of held-out predictions, of which some may be NaN; NaN for fewer than two."""
    known = ~np.isnan(held_out)
    if known.sum() < 2:
        return float("nan")
    # Squares of large numbers overflow; a power of two changes nothing else.
    parts = scores[known], held_out[known]
    exponent = -math.frexp(max(float(np.abs(part).max()) for part in parts))[1]
    return float(r2_score(*(np.ldexp(part, exponent) for part in parts)))


def _name(model: Any) -> str:
    return type(model).__name__


def _message(error: Exception) -> str:
    """The first line of another library's message, as a sentence."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:N_SHOWN].rstrip(" .:") + "."

"""What would a configuration score? A regressor on vectors, and its trees as flat arrays.

A `Surrogate` answers two questions: `predict` for vectors, and what blends of many candidates with one
baseline score, for all 2^d coalitions or for some (`coalition_blocks`, and only the best of them,
`coalition_optima`). The second walks the trees where it can (see `skhypershap.kernels`) and calls the
model's `predict` where it must.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed

from skhypershap._compat import histogram_trees
from skhypershap.conditions import Legality
from skhypershap.errors import SurrogateWarning, TrialsWarning, warn
from skhypershap.kernels.forest import FlatForest, flatten, predict_flat, ranks_of

if TYPE_CHECKING:
    from skhypershap.kernels.coalitions import Places
    from skhypershap.kernels.walk import Walk

N_TREES = 100
N_FOLDS = 5
N_COMPARED = 16
FEW_TRIALS = 10
LOW_SCORE = 0.3
Block = tuple[slice | np.ndarray, np.ndarray, np.ndarray]  # see `Surrogate.coalition_blocks`
GROUPS = 32  # of candidates, whose best are told apart where there are no trees to walk
LARGEST = 1.0  # fidelity, scaled to [0, 1]
PREDICT_ROWS = 1 << 17  # rows per call of a model's own predict: some MB, well above its overhead


@dataclass(frozen=True)
class Surrogate:
    """A fitted regressor from vectors to scores, in the metric's own units.

    Attributes
    ----------
    model : regressor
        Fitted on legal vectors, with the trials' fidelity as one more column where they have one.
    score : float
        R2 on held-out trials, NaN where there are too few.
    forest : FlatForest or None
        The trees of the model as a function of filled vectors, at the largest fidelity; None for a
        model that is no sum of trees.
    legality : Legality or None
        What makes vectors legal; None where all are.
    inputs : Inputs
        How the model is shown vectors.
    """

    model: Any
    score: float
    forest: FlatForest | None
    legality: Legality | None
    inputs: Inputs

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of shape (n_vectors,) expected of vectors, filled or legal, at the largest fidelity."""
        if not len(vectors):  # scikit-learn's own predict takes no empty array
            return np.zeros(0)
        if self.legality is not None:
            vectors = self.legality.legal(vectors)
        seen = self.inputs.seen(vectors, LARGEST)
        return np.asarray(self.model.predict(seen), dtype=float).reshape(len(vectors))

    def coalition_blocks(
        self,
        candidates: np.ndarray,
        baseline: np.ndarray,
        player_of_column: np.ndarray,
        coalitions: np.ndarray | None = None,
        n_jobs: int | None = None,
    ) -> Iterator[Block]:
        """Scores of blends of every candidate with the baseline, block after block.

        Parameters
        ----------
        candidates : ndarray of shape (n_candidates, n_columns)
            Vectors whose values a coalition's members take.
        baseline : ndarray of shape (n_columns,)
            Vector whose values all others keep.
        player_of_column : ndarray of shape (n_columns,)
            The player that a column belongs to, -1 for none (it keeps the baseline's value).
        coalitions : ndarray of shape (n_coalitions, n_players), dtype bool, optional
            Which coalitions; by default all.
        n_jobs : int, optional
            As in scikit-learn.

        Yields
        ------
        numbers, members, scores : slice or ndarray of int, ndarray of int, ndarray
            `scores` has a row for each of the numbered coalitions (of all coalitions bit i of a number
            says that player i is in it) and a column for each of the candidates, given by position; a
            forbidden blend has none (NaN). The blocks and their order do not depend on `n_jobs`.
        """
        asked = (candidates, baseline, player_of_column, coalitions)
        if self.legality is None or not self.legality.forbids:
            yield from self._blocks(*asked, n_jobs)
            return
        is_forbidden = self.legality.forbidden_blends(*asked)
        for numbers, members, scores in self._blocks(*asked, n_jobs):
            yield numbers, members, np.where(is_forbidden(numbers, members), np.nan, scores)

    def _blocks(
        self,
        candidates: np.ndarray,
        baseline: np.ndarray,
        player_of_column: np.ndarray,
        coalitions: np.ndarray | None,
        n_jobs: int | None,
    ) -> Iterator[Block]:
        if not self._walks(player_of_column):
            yield from self._predicted_blocks(candidates, baseline, player_of_column, coalitions)
            return
        from skhypershap.kernels.coalitions import score_block

        for walk, places, numbers in self._places(
            candidates, baseline, player_of_column, coalitions
        ):
            groups = walk.blocks(places.most_candidates)
            score = functools.partial(score_block, walk, places)
            for members, scores in zip(groups, in_threads(score, groups, n_jobs), strict=True):
                yield numbers, members, scores.T

    def coalition_optima(
        self,
        candidates: np.ndarray,
        baseline: np.ndarray,
        player_of_column: np.ndarray,
        coalitions: np.ndarray | None = None,
        *,
        sign: float,
        n_jobs: int | None = None,
    ) -> Iterator[tuple[slice | np.ndarray, int, np.ndarray, np.ndarray]]:
        """Best scores of coalitions, block after block.

        Parameters
        ----------
        candidates, baseline, player_of_column, coalitions, n_jobs
            As in `coalition_blocks`.
        sign : float
            1 for the largest score, -1 for the smallest.

        Yields
        ------
        numbers, n_members, best, winners : slice or ndarray of int, int, ndarray, ndarray of int
            For each of the coalitions the largest of sign * score among the block's candidates, -inf
            where all of its blends are forbidden, and the position of the candidate that has it.
        """
        forbids = self.legality is not None and self.legality.forbids
        walks = self._walks(player_of_column)
        if forbids or not walks:
            asked = (candidates, baseline, player_of_column, coalitions)
            for numbers, members, scores in self.coalition_blocks(*asked, n_jobs=n_jobs):
                gains = np.where(np.isnan(scores), -np.inf, sign * scores)
                n_groups = 1 if walks else min(GROUPS, len(members))
                for group in np.array_split(np.arange(len(members)), n_groups):
                    best = np.argmax(gains[:, group], axis=1)
                    found = gains[np.arange(len(gains)), group[best]]
                    yield numbers, len(group), found, members[group[best]]
            return
        from skhypershap.kernels.coalitions import best_of_block

        for walk, places, numbers in self._places(
            candidates, baseline, player_of_column, coalitions
        ):
            groups = walk.blocks(places.most_candidates)
            best_of = functools.partial(best_of_block, walk, places, sign)
            found = in_threads(best_of, groups, n_jobs)
            for members, (best, winners) in zip(groups, found, strict=True):
                yield numbers, len(members), best, winners

    def _walks(self, player_of_column: np.ndarray) -> bool:
        """Whether there are trees to walk, and not more players than a walk can tell apart."""
        if self.forest is None:
            return False
        from skhypershap.kernels.walk import MOST_PLAYERS

        return bool(player_of_column.max() < MOST_PLAYERS)

    def _places(
        self,
        candidates: np.ndarray,
        baseline: np.ndarray,
        player_of_column: np.ndarray,
        coalitions: np.ndarray | None,
    ) -> Iterator[tuple[Walk, Places, np.ndarray]]:
        """Plan a walk, and where it puts scores; some coalitions 2,048 at a time."""
        from skhypershap.kernels.coalitions import MOST, places_of_all, places_of_some
        from skhypershap.kernels.walk import plan_walk

        assert self.forest is not None
        walk = plan_walk(self.forest, candidates, baseline, player_of_column)
        if coalitions is None:
            places = places_of_all(walk)
            yield walk, places, places.coalitions
            return
        for start in range(0, len(coalitions), MOST):
            places = places_of_some(walk, coalitions[start : start + MOST])
            yield walk, places, start + places.coalitions

    def blend_scores(
        self,
        coalitions: np.ndarray,
        candidates: np.ndarray,
        baseline: np.ndarray,
        player_of_column: np.ndarray,
    ) -> np.ndarray:
        """Scores of shape (n_coalitions, n_candidates) for coalitions given as rows of bools."""
        # A column without a player follows an extra one that is never in a coalition.
        never = np.zeros((len(coalitions), 1), dtype=bool)
        taken = np.hstack([coalitions, never])[:, player_of_column]
        blends = np.where(taken[:, None, :], candidates[None, :, :], baseline)
        scores = self.predict(blends.reshape(-1, candidates.shape[1]))
        return scores.reshape(len(coalitions), len(candidates))

    def _predicted_blocks(
        self,
        candidates: np.ndarray,
        baseline: np.ndarray,
        player_of_column: np.ndarray,
        coalitions: np.ndarray | None,
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        n_players = player_of_column.max() + 1
        n_coalitions = 2**n_players if coalitions is None else len(coalitions)
        step = max(1, PREDICT_ROWS // len(candidates))
        for start in range(0, n_coalitions, step):
            part = slice(start, min(start + step, n_coalitions))
            if coalitions is None:
                numbers = np.arange(part.start, part.stop)
                members = (numbers[:, None] >> np.arange(n_players) & 1).astype(bool)
            else:
                members = coalitions[part]
            scores = self.blend_scores(members, candidates, baseline, player_of_column)
            yield part, np.arange(len(candidates)), scores


def in_threads(
    work: Callable[[Any], Any], items: Iterable[Any], n_jobs: int | None
) -> Iterable[Any]:
    """Results in the order of the items, for work that holds no lock and need not copy its input."""
    if effective_n_jobs(n_jobs) == 1:  # without the bookkeeping, which one thread can feel
        return map(work, items)
    parallel = Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator")
    return parallel(delayed(work)(item) for item in items)


@dataclass(frozen=True)
class Inputs:
    """How a model is shown vectors: with their fidelity, and filled where it takes no missing values.

    Attributes
    ----------
    takes_missing : bool
        Whether inactive hyperparameters are shown as NaN.
    defaults : ndarray of shape (n_columns,) or None
        What stands for them otherwise.
    has_fidelity : bool
        Whether there is a last column for the fidelity, scaled to [0, 1].
    """

    takes_missing: bool
    defaults: np.ndarray | None
    has_fidelity: bool

    def seen(self, vectors: np.ndarray, fidelity: np.ndarray | float) -> np.ndarray:
        """What a model is shown for legal vectors."""
        if not self.takes_missing and self.defaults is not None:
            vectors = np.where(np.isnan(vectors), self.defaults, vectors)
        if not self.has_fidelity:
            return vectors
        return np.column_stack([vectors, np.broadcast_to(fidelity, len(vectors))])


def fit_surrogate(
    model: Any,
    vectors: np.ndarray,
    scores: np.ndarray,
    *,
    seed: int,
    n_jobs: int | None = None,
    legality: Legality | None = None,
    fidelity: np.ndarray | None = None,
) -> Surrogate:
    """Fit a clone of a regressor, or a random forest, and measure it on held-out trials.

    Parameters
    ----------
    model : regressor or None
        None for a `RandomForestRegressor` of 100 trees.
    vectors : ndarray of shape (n_trials, n_columns)
        What ran.
    scores : ndarray of shape (n_trials,)
        How it scored.
    seed : int
        For every `random_state` of the model that is not set.
    n_jobs : int, optional
        For the default forest, as in scikit-learn.
    legality : Legality, optional
        For spaces with conditions, forbidden clauses or unknown values.
    fidelity : ndarray of shape (n_trials,), optional
        The resource of each trial.

    Returns
    -------
    Surrogate
        Out-of-bag score for a forest, 5-fold cross-validated otherwise.
    """
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
    defaults = None if legality is None else legality.defaults
    inputs = Inputs(_takes_missing(model), defaults, fidelity is not None)
    if fidelity is not None:
        fidelity = (fidelity - fidelity.min()) / np.ptp(fidelity)
    seen = inputs.seen(vectors, LARGEST if fidelity is None else fidelity)
    model.fit(seen, scores)
    forest = _flat_forest(model)
    if forest is not None:
        predicted = model.predict(seen[:N_COMPARED])
        gap = np.abs(predict_flat(forest, seen[:N_COMPARED]) - predicted).max()
        if gap > 1e-9 * np.abs(predicted).max():
            forest = None  # a subclass with a predict of its own
    if forest is not None:
        forest = _of_filled_vectors(forest, legality, inputs)
    return Surrogate(model, _held_out_score(model, seen, scores, seed), forest, legality, inputs)


def _takes_missing(model: Any) -> bool:
    return isinstance(model, BaseEstimator) and get_tags(model).input_tags.allow_nan


def _of_filled_vectors(forest: FlatForest, legality: Legality | None, inputs: Inputs) -> FlatForest:
    """The forest as a function of filled vectors at the largest fidelity."""
    conditional = legality is not None and bool(legality.space.conditions)
    if legality is None or not (conditional or inputs.has_fidelity):
        return forest
    from skhypershap.kernels.guards import guard

    if not inputs.takes_missing:
        filled = ranks_of(forest, np.append(legality.defaults, LARGEST)[None])[:, 0]
        left = filled[forest.column] <= forest.rank
        forest = forest._replace(missing=np.where(left, forest.left, forest.right))
    activity = legality.activity(forest.dtype)
    return guard(forest, activity, LARGEST if inputs.has_fidelity else None)


def check_surrogate(model: Any) -> None:
    """Refuse what is no regressor before the search runs; None stands for the default forest."""
    if isinstance(model, type):
        raise ValueError(
            f"surrogate must be a regressor; got the class {model.__name__}. Make one: "
            f"{model.__name__}()."
        )
    if isinstance(model, BaseEstimator) and is_classifier(model):
        raise ValueError(f"surrogate must be a regressor; {type(model).__name__} is a classifier.")


def warn_of_little_knowledge(scores: np.ndarray, metric: str, score: float) -> None:
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


def _flat_forest(model: Any) -> FlatForest | None:
    """Flatten a scikit-learn model that is a weighted sum of trees; None for any other."""
    if isinstance(model, (RandomForestRegressor, ExtraTreesRegressor)):
        trees, weight, offset = model.estimators_, 1 / len(model.estimators_), 0.0
    elif isinstance(model, DecisionTreeRegressor):
        trees, weight, offset = [model], 1.0, 0.0
    elif isinstance(model, GradientBoostingRegressor):
        trees, weight = list(model.estimators_.ravel()), model.learning_rate
        if model.init_ == "zero":
            offset = 0.0
        elif isinstance(model.init_, DummyRegressor):
            offset = float(np.ravel(model.init_.constant_)[0])
        else:
            return None
    elif isinstance(model, HistGradientBoostingRegressor):
        return _flat_histogram_forest(model)
    elif isinstance(model, BaggingRegressor) and all(
        isinstance(tree, DecisionTreeRegressor) for tree in model.estimators_
    ):
        trees, weight, offset = model.estimators_, 1 / len(model.estimators_), 0.0
    else:
        return None
    features = getattr(model, "estimators_features_", None)
    tables = []
    for number, tree in enumerate(trees):
        nodes = tree.tree_
        columns = nodes.feature
        if features is not None:  # a tree of some columns counts these; a leaf has none, -2
            columns = features[number][np.maximum(columns, 0)]
        tables.append(
            (
                nodes.children_left,
                nodes.children_right,
                columns,
                nodes.threshold,
                nodes.value.ravel(),
                nodes.missing_go_to_left.astype(bool),
            )
        )
    return flatten(tables, weight=weight, offset=offset, dtype=np.float32)


def _flat_histogram_forest(model: HistGradientBoostingRegressor) -> FlatForest | None:
    read = histogram_trees(model)
    if read is None:
        return None
    tables = []
    for nodes in read[0]:
        leaf = nodes["is_leaf"].astype(bool)
        left = np.where(leaf, -1, nodes["left"].astype(np.int64))
        right = np.where(leaf, -1, nodes["right"].astype(np.int64))
        columns, thresholds = nodes["feature_idx"].astype(np.int64), nodes["num_threshold"]
        missing_left = nodes["missing_go_to_left"].astype(bool)
        tables.append((left, right, columns, thresholds, nodes["value"], missing_left))
    return flatten(tables, weight=1.0, offset=read[1], dtype=np.float64)

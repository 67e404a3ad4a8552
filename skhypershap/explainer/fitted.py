"""What a fit leaves behind: trials, their surrogate, and the baselines of the games."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from skhypershap.advice.diagnostics import rank_correlation
from skhypershap.errors import check_name, naming
from skhypershap.games.optimizer_bias import OptimizerComparison
from skhypershap.games.setting import GAMES
from skhypershap.games.value_function import GameSpec
from skhypershap.space.encoding import Config, as_configs, encode
from skhypershap.surrogate.default_model import is_trees_alone
from skhypershap.surrogate.fitting import SurrogateSpec, scaled
from skhypershap.surrogate.surrogate import Surrogate
from skhypershap.trials import Trials
from skhypershap.trials.baselines import baseline_configs, complete_config
from skhypershap.trials.inferred_clauses import TAKEN, warn_if_always_failed
from skhypershap.trials.measurements import (
    Measurements,
    known_score,
    trials_of,
    with_measured,
)

if TYPE_CHECKING:
    import pandas as pd

BIAS = "optimizer_bias"

TREES_ALONE = "extra trees"  # in the attrs of explanations by "auto" without its process


@dataclass(frozen=True, repr=False)
class Fitted:
    """What a fit leaves behind; `fit_surrogate` makes it, and nothing but `histories` changes.

    Parameters that may be set after fit (`n_samples`, `n_jobs`, ...) are not part of it.

    Attributes
    ----------
    source : Trials
        The trials of the source. "median" and "worst" count these only.
    measured : Measurements
        The trials that were added to them.
    trials : Trials
        All trials that the surrogate has seen: those of the source, then the measured ones.
    baseline : str, dict or list of those
        The constructor's `baseline` at the time of fit.
    baselines : list of dict
        The configurations that it stands for; a game is the mean over them.
    spec : SurrogateSpec
        How the surrogate was fitted, so that it can be refitted on resamples or on more trials.
    surrogate : Surrogate
        The fitted surrogate and its held-out score.
    seed : int
        The seed of the surrogate and of candidates.
    histories : dict of str to DataFrame
        The last history of tunability, "whole" as `history` returned it and "quick" as a report computed
        it, as far as there are any.
    """

    source: Trials
    measured: Measurements
    trials: Trials
    baseline: Any
    baselines: list[Config]
    spec: SurrogateSpec
    surrogate: Surrogate
    seed: int
    histories: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def __repr__(self) -> str:
        """Short: scikit-learn's diagrams show every attribute, and all trials take a second."""
        return f"Fitted(<{len(self.trials.scores)} trials>)"

    @property
    def incumbent(self) -> Config:
        """The best trial at the largest fidelity."""
        return self.trials.configs[self.trials.incumbent]

    @property
    def attrs(self) -> dict[str, Any]:
        """What the attrs of every explanation hold."""
        return {
            "metric": self.trials.metric,
            "direction": self.trials.direction,
            "surrogate_score": self.surrogate.score,
            "rank_correlation": rank_correlation(self.source.scores, self.held_out),
            **({"surrogate": TREES_ALONE} if is_trees_alone(self.surrogate.model) else {}),
            **self.spec.bounds(self.surrogate.model),
        }

    def attrs_for(self, baselines: Sequence[Config]) -> dict[str, Any]:
        """The same, with the measured scores of baselines and incumbent."""
        measured = {
            "baseline_measured": self.baseline_measured(baselines),
            "incumbent_measured": self.incumbent_measured,
        }
        return _with_one_nan({**self.attrs, **measured})

    @property
    def held_out(self) -> np.ndarray:
        """Held-out predictions of the source's trials, of shape (n_trials,); NaN for none."""
        held_out = self.surrogate.held_out
        return np.full(len(self.source.scores), np.nan) if held_out is None else held_out

    @property
    def incumbent_measured(self) -> float:
        """Score of the best trial."""
        return float(self.trials.scores[self.trials.incumbent])

    def baseline_measured(self, baselines: Sequence[Config] | None = None) -> float:
        """Mean measured score of baselines (of the fit by default), NaN if one was not measured."""
        configs = self.baselines if baselines is None else baselines
        return float(
            np.mean([known_score(self.trials, config, self.measured) for config in configs])
        )

    def with_measured(self, more: Measurements, n_jobs: int | None) -> Fitted:
        """The same with more measured trials, and the surrogate fitted again."""
        return fit_surrogate(
            self.source,
            self.measured + more,
            surrogate=self.spec.model,
            baseline=self.baseline,
            baselines=self.baselines,
            seed=self.seed,
            n_jobs=n_jobs,
            trees_alone=self.spec.trees_alone,
        )

    def predict_score(self, configs: Any) -> np.ndarray:
        """Predicted scores of shape (n_configs,), in metric units, at the largest fidelity."""
        space = self.trials.searched_space  # what always failed is predicted nonetheless
        with naming("configs"):
            given = as_configs(configs, self.trials.space)
            vectors = encode(space, given, unknown=self.trials.unknown)
        return self.surrogate.predict(vectors)

    def completed(self, config: Mapping[str, Any]) -> Config:
        """A configuration as it would run: the rest from the baseline, nothing that is inactive."""
        rest = self.baselines[0] if len(self.baselines) == 1 else {}
        return complete_config(config, rest, self.trials, self.trials.defaults)

    def game_specs(
        self,
        games: Sequence[str],
        baseline: Any = None,
        config: Mapping[str, Any] | None = None,
        comparison: OptimizerComparison | None = None,
    ) -> list[GameSpec]:
        """Check and complete what is asked: a game each, with the same baselines and configuration.

        Parameters
        ----------
        games : sequence of str
            Keys of `GAMES`.
        baseline : str, dict, list of those, or None
            For these games; None for the baseline of the fit.
        config : dict or None
            What an ablation explains, the rest from the incumbent.
        comparison : OptimizerComparison or None
            What "optimizer_bias" needs and other games ignore.
        """
        for game in games:
            if isinstance(game, str) and game == BIAS and comparison is None:
                raise ValueError(
                    "Only explain() plays 'optimizer_bias': it takes the optimizers to compare."
                )
            check_name("game", game, [name for name in GAMES if comparison or name != BIAS])
        if config is not None and not isinstance(config, Mapping):
            raise TypeError(f"config must be a dict; got {type(config).__name__}.")
        if config is not None and "ablation" not in games:
            raise ValueError(
                "config is what the game 'ablation' explains; got it for "
                f"{', '.join(map(repr, games))}. Leave it out, or pass a configuration as baseline=."
            )
        baselines, full = self.baselines, self.incumbent
        if baseline is not None:
            baselines = baseline_configs(baseline, self.source, self.source.defaults)
        if config:
            with naming("config"):
                full = complete_config(config, full, self.trials, self.trials.defaults)
            warn_if_always_failed(self.trials, [full], "config", TAKEN)
        return [
            GameSpec(game, baselines, full, comparison if game == BIAS else None) for game in games
        ]


def _with_one_nan(attrs: dict[str, Any]) -> dict[str, Any]:
    """The same with one object for NaN: pandas keeps attrs of frames that it joins if they are equal."""
    return {name: np.nan if value != value else value for name, value in attrs.items()}


def _chosen_by_score(baseline: Any) -> bool:
    """Whether a baseline is the best or the worst trial."""
    several = baseline if isinstance(baseline, (list, tuple)) else [baseline]
    return any(isinstance(one, str) and one in ("best", "worst") for one in several)


def fit_surrogate(
    source: Trials,
    measured: Measurements,
    *,
    surrogate: Any,
    baseline: Any,
    baselines: Sequence[Config],
    seed: int,
    n_jobs: int | None,
    trees_alone: bool = False,
) -> Fitted:
    """Fit a surrogate on the trials of a source and on measured ones.

    Parameters
    ----------
    source : Trials
        The trials of the source.
    measured : Measurements
        Further trials.
    surrogate : regressor, str or None
        As the constructor of `HyperSHAPExplainer` takes it; a regressor is cloned.
    baseline : str, dict or list of those
        As the constructor of `HyperSHAPExplainer` takes it.
    baselines : sequence of dict
        The configurations that it stands for.
    seed : int
        For the surrogate and, later, for candidates.
    n_jobs : int or None
        For the default surrogate.
    trees_alone : bool
        Whether "auto" does without the process; see `is_costly`.
    """
    trials = with_measured(source, measured)
    spec = SurrogateSpec(
        None if surrogate is None else clone(surrogate, safe=False),
        encode(trials.space, trials.configs, unknown=True, forbidden=True),  # some are infeasible
        trials.scores,
        trials.defaults.legality(trials.space),
        scaled(trials.fidelity),
        maximize=trials.maximize,
        n_measured=measured.n_finished,
        always=trials_of(source, baselines),
        baselines=measured.finished_baselines,
        follows_baselines=not _chosen_by_score(baseline),
        trees_alone=trees_alone,
    )
    return Fitted(
        source=source,
        measured=measured,
        trials=trials,
        baseline=baseline,
        baselines=list(baselines),
        spec=spec,
        surrogate=spec.fit(seed, n_jobs),
        seed=seed,
    )

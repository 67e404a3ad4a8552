"""The results of the search as attributes of the explainer, as scikit-learn's users read them."""

from __future__ import annotations

from typing import Any

from skhypershap.explainer.base import ExplainerBase


class _OfSearch:
    """A read-only attribute of the search; missing where the search does not have it.

    Parameters
    ----------
    doc : str
        Its description.
    """

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, explainer: Any, owner: type | None = None) -> Any:
        if explainer is None:
            return self
        search = vars(explainer).get("search_")
        if search is None:
            raise AttributeError(
                f"This {type(explainer).__name__} has no {self.name}: it is that of a search, and there "
                "is no fitted search."
            )
        return getattr(search, self.name)


class SearchResults(ExplainerBase):
    """What the search found, of the trials that it ran itself; measured ones are in `trials_`."""

    best_params_ = _OfSearch("The best parameters that the search found.")
    best_score_ = _OfSearch("Their mean cross-validated score.")
    best_estimator_ = _OfSearch("The estimator that the search refitted with them.")
    best_index_ = _OfSearch("Their position in `cv_results_`.")
    cv_results_ = _OfSearch("All results of the search, a dict of arrays.")
    scorer_ = _OfSearch("The scorer of the search.")
    refit_time_ = _OfSearch("Seconds that the refit of the best estimator took.")
    n_splits_ = _OfSearch("Number of splits of its cross-validation.")
    multimetric_ = _OfSearch("Whether the search has several metrics.")

"""Methods that the explainer passes on to its search: predict, score, tags, metadata routing."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from sklearn import get_config
from sklearn.base import MetaEstimatorMixin
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skhypershap.explainer.base import ExplainerBase


def _search_has(name: str) -> Callable[[Any], bool]:
    """Make a method available when the search has it; otherwise raise the search's error."""

    def check(explainer: Any) -> bool:
        getattr(getattr(explainer, "search_", explainer.search), name)
        return True

    return check


class SearchDelegation(MetaEstimatorMixin, ExplainerBase):
    """The methods of `HyperSHAPExplainer` that it passes on to its search.

    Each is available when the search has it, and raises NotFittedError before fit.
    """

    @available_if(_search_has("predict"))
    def predict(self, X):
        """Predict with the tuned estimator, as the search itself does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels or values.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, y = load_iris(return_X_y=True)
        >>> search = GridSearchCV(GaussianNB(), {"var_smoothing": np.logspace(-9, 0, 13)})
        >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
        >>> explainer.predict(X[:3])
        array([0, 0, 0])
        """
        return self._call("predict", X)

    @available_if(_search_has("predict_proba"))
    def predict_proba(self, X):
        """Class probabilities of the tuned estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, classes in the order of `classes_`.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, y = load_iris(return_X_y=True)
        >>> search = GridSearchCV(GaussianNB(), {"var_smoothing": np.logspace(-9, 0, 13)})
        >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
        >>> explainer.predict_proba(X[:1]).round(1)
        array([[1., 0., 0.]])
        """
        return self._call("predict_proba", X)

    @available_if(_search_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Class log-probabilities of the tuned estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms of `predict_proba`.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, y = load_iris(return_X_y=True)
        >>> search = GridSearchCV(GaussianNB(), {"var_smoothing": np.logspace(-9, 0, 13)})
        >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
        >>> explainer.predict_log_proba(X[:1]).shape
        (1, 3)
        """
        return self._call("predict_log_proba", X)

    @available_if(_search_has("decision_function"))
    def decision_function(self, X):
        """Decision function of the tuned estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Confidence scores, as the tuned estimator returns them.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import RidgeClassifier
        >>> from sklearn.model_selection import GridSearchCV
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, y = load_iris(return_X_y=True)
        >>> search = GridSearchCV(RidgeClassifier(), {"alpha": np.logspace(-3, 6, 19)})
        >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
        >>> explainer.decision_function(X[:1]).shape
        (1, 3)
        """
        return self._call("decision_function", X)

    @available_if(_search_has("score_samples"))
    def score_samples(self, X):
        """Score of each sample under the tuned estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples,)
            For example log-likelihoods.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.neighbors import KernelDensity
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, _ = load_iris(return_X_y=True)
        >>> search = GridSearchCV(KernelDensity(), {"bandwidth": np.logspace(-1, 1, 13)})
        >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X)
        >>> explainer.score_samples(X[:2]).round(1)
        array([-0.1, -0.4])
        """
        return self._call("score_samples", X)

    @available_if(_search_has("transform"))
    def transform(self, X):
        """Transform with the tuned estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Transformed data.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> from sklearn.model_selection import GridSearchCV
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, _ = load_iris(return_X_y=True)
        >>> grid = {"n_components": [1, 2, 3], "whiten": [True, False], "tol": [0, 0.1]}
        >>> search = GridSearchCV(PCA(), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(X)
        >>> explainer.transform(X[:2]).shape
        (2, 3)
        """
        return self._call("transform", X)

    @available_if(_search_has("inverse_transform"))
    def inverse_transform(self, X):
        """Undo the tuned estimator's transform.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            Transformed data.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Data in the original features.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> from sklearn.model_selection import GridSearchCV
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, _ = load_iris(return_X_y=True)
        >>> grid = {"n_components": [1, 2, 3], "whiten": [True, False], "tol": [0, 0.1]}
        >>> search = GridSearchCV(PCA(), grid)
        >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0).fit(X)
        >>> explainer.inverse_transform(explainer.transform(X[:1])).round(1)
        array([[5.1, 3.5, 1.4, 0.2]])
        """
        return self._call("inverse_transform", X)

    @available_if(_search_has("score"))
    def score(self, X, y=None, **params):
        """Score of the tuned estimator on given data, by the search's own scoring.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Data.
        y : array-like of shape (n_samples,), optional
            Target.
        **params : dict
            Metadata for the scorer, where metadata routing is enabled.

        Returns
        -------
        float
            In units of the search's scoring.

        Raises
        ------
        AttributeError
            If the search has no such method.
        sklearn.exceptions.NotFittedError
            Before fit.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.naive_bayes import GaussianNB
        >>> from skhypershap import HyperSHAPExplainer
        >>> X, y = load_iris(return_X_y=True)
        >>> search = GridSearchCV(GaussianNB(), {"var_smoothing": np.logspace(-9, 0, 13)})
        >>> explainer = HyperSHAPExplainer(search, random_state=0).fit(X, y)
        >>> round(explainer.score(X, y), 2)
        0.96
        """
        check_is_fitted(self, "search_")
        return self.search_.score(X, y, **self._routed("score", params))

    @property
    def classes_(self):
        """Class labels, where the tuned estimator is a classifier."""
        return self.search_.classes_

    @property
    def n_features_in_(self):
        """Number of features that the tuned estimator has seen."""
        return self.search_.n_features_in_

    @property
    def feature_names_in_(self):
        """Names of the features that the tuned estimator has seen."""
        return self.search_.feature_names_in_

    def get_metadata_routing(self):
        """Pass all metadata on to the search.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRouter
            With the search as its only consumer.

        Examples
        --------
        >>> from sklearn.model_selection import GridSearchCV
        >>> from sklearn.svm import SVC
        >>> from skhypershap import HyperSHAPExplainer
        >>> explainer = HyperSHAPExplainer(GridSearchCV(SVC(), {"C": [1, 10]}))
        >>> router = explainer.get_metadata_routing()
        >>> router.consumes("fit", ["sample_weight"])
        set()
        """
        router = MetadataRouter(owner=self)
        if hasattr(self.search, "fit"):
            mapping = MethodMapping()
            for method in ("fit", "score"):
                mapping.add(caller=method, callee=method)
            router.add(search=self.search, method_mapping=mapping)
        return router

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if hasattr(self.search, "fit"):
            inner = get_tags(self.search)
            tags.estimator_type = inner.estimator_type
            tags.classifier_tags = deepcopy(inner.classifier_tags)
            tags.regressor_tags = deepcopy(inner.regressor_tags)
            tags.input_tags.pairwise = inner.input_tags.pairwise
            tags.input_tags.sparse = inner.input_tags.sparse
            tags.input_tags.allow_nan = inner.input_tags.allow_nan
            tags.target_tags.required = inner.target_tags.required
            if hasattr(inner, "array_api_support"):  # not before scikit-learn 1.8
                tags.array_api_support = inner.array_api_support
        return tags

    def _call(self, method: str, X: Any) -> Any:
        check_is_fitted(self, "search_")
        return getattr(self.search_, method)(X)

    def _routed(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Metadata for the search, checked where metadata routing is on."""
        if not params or not get_config()["enable_metadata_routing"]:
            return params
        return dict(process_routing(self, method, **params)["search"][method])

"""A fitted search of an SVC on iris, and an explainer of it."""

from __future__ import annotations

import pytest
from conftest import iris_svc_search
from sklearn.datasets import load_iris

from skhypershap import HyperSHAPExplainer


@pytest.fixture(scope="package")
def fitted_search():
    return iris_svc_search().fit(*load_iris(return_X_y=True))


@pytest.fixture(scope="package")
def explainer(fitted_search):
    return HyperSHAPExplainer(fitted_search, n_samples=300, random_state=0).fit()

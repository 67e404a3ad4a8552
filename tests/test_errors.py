"""Messages name the argument; warnings point at the user's line."""

from __future__ import annotations

import inspect
import re
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skhypershap import HyperSHAPExplainer, HyperSHAPWarning
from skhypershap.errors import check_integer, naming, shown, unknown_name, warn

X, Y = load_iris(return_X_y=True)
SEARCH = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [2, 3]})


def places_of_warnings(work):
    """Files and lines of our warnings, and the line on which the work was called."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        line = inspect.currentframe().f_lineno + 1
        work()
    ours = [one for one in caught if issubclass(one.category, HyperSHAPWarning)]
    return {(one.filename, one.lineno) for one in ours}, (__file__, line)


class TestUsersLine:
    """A lambda is the user's line, wherever it is called from."""

    @pytest.mark.parametrize(
        "fit",
        [
            lambda explainer: explainer.fit(X, Y),
            lambda explainer: make_pipeline(StandardScaler(), explainer).fit(X, Y),
            lambda explainer: joblib.Parallel(1)([joblib.delayed(explainer.fit)(X, Y)]),
            lambda explainer: cross_val_score(explainer, X, Y, cv=2),
        ],
        ids=["fit", "pipeline", "joblib", "cross_val_score"],
    )
    def test_warnings_point_at_the_call(self, fit):
        explainer = HyperSHAPExplainer(SEARCH, random_state=0)
        places, _ = places_of_warnings(lambda: fit(explainer))
        assert places == {(__file__, inspect.getsourcelines(fit)[1])}

    def test_warnings_point_at_the_call_from_a_memorising_pipeline(self, tmp_path):
        explainer = HyperSHAPExplainer(SEARCH, random_state=0)
        pipeline = make_pipeline(StandardScaler(), explainer, memory=str(tmp_path))
        places, _ = places_of_warnings(lambda: pipeline.fit(X, Y))
        assert {file for file, _ in places} == {__file__}

    def test_warnings_of_threads_point_at_the_call_that_waits_for_them(self):
        def work():
            joblib.Parallel(2, backend="threading")(
                joblib.delayed(warn)("message", HyperSHAPWarning) for _ in range(2)
            )

        first = inspect.getsourcelines(work)[1]
        places, _ = places_of_warnings(work)
        assert {file for file, _ in places} == {__file__}
        assert all(first < line <= first + 4 for _, line in places)

    def test_other_threads_point_at_the_main_thread(self):
        def work():
            with ThreadPoolExecutor(1) as pool:
                pool.submit(warn, "message", HyperSHAPWarning).result()

        places, _ = places_of_warnings(work)
        assert {file for file, _ in places} == {__file__}

    def test_the_same_warning_is_shown_once_for_each_line(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            for _ in range(3):
                warn("message", HyperSHAPWarning)
            warn("message", HyperSHAPWarning)
        assert len(caught) == 2


class TestMessages:
    @pytest.mark.parametrize("good", [1, 5, np.int64(3), np.uint8(2)])
    def test_integers_of_numpy_are_integers(self, good):
        found = check_integer("size", good, 1, 5)
        assert type(found) is int
        assert found == good

    @pytest.mark.parametrize("bad", [0, 6, True, np.True_, 1.0, "1", None, 10**400, float("nan")])
    def test_message_names_argument_value_and_bounds(self, bad):
        message = f"size must be an integer of at least 1 and at most 5, or None; got {shown(bad)}."
        with pytest.raises(ValueError, match=re.escape(message)):
            check_integer("size", bad, 1, 5, what=", or None")

    def test_long_values_are_shortened(self):
        assert len(shown(10**400)) < 250
        assert "bits" in shown(10**5000)
        assert len(str(unknown_name("game", 10**5000, ["ablation"]))) < 300

    def test_errors_get_the_name_once(self):
        with pytest.raises(ValueError, match=r"^config: no such value$"), naming("config"):
            raise ValueError("no such value")
        with pytest.raises(TypeError, match=r"^config must be a dict$"), naming("config"):
            raise TypeError("config must be a dict")
        with pytest.raises(KeyError, match="other"), naming("config"):
            raise KeyError("other")

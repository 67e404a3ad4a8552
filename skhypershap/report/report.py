"""`Report`: what `HyperSHAPExplainer.report` returns."""

from __future__ import annotations

import copy
import html
import os
from functools import cached_property
from typing import Any

from skhypershap.report.data import Findings, report_data
from skhypershap.report.page import page
from skhypershap.report.tables import text
from skhypershap.writing import write_text

HEIGHT = 800  # of the frame in a notebook, in pixels


class Report:
    """An explained search as one interactive file, which needs no network.

    `HyperSHAPExplainer.report` makes it. As the last line of a cell of a notebook it shows itself,
    in a frame that cannot reach the notebook.

    Parameters
    ----------
    findings : Findings
        Frames and facts to show.

    See Also
    --------
    skhypershap.HyperSHAPExplainer.report : Makes a report.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skhypershap import HyperSHAPExplainer
    >>> grid = {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 5, 20, 40]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid)
    >>> explainer = HyperSHAPExplainer(search, baseline="worst", random_state=0)
    >>> report = explainer.fit(*load_iris(return_X_y=True)).report(n_bootstrap=None)
    >>> report
    Report(title='What mattered in this search')
    >>> report.to_dict()["names"]
    ['max_depth', 'min_samples_leaf']
    """

    def __init__(self, findings: Findings) -> None:
        self._data = report_data(findings)

    def __repr__(self) -> str:
        return f"Report(title={self._data['title']!r})"

    def to_dict(self) -> dict[str, Any]:
        """All that the report shows: dicts, lists, str, float, bool and None, as JSON has them.

        Returns
        -------
        dict
            A copy; `json.dumps` takes it.
        """
        return copy.deepcopy(self._data)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a file, which any browser opens.

        Parameters
        ----------
        path : str or path
            Where to write, such as "report.html". A file that is there is replaced.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write_text(path, self._page)

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{text(self._data["title"])}" '
            'sandbox="allow-scripts allow-downloads" '
            f'width="100%" height="{HEIGHT}" frameborder="0" '
            f'srcdoc="{html.escape(self._page)}"></iframe>'
        )

    @cached_property
    def _page(self) -> str:
        return page(self._data)

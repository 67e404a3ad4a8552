"""A reader of one's own, word for word as the docs show it."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from skhypershap import HyperSHAPExplainer
from skhypershap.trials import READERS

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"


class Log:
    def __init__(self, entries):
        self.entries = entries


class SpecialLog(Log):
    pass


@pytest.fixture
def registered(monkeypatch):
    reader, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    module = types.ModuleType("my_reader")
    exec(reader, vars(module))
    monkeypatch.setitem(sys.modules, "my_reader", module)
    monkeypatch.setattr("skhypershap.trials.reading.READERS", dict(READERS))
    monkeypatch.setattr(
        "skhypershap.trials.READERS", sys.modules["skhypershap.trials.reading"].READERS
    )
    exec(line.replace("my_package.Log", f"{__name__}.Log"), {})


@pytest.mark.filterwarnings("ignore::skhypershap.SpaceWarning")
@pytest.mark.parametrize("kind", [Log, SpecialLog])
def test_a_reader_as_the_docs_show_it(registered, kind):
    rng = np.random.default_rng(0)
    entries = [
        {"parameters": {"x": x, "y": y}, "loss": (x - 0.3) ** 2 + y / epochs, "epochs": epochs}
        for x, y, epochs in zip(rng.random(60), rng.random(60), [1, 2, 4] * 20, strict=True)
    ]
    explainer = HyperSHAPExplainer(kind(entries), random_state=0).fit()
    assert explainer.trials_["fidelity"].tolist() == [1, 2, 4] * 20
    assert explainer.explain().attrs["direction"] == "minimize"
    given = HyperSHAPExplainer(kind(entries), space={"x": [0, 1], "y": [0, 1]}, random_state=0)
    with pytest.raises(ValueError, match="60 of 60 values of 'x' are outside the space"):
        given.fit()
    with pytest.raises(ValueError, match=r"Unknown hyperparameter in 60 of 60 .*: 'y'"):
        given.set_params(space={"x": [0, 1]}).fit()

"""What cannot fit into memory is refused before anything is allocated."""

from __future__ import annotations

import pytest
from ConfigSpace import ConfigurationSpace

from skhypershap import (
    HyperSHAPExplainer,
    best_subsets_jointly,
    default_space,
    explain_jointly,
    optimizers,
)
from skhypershap.memory import check_fits, machine_memory

N_PLAYERS = 40


@pytest.fixture(scope="module")
def wide():
    space = ConfigurationSpace({f"h{i}": (0.0, 1.0) for i in range(N_PLAYERS)}, seed=0)
    configs = space.sample_configuration(40)
    explainer = HyperSHAPExplainer(
        space, surrogate="forest", max_exact=N_PLAYERS, n_samples=10, random_state=0
    )
    return explainer.fit(configs, [config["h0"] for config in configs])


@pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
@pytest.mark.parametrize(
    "ask",
    [
        lambda e: e.explain(),
        lambda e: e.coalition_values(),
        lambda e: e.game("tunability"),
        lambda e: e.interaction_values("sensitivity"),
        lambda e: e.best_subsets(),
        lambda e: e.reduced_search(),
        lambda e: e.diagnostics(),
        lambda e: explain_jointly({"one": e}),
        lambda e: explain_jointly({"one": e}, "ablation", n_bootstrap=2),
        lambda e: best_subsets_jointly({"one": e}),
        lambda e: default_space({"one": e}),
        lambda e: e.explain(n_bootstrap=2),
        lambda e: e.explain("mistunability", index="SII", order=1),
        lambda e: e.explain("sensitivity"),
        lambda e: e.explain("optimizer_bias", optimizer_of_interest=optimizers.grid, n_trials=2),
        lambda e: e.coalition_values("ablation"),
        lambda e: e.history(2, n_bootstrap=2),
        lambda e: e.next_trials(4),
        lambda e: e.summary(),
        lambda e: e.report(),
    ],
)
def test_max_exact_beyond_memory_is_refused_with_what_it_needs(wide, ask):
    with pytest.raises(ValueError, match=r"2\^40 coalitions .* at least 48 TiB .* max_exact"):
        ask(wide)


@pytest.mark.filterwarnings("ignore::skhypershap.HyperSHAPWarning")
def test_ablation_from_leaves_needs_no_table(wide):
    assert len(wide.explain("ablation", order=1)) == N_PLAYERS


def test_candidates_beyond_memory_are_refused():
    space = ConfigurationSpace({"a": (0.0, 1.0), "b": (0.0, 1.0)}, seed=0)
    configs = space.sample_configuration(30)
    explainer = HyperSHAPExplainer(space, n_samples=10**400, surrogate="forest", random_state=0)
    explainer.fit(configs, [config["a"] for config in configs])
    with pytest.raises(ValueError, match=r"n_samples=.* at least 2\^\d+ bytes"):
        explainer.explain()


def test_what_fits_is_not_refused(monkeypatch):
    check_fits(2**20, "Little", "")
    monkeypatch.setattr("skhypershap.memory.machine_memory", lambda: 2**31)
    with pytest.raises(
        ValueError, match=r"Much would need at least 3 GiB .*has 2 GiB\. Lower it\."
    ):
        check_fits(3 * 2**30, "Much", "Lower it.")
    check_fits(2**31, "Enough", "")
    monkeypatch.setattr("skhypershap.memory.machine_memory", lambda: None)
    check_fits(2**40, "Unknown", "")
    with pytest.raises(ValueError, match="at least 2 TiB of memory"):
        check_fits(2**41, "Too much", "")


def test_memory_of_the_machine_is_plausible():
    memory = machine_memory()
    assert memory is None or 2**27 < memory < 2**50

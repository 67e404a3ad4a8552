"""Groups of hyperparameters as players."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Constant, EqualsCondition, Float
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skhypershap import HyperSHAPExplainer
from skhypershap.games.players import players_of

pytestmark = pytest.mark.filterwarnings("ignore::skhypershap.SurrogateWarning")
GROUPS = {"rates": ["b", "d"]}


@pytest.fixture(scope="module")
def explainer():
    space = ConfigurationSpace(dict.fromkeys("abcd", (0.0, 1.0)), seed=0)
    configs = [dict(config) for config in space.sample_configuration(150)]
    scores = [c["a"] + c["b"] * c["d"] * 3 - (c["c"] - 0.4) ** 2 for c in configs]
    return HyperSHAPExplainer(space, n_samples=300, random_state=0).fit(configs, scores)


@pytest.mark.parametrize("game", ["tunability", "mistunability", "sensitivity", "ablation"])
def test_group_scores_as_the_coalition_of_its_members(explainer, game):
    """v of groups is v of the same hyperparameters, so interactions follow from it."""
    explainer.set_params(optimizer="random")
    grouped = explainer.coalition_values(game, groups=GROUPS)
    single = dict(
        zip(*explainer.coalition_values(game)[["coalition", "value"]].T.values, strict=True)
    )
    members = {"a": ("a",), "rates": ("b", "d"), "c": ("c",)}
    assert len(grouped) == 8
    for coalition, value in zip(grouped["coalition"], grouped["value"], strict=True):
        names = tuple(sorted(name for player in coalition for name in members[player]))
        assert value == pytest.approx(single[names], abs=1e-9)


def test_all_results_use_groups(explainer):
    table = explainer.explain("tunability", groups=GROUPS)
    assert set(table["interaction"]) == {"a", "rates", "c", "a × rates", "a × c", "rates × c"}
    assert table["value"].sum() == pytest.approx(
        table.attrs["full_score"] - table.attrs["baseline_score"]
    )
    assert explainer.game("tunability", groups=GROUPS).n_players == 3
    found = explainer.interaction_values("tunability", groups=GROUPS)
    assert found.n_players == 3
    singles = table[table["order"] == 1].set_index("interaction")["value"]
    assert found[(1,)] == pytest.approx(singles["rates"])


def test_single_group_has_the_whole_gain(explainer):
    table = explainer.explain("tunability", order=1, groups={"all": ["a", "b", "c", "d"]})
    assert table["interaction"].tolist() == ["all"]
    assert table["value"][0] == pytest.approx(
        table.attrs["full_score"] - table.attrs["baseline_score"]
    )


def test_groups_of_one_equal_no_groups(explainer):
    pd.testing.assert_frame_equal(
        explainer.explain(groups={"a": ["a"], "c": ["c"]}), explainer.explain()
    )


def test_groups_bring_many_hyperparameters_below_max_exact():
    names = [f"h{number:02}" for number in range(24)]
    space = ConfigurationSpace(dict.fromkeys(names, (0.0, 1.0)), seed=0)
    configs = [dict(config) for config in space.sample_configuration(60)]
    explainer = HyperSHAPExplainer(space, n_samples=50, random_state=0)
    explainer.fit(configs, [sum(config.values()) for config in configs])
    groups = {f"g{number}": names[4 * number : 4 * number + 4] for number in range(6)}
    assert explainer.explain("sensitivity", groups=groups).attrs["exact"]
    assert len(explainer.coalition_values(groups=groups)) == 64
    with pytest.raises(ValueError, match=r"24 players have too many coalitions.*groups="):
        explainer.coalition_values()


def test_step_groups_the_steps_of_a_pipeline():
    search = RandomizedSearchCV(
        make_pipeline(PCA(), SVC(gamma=0.1)),
        {
            "pca__n_components": [1, 2, 3],
            "svc__C": np.logspace(-2, 2, 9).tolist(),
            "svc__gamma": np.logspace(-3, 1, 9).tolist(),
        },
        n_iter=30,
        random_state=0,
    )
    explainer = HyperSHAPExplainer(search, baseline="median", random_state=0)
    explainer.fit(*load_iris(return_X_y=True))
    table = explainer.explain("tunability", groups="step")
    assert set(table["interaction"]) == {"pca", "svc", "pca × svc"}
    values = explainer.coalition_values("tunability", groups="step")
    assert values["coalition"].tolist() == [(), ("pca",), ("svc",), ("pca", "svc")]


class TestPlayersOf:
    @pytest.fixture
    def space(self):
        space = ConfigurationSpace()
        clf = Categorical("clf", ["svc", "tree"])
        c, depth = Float("clf__C", (0.0, 1.0)), Float("clf__max_depth", (0.0, 1.0))
        space.add(clf, c, depth, Constant("clf__tol", 1), Float("scaler__q", (0.0, 1.0)))
        space.add(EqualsCondition(c, clf, "svc"), EqualsCondition(depth, clf, "tree"))
        return space

    def test_step_groups_by_prefix(self, space):
        members = players_of(space, "step")
        assert {name: set(names) for name, names in members.items()} == {
            "clf": {"clf", "clf__C", "clf__max_depth"},
            "scaler": {"scaler__q"},
        }

    def test_constants_in_a_group_are_dropped(self, space):
        groups = {"tree": ["clf__max_depth", "clf__tol"]}
        assert players_of(space, groups)["tree"] == ("clf__max_depth",)

    @pytest.mark.parametrize(
        ("groups", "message"),
        [
            ({"g": ["clf__c"]}, "Unknown hyperparameter in the group 'g'.*mean 'clf__C'"),
            ({"g": ["clf__C"], "h": ["clf", "clf__C"]}, "'clf__C' twice, in 'g' and 'h'"),
            ({"g": ["clf__C", "clf__C"]}, "'clf__C' twice, in 'g' and 'g'"),
            ({"g": []}, "'g' in groups is empty"),
            ({"g": ["clf__tol"]}, "'g' in groups has no hyperparameter that varies"),
            ({"clf": ["clf__C"]}, "has the name of a hyperparameter outside it"),
        ],
    )
    def test_invalid_groups_raise(self, space, groups, message):
        with pytest.raises(ValueError, match=message):
            players_of(space, groups)

    def test_unknown_word_suggests_step(self, space):
        with pytest.raises(ValueError, match=r"Unknown groups 'steps'\. Did you mean 'step'"):
            players_of(space, "steps")

    @pytest.mark.parametrize("groups", [["clf"], {"g": "clf__C"}, {1: ["clf"]}, 3])
    def test_groups_of_wrong_type_raise(self, space, groups):
        with pytest.raises(TypeError, match="groups must be a dict"):
            players_of(space, groups)

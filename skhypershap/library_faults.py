"""Faults of other libraries that skhypershap works around, each with the library's version.

Every work-around has a test in `tests/test_library_faults.py` that fails once the library is repaired:
then remove the work-around and its test.
"""

from __future__ import annotations

from typing import Any

import ConfigSpace as cs  # noqa: N813
import numpy as np

TWO_PARTS: dict[type, tuple[type, type]] = {
    cs.ForbiddenLessThanEqualsClause: (cs.ForbiddenLessThanClause, cs.ForbiddenEqualsClause),
    cs.ForbiddenGreaterThanEqualsClause: (cs.ForbiddenGreaterThanClause, cs.ForbiddenEqualsClause),
}


def simple_clauses(clause: Any) -> list[Any]:
    """Split "<=" into "<" and "==", and ">=" into ">" and "=="; any other rule stays as it is.

    ConfigSpace 1.2.2: `ForbiddenLessThanEqualsClause` forbids other arrays of vectors than it should
    (see `breaks_simple_clause`), and `ForbiddenGreaterThanEqualsClause` prints whenever it is asked
    about one vector. A space that skhypershap builds has neither.
    """
    kinds = TWO_PARTS.get(type(clause), ())
    return [kind(clause.hyperparameter, clause.value) for kind in kinds] or [clause]


def breaks_simple_clause(clause: Any, rows: np.ndarray) -> np.ndarray:
    """Whether vectors, which are the columns of `rows`, break a clause without components.

    ConfigSpace 1.2.2: `ForbiddenLessThanEqualsClause.is_forbidden_vector_array` compares with ">=".
    """
    broken: np.ndarray
    if isinstance(clause, cs.ForbiddenLessThanEqualsClause):
        broken = rows[clause.vector_id] <= clause.vector_value
    else:
        broken = clause.is_forbidden_vector_array(rows)
    return broken


def with_exact_default(hyperparameter: Any, arguments: dict[str, Any], default: Any) -> Any:
    """Build a hyperparameter of the same class with a default that is not rounded.

    ConfigSpace 1.2.2: the constructor of a float hyperparameter rounds its default to some digits, so
    that a small default of a hyperparameter on a log scale becomes another value.
    """
    copied = type(hyperparameter)(**{**arguments, "default_value": default})
    copied.default_value = default
    return copied


def numbers_of_values(domain: Any, numbers: np.ndarray) -> np.ndarray:
    """Replace sampled numbers by the numbers of the values that they stand for.

    ConfigSpace 1.2.2: `sample_vector` of an integer on a log scale misses the number that `to_vector`
    gives for the same integer by a rounding error, so that one value would have two numbers.
    """
    encoded: np.ndarray = domain.encode(domain.decode(numbers))
    return encoded


def forget_search_space(sampler: Any) -> None:
    """Let a copied Optuna sampler forget the search space of the study that it was used in.

    Optuna 5.0.0: a sampler keeps the search space of its study, also in a deep copy, and then refuses
    any other study ("cannot handle multiple studies").
    """
    for name, value in vars(sampler).items():
        if type(value).__module__.startswith("optuna.search_space") and hasattr(value, "calculate"):
            setattr(sampler, name, type(value)(include_pruned=True))

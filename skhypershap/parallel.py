"""Many hands: threads inside one game, joblib's backends for whole pieces of an explanation."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn.utils.parallel import Parallel, delayed
from tqdm.auto import tqdm

PROGRESS_DELAY = 0.5  # seconds; what is quicker needs no progress bar


def progress_bar(what: str, total: int, unit: str, verbose: int) -> tqdm:
    """Make a bar that shows itself after a moment, if it may."""
    return tqdm(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=True,
        delay=PROGRESS_DELAY,
        disable=not verbose,
    )


class _Watched(Parallel):  # type: ignore[misc]  # scikit-learn has no types
    """Tells a progress bar how far it is; every backend of joblib calls `print_progress`."""

    def __init__(self, bar: tqdm, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.bar = bar

    def print_progress(self) -> None:
        """Move the bar."""
        self.bar.update(self.n_completed_tasks - self.bar.n)


def in_parallel(
    work: Callable[..., Any],
    pieces: Sequence[tuple[Any, ...]],
    n_jobs: int | None,
    *,
    what: str,
    unit: str,
    verbose: int = 0,
    prefer: str = "threads",
) -> list[Any]:
    """Results of independent pieces of work, in their order, by whatever backend joblib is told.

    Parameters
    ----------
    work : callable
        Is given the members of a piece as arguments.
    pieces : sequence of tuple
        They must be picklable where the backend has processes.
    n_jobs : int or None
        As in joblib.
    what, unit : str
        For the progress bar.
    verbose : int
        Whether there is one.
    prefer : {"threads", "processes"}
        Which backend where the user has chosen none: threads for kernels, which hold no lock.
    """
    with progress_bar(what, len(pieces), unit, verbose) as bar:
        parallel = _Watched(bar, n_jobs=n_jobs, prefer=prefer)
        return list(parallel(delayed(work)(*piece) for piece in pieces))


def has_other_workers(n_jobs: int | None) -> bool:
    """Whether the backend that a user has chosen works elsewhere than in threads of this process."""
    backend, _ = get_active_backend(prefer="threads")
    shares_memory = getattr(backend, "supports_sharedmem", False)
    return not shares_memory and effective_n_jobs(n_jobs) > 1


def in_threads(
    work: Callable[[Any], Any], items: Iterable[Any], n_jobs: int | None
) -> Iterable[Any]:
    """Results in the order of the items, for work that holds no lock and need not copy its input."""
    n_threads = effective_n_jobs(n_jobs)
    if n_threads == 1:  # without the bookkeeping, which one thread can feel
        return map(work, items)
    return _from_pool(work, items, n_threads)


def _from_pool(work: Callable[[Any], Any], items: Iterable[Any], n_threads: int) -> Iterator[Any]:
    """A few results ahead at a time: all of them would not fit into memory.

    Not joblib's generator of results, which once in some thousand calls waited for ever.
    """
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[Any]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

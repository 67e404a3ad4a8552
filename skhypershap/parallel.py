"""Parallelism: a thread pool inside one game, joblib backends across independent tasks."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import joblib
from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn import config_context, get_config
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import ThreadpoolController
from tqdm.auto import tqdm

PROGRESS_DELAY = 1.0  # seconds; quicker work needs no progress bar
_MODEL_LOCK = threading.RLock()
_TRIALS_LOCK = threading.RLock()


def _one_thread(user_api: str) -> Any:
    """Limit one kind of libraries; what lifts the limit leaves the other kind alone."""
    return ThreadpoolController().select(user_api=user_api).limit(limits=1)


class _OneThreadEach:
    """Limits linear algebra and OpenMP to one thread of their own while a task runs.

    A task is one of several workers, which would otherwise fight for the processors; and sums in
    several threads differ in the last digits. OpenMP has a limit for each thread that uses it. That of
    linear algebra holds for the process, so tasks are counted: the first one sets it, and the last one
    lifts it.
    """

    def __init__(self) -> None:
        self.lock, self.n_running = threading.Lock(), 0
        self.of_process: Any = None
        self.owner = 0  # the thread that set the limit of the process
        self.of_thread = threading.local()

    def __enter__(self) -> None:
        with self.lock:
            if self.of_process is None:
                self.of_process = _one_thread("blas")
                self.owner = threading.get_ident()
            self.n_running += 1
        limits = _one_thread("openmp")
        self.of_thread.limits = [*getattr(self.of_thread, "limits", []), limits]

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self.of_thread.limits.pop().restore_original_limits()
        with self.lock:
            self.n_running -= 1
            # After Ctrl+C workers end later than their owner, and OpenBLAS ignores what they set.
            is_interrupted = error is not None and self.owner == threading.get_ident()
            if not self.n_running or is_interrupted:
                self._lift()

    def _lift(self) -> None:
        if self.of_process is not None:
            self.of_process.restore_original_limits()
            self.of_process = None

    def after_fork(self) -> None:
        """In the new process there are no other threads, whose tasks would never end."""
        self.lock = threading.Lock()
        self.n_running = len(getattr(self.of_thread, "limits", []))
        if not self.n_running:
            self._lift()


_ONE_THREAD_EACH = _OneThreadEach()


def _after_fork() -> None:
    """Free what other threads held at the fork."""
    global _MODEL_LOCK, _TRIALS_LOCK
    _MODEL_LOCK, _TRIALS_LOCK = threading.RLock(), threading.RLock()
    _ONE_THREAD_EACH.after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)


class _Bar(tqdm):  # type: ignore[misc]
    """A progress bar whose clock begins with the first finished work; a kernel may compile before it."""

    n: float
    total: float | None
    delay: float
    start_t: float

    def update(self, n: float | None = 1) -> bool | None:
        """Move the bar; its clock begins with the first work that is finished."""
        if self.disable or self.n or not n:
            return super().update(n)  # type: ignore[no-any-return]
        now = self._time()
        self.delay = max(0.0, self.delay - (now - self.start_t))
        self.n = self.initial = self.last_print_n = n
        self.start_t = self.last_print_t = now
        if not self.delay:
            self.refresh()
        return not self.delay

    def close(self) -> None:
        """Remove the bar; notebooks would keep one in red whose total was not reached."""
        self.total = None
        super().close()


def progress_bar(what: str, total: int, unit: str, verbose: int) -> tqdm:
    """A progress bar that appears after a moment, unless `verbose` is 0."""
    return _Bar(
        total=total,
        desc=what,
        unit=unit,
        unit_scale=True,
        delay=PROGRESS_DELAY,
        leave=False,  # no line stays behind, neither of finished work nor after an error
        disable=not verbose,
    )


@contextmanager
def one_model_at_a_time() -> Iterator[None]:
    """Enter around calls of a model's own fit and predict.

    scikit-learn's Parallel, which its forests use, replaces the warning filters while it works. Before
    Python 3.14 all threads share these: two at a time may leave them empty. Inside, a model's jobs are
    threads of this process: jobs on a cluster could wait for a worker that waits for the lock.
    """
    with _MODEL_LOCK, joblib.parallel_config(backend="threading"):
        yield


@contextmanager
def one_addition_at_a_time() -> Iterator[None]:
    """Enter where trials are added to an explainer, so that those of another thread are not lost."""
    with _TRIALS_LOCK:
        yield


class _ShowsProgress:
    """Updates a progress bar through `print_progress`, which every backend of joblib calls."""

    def __init__(self, bar: tqdm, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.bar = bar

    def print_progress(self) -> None:
        """Move the bar."""
        self.bar.update(self.n_completed_tasks - self.bar.n)  # type: ignore[attr-defined]


class _InThreads(_ShowsProgress, joblib.Parallel):  # type: ignore[misc]  # joblib has no types
    pass


class _Anywhere(_ShowsProgress, Parallel):  # type: ignore[misc]  # scikit-learn has no types
    pass


def _with_config(config: dict[str, Any], work: Callable[..., Any], *task: Any) -> Any:
    with config_context(**config), _ONE_THREAD_EACH:  # both are those of a thread
        return work(*task)


def _alone(work: Callable[..., Any], *task: Any) -> Any:
    with _ONE_THREAD_EACH:
        return work(*task)


def in_parallel(
    work: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    n_jobs: int | None,
    *,
    what: str,
    unit: str,
    verbose: int = 0,
    prefer: str = "threads",
) -> list[Any]:
    """Results of independent tasks, in their order, by the backend that joblib is configured to use.

    Parameters
    ----------
    work : callable
        Called once for each task.
    tasks : sequence of tuple
        The arguments of each call; picklable if the backend has processes.
    n_jobs : int or None
        As in joblib.
    what, unit : str
        Label of the progress bar and of its unit.
    verbose : int
        0 for no progress bar.
    prefer : {"threads", "processes"}
        The backend if the user has chosen none: threads for kernels, which release the GIL.
    """
    with progress_bar(what, len(tasks), unit, verbose) as bar:
        backend, _ = get_active_backend(prefer=prefer)
        if not getattr(backend, "supports_sharedmem", False):
            parallel = _Anywhere(bar, n_jobs=n_jobs, prefer=prefer)
            return list(parallel(delayed(_alone)(work, *task) for task in tasks))
        # joblib's own, which leaves the warning filters alone: see `one_model_at_a_time`.
        config = get_config()
        in_threads = _InThreads(bar, n_jobs=n_jobs, prefer=prefer)
        with _ONE_THREAD_EACH:
            calls = (joblib.delayed(_with_config)(config, work, *task) for task in tasks)
            return list(in_threads(calls))


def has_other_workers(n_jobs: int | None) -> bool:
    """Whether the backend that the user has chosen runs outside of this process."""
    backend, _ = get_active_backend(prefer="threads")
    shares_memory = getattr(backend, "supports_sharedmem", False)
    return not shares_memory and effective_n_jobs(n_jobs) > 1


def in_threads(
    work: Callable[[Any], Any], items: Iterable[Any], n_jobs: int | None
) -> Iterable[Any]:
    """Results in the order of the items, for work that releases the GIL; nothing is pickled."""
    n_threads = effective_n_jobs(n_jobs)
    if n_threads == 1:  # without a pool, whose overhead is measurable
        return map(work, items)
    return _from_pool(work, items, n_threads)


def _from_pool(work: Callable[[Any], Any], items: Iterable[Any], n_threads: int) -> Iterator[Any]:
    """Compute a few results ahead of the consumer, since all of them may not fit into memory.

    joblib's own generator of results is not used: it hung once in a few thousand calls.
    """
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[Any]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * n_threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

"""Each vector step equals plain Python and stays within its arrays.

Arrays end where readable memory ends, and begin where it begins: reading or writing one number too many
ends the process, even if the number is written back as it was.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import skhypershap

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="protects memory as Linux does"
)
ARRAYS = """
import ctypes, itertools, math, mmap
import numba
import numpy as np
from skhypershap.surrogate.kernels import _vector

PAGE = mmap.PAGESIZE
protect = ctypes.CDLL(None).mprotect
protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
random = np.random.default_rng(0)
kept = []


def room(size, at_end):
    # Bytes between two pages that must not be touched, at the end or at the beginning of the room.
    pages = -(-size // PAGE) * PAGE
    kept.append(mmap.mmap(-1, pages + 2 * PAGE))
    memory = np.frombuffer(kept[-1], np.uint8)
    for page in (0, PAGE + pages):
        assert protect(memory.ctypes.data + page, PAGE, 0) == 0
    first = PAGE + pages - size if at_end else PAGE
    return memory[first : first + size]


def copies(values):
    # The same array at the end of its memory and at the beginning.
    values = np.asarray(values)
    for at_end in (True, False):
        array = room(values.nbytes, at_end).view(values.dtype).reshape(values.shape)
        array[:] = values
        yield array


def bits_of(number, width=64):
    return [bit for bit in range(width) if int(number) >> bit & 1]


"""
STEPS = {
    "lanes_above": """
@numba.njit
def step(ranks, start, rank):
    return _vector.lanes_above(ranks, start, ranks.dtype.type(rank))

for dtype in (np.int16, np.int32):
    values = random.integers(-3, 4, 3 * 64).astype(dtype)
    values[70] = np.iinfo(dtype).max
    for ranks in copies(values):
        for start in (0, 1, 64, 127, 128):
            for rank in (-4, 0, 3, np.iinfo(dtype).max - 1):
                lanes = np.flatnonzero(ranks[start : start + 64] > rank)
                assert bits_of(step(ranks, start, rank)) == lanes.tolist()
""",
    "toggle": """
@numba.njit
def step(sets, lanes, bit):
    _vector.toggle(sets, lanes, bit)

for dtype in (np.int32, np.int64):
    highest = dtype(1) << dtype(8 * dtype().itemsize - 2)
    for lanes in (0, 1, 1 << 63, (1 << 64) - 1, 0x123456789ABCDEF):
        for sets in copies(np.arange(64, dtype=dtype)):
            for bit in (dtype(1), highest):
                expected = sets.copy()
                expected[bits_of(lanes)] ^= bit
                step(sets, np.uint64(lanes), bit)
                np.testing.assert_array_equal(sets, expected)
""",
    "lowest_lane": """
@numba.njit
def step(lanes):
    return _vector.lowest_lane(lanes)

assert step(np.uint64(0)) == 64
for lane in range(64):
    assert step(np.uint64(1 << lane)) == step(np.uint64((1 << 64) - (1 << lane))) == lane
""",
    "narrow": """
@numba.njit
def step(chosen, rows, start):
    _vector.narrow(chosen, rows, start)

values = random.integers(0, 1 << 63, 3 * 32).astype(np.uint64)
for rows in copies(values):
    for chosen in copies(~values[:32]):
        for start in (0, 32, 64):
            expected = chosen & rows[start : start + 32]
            step(chosen, rows, start)
            np.testing.assert_array_equal(chosen, expected)
            chosen[:] = ~np.uint64(0)
""",
    "not_empty": """
@numba.njit
def step(chosen):
    return _vector.not_empty(chosen)

for words in ([], [0], [31], [0, 31], range(32)):
    for value in (1, 1 << 63):
        values = np.zeros(32, dtype=np.uint64)
        values[list(words)] = value
        for chosen in copies(values):
            assert bits_of(step(chosen)) == list(words)
""",
    "sum_of_eights": """
@numba.njit
def step(target, to, table, one, other):
    _vector.sum_of_eights(target, to, table, one, other)

for table in copies(random.random(24)):
    for target in copies(np.zeros(16)):
        for to, one, other in itertools.product((0, 1, 8), (0, 3, 16), (0, 8, 16)):
            target[:] = 0.5
            step(target, to, table, one, other)
            expected = np.full(16, 0.5)
            expected[to : to + 8] = table[one : one + 8] + table[other : other + 8]
            np.testing.assert_array_equal(target, expected)
    expected = table[8:16] + table[:8]
    step(table, 8, table, 8, 0)
    np.testing.assert_array_equal(table[8:16], expected)
""",
    "add_to_eight": """
@numba.njit
def step(table, start, which, amount):
    # `which` as kernels compute it: numba makes 64 bits of the "and" of two numbers of 8 bits
    _vector.add_to_eight(table, start, which & np.uint8(255), amount)

for which in (0, 1, 128, 255, 0b01100110):
    for size in (8, 16):
        for table in copies(np.arange(float(size))):
            for start in range(0, size, 8):
                expected = table.copy()
                expected[[start + place for place in bits_of(which)]] += 0.1
                step(table, start, np.uint8(which), 0.1)
                np.testing.assert_array_equal(table, expected)
""",
    "add_to_word": """
@numba.njit
def step(table, start, which, amount):
    _vector.add_to_word(table, start, which, amount)

for which in (0, 1, 1 << 63, (1 << 64) - 1, 0x123456789ABCDEF):
    for table in copies(np.arange(128.0)):
        for start in (0, 64):
            expected = table.copy()
            expected[[start + place for place in bits_of(which)]] += 0.1
            step(table, start, np.uint64(which), 0.1)
            np.testing.assert_array_equal(table, expected)
""",
}


def run(step):
    root = Path(skhypershap.__file__).parents[1]
    return subprocess.run(
        [sys.executable, "-c", ARRAYS + step + "print('stayed within')"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", STEPS)
def test_step_equals_plain_python_at_the_ends_of_its_arrays(name):
    done = run(STEPS[name])
    assert done.stdout.strip() == "stayed within", (done.returncode, done.stderr[-2000:])


def test_reading_beyond_an_array_ends_the_process():
    """The tests above can fail: a vector of 64 numbers does not fit a table of 8."""
    step = STEPS["add_to_word"].replace("np.arange(128.0)", "np.arange(8.0)")
    assert run(step).returncode < 0


def test_every_step_is_tested():
    from skhypershap.surrogate.kernels import _vector

    steps = {name for name, value in vars(_vector).items() if hasattr(value, "_defn")}
    assert steps == set(STEPS)

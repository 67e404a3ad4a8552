"""Steps of kernels on 8 to 64 numbers at once, which numba does not make from a loop.

What it is for. The processor has instructions for vectors, and numba leaves most of them unused in the
loops of `tree_walk` and `coalitions`: written as loops in Python these steps make explanations 1.1
to 2.5 times slower. So they are written in LLVM's own language with llvmlite, as numba intrinsics. They
suit any processor: LLVM uses its vector instructions where there are any. Each docstring has the
step as plain Python.

How to change it safely:

* A step reads, and writes back, a vector of fixed width. All of it must lie in the array: nothing
  checks that, and even writing back what was read corrupts what another thread has written meanwhile.
* The width comes from a constant, never from a type that numba infers: numba makes 64 bits of what it
  computes from 8.
* `load` and `store` state the alignment of one element. Without it LLVM assumes that of the whole
  vector, and the program crashes at arrays that begin elsewhere.
* `tests/surrogate/kernels/test_vector.py` compares each step with plain Python on arrays whose end is
  the end of readable memory. Add a case there first, then run `python -m benchmarks kernel` before and
  after: a step that is no faster than a loop should be a loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending, types

# It hides the first parameter, the typing context, of what it decorates.
intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = extending.intrinsic
LANES = 64  # candidates that are walked together, each a bit of an unsigned integer
N_LOW = 3  # players whose 2^3 coalitions lie side by side in a table: eight bits, eight doubles
EIGHT = 1 << N_LOW
WORDS = 32  # of 64 coalitions each, if only some coalitions are scored
BIT, INT32, INT64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)


@intrinsic
def lanes_above(typing_context: Any, ranks: Any, start: Any, rank: Any) -> Any:
    """`sum(1 << lane for lane in range(64) if ranks[start + lane] > rank)`; int16 or int32."""
    signature = types.uint64(ranks, types.intp, ranks.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _vector_at(context, builder, signature.args[0], arguments[0], arguments[1], LANES)
        above = builder.icmp_signed(
            ">", _load(builder, pointer, 2), _all(builder, arguments[2], LANES)
        )
        return builder.bitcast(above, INT64)

    return signature, generate


@intrinsic
def toggle(typing_context: Any, sets: Any, lanes: Any, bit: Any) -> Any:
    """`sets[lane] ^= bit` for each bit of `lanes`; `sets` holds 64 int32 or int64."""
    signature = types.void(sets, types.uint64, sets.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        pointer = _vector_at(context, builder, signature.args[0], arguments[0], zero, LANES)
        old = _load(builder, pointer, 4)
        chosen = builder.bitcast(arguments[1], ir.VectorType(BIT, LANES))
        nothing = ir.Constant(old.type, [0] * LANES)
        bits = builder.select(chosen, _all(builder, arguments[2], LANES), nothing)
        builder.store(builder.xor(old, bits), pointer).align = 4
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def lowest_lane(typing_context: Any, lanes: Any) -> Any:
    """Position of the lowest bit of `lanes` that is set, 64 if there is none."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(BIT, 0))

    return types.intp(types.uint64), generate


@intrinsic
def narrow(typing_context: Any, chosen: Any, rows: Any, start: Any) -> Any:
    """`chosen[word] &= rows[start + word]` for each of 32 words of 64 bits."""
    signature = types.void(chosen, rows, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        place = _vector_at(context, builder, signature.args[0], arguments[0], zero, WORDS)
        row = _vector_at(context, builder, signature.args[1], arguments[1], arguments[2], WORDS)
        both = builder.and_(_load(builder, place, 8), _load(builder, row, 8))
        builder.store(both, place).align = 8
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def not_empty(typing_context: Any, chosen: Any) -> Any:
    """`sum(1 << word for word in range(32) if chosen[word])`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        place = _vector_at(context, builder, signature.args[0], arguments[0], zero, WORDS)
        words = _load(builder, place, 8)
        some = builder.icmp_unsigned("!=", words, ir.Constant(words.type, [0] * WORDS))
        return builder.zext(builder.bitcast(some, ir.IntType(WORDS)), INT64)

    return types.uint64(chosen), generate


@intrinsic
def sum_of_eights(
    typing_context: Any, target: Any, to: Any, table: Any, one: Any, other: Any
) -> Any:
    """`target[to + i] = table[one + i] + table[other + i]` for i below 8; all hold doubles."""
    signature = types.void(target, types.intp, table, types.intp, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target, to, table, *places = arguments
        kind_of_target, _, kind, *_ = signature.args
        rows = [_vector_at(context, builder, kind, table, place, EIGHT) for place in places]
        found = builder.fadd(*(_load(builder, row, 8) for row in rows))
        builder.store(
            found, _vector_at(context, builder, kind_of_target, target, to, EIGHT)
        ).align = 8
        return context.get_dummy_value()

    return signature, generate


def _add_where(width: int) -> Any:
    """Make `add(table, start, which, amount)`: `table[start + i] += amount` for each bit i of `which`.

    It reads and writes all of `width` numbers, also those that it leaves as they are.
    """
    bits: Any = {8: types.uint8, 64: types.uint64}[width]

    @intrinsic
    def add(typing_context: Any, table: Any, start: Any, which: Any, amount: Any) -> Any:
        signature = types.void(table, types.intp, bits, types.float64)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            place = _vector_at(
                context, builder, signature.args[0], arguments[0], arguments[1], width
            )
            old = _load(builder, place, 8)
            chosen = builder.bitcast(arguments[2], ir.VectorType(BIT, width))
            nothing = ir.Constant(old.type, [0.0] * width)
            amounts = builder.select(chosen, _all(builder, arguments[3], width), nothing)
            builder.store(builder.fadd(old, amounts), place).align = 8
            return context.get_dummy_value()

        return signature, generate

    return add


def _vector_at(
    context: Any, builder: Any, array_type: Any, array: Any, start: Any, width: int
) -> Any:
    """Pointer to `width` elements of a one-dimensional contiguous array."""
    data = context.make_array(array_type)(context, builder, array).data
    element = context.get_data_type(array_type.dtype)
    return builder.bitcast(builder.gep(data, [start]), ir.VectorType(element, width).as_pointer())


def _load(builder: Any, pointer: Any, alignment: int) -> Any:
    loaded = builder.load(pointer)
    loaded.align = alignment
    return loaded


def _all(builder: Any, number: Any, width: int) -> Any:
    """A vector with a number in each place."""
    empty = ir.Constant(ir.VectorType(number.type, width), ir.Undefined)
    first = builder.insert_element(empty, number, ir.Constant(INT32, 0))
    return builder.shuffle_vector(
        first, empty, ir.Constant(ir.VectorType(INT32, width), [0] * width)
    )


add_to_eight, add_to_word = _add_where(8), _add_where(64)

"""Steps of a kernel that a processor does for many numbers at once, which numba does not find itself.

They are written in LLVM's own language and suit any processor: LLVM takes its vector instructions
where it has them. Each docstring says what the step does as plain Python would.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import extending, types

intrinsic: Any = extending.intrinsic  # it hides the first argument of what it decorates
LANES = 64  # candidates that are walked together, one bit each of an unsigned integer
N_LOW = 3  # players whose 2^3 coalitions lie side by side in a table: eight bits, eight doubles
WORDS = 32  # of 64 coalitions each, where only some coalitions are scored
BIT, INT32, INT64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)


@intrinsic
def lanes_above(typing_context, ranks, start, rank):
    """Bits of the lanes with `ranks[start + lane] > rank`; `ranks` holds int32."""
    signature = types.uint64(ranks, types.intp, types.int32)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _vector_at(context, builder, signature.args[0], arguments[0], arguments[1], LANES)
        above = builder.icmp_signed(
            ">", _load(builder, pointer, 4), _all(builder, arguments[2], LANES)
        )
        return builder.bitcast(above, INT64)

    return signature, generate


@intrinsic
def toggle(typing_context, sets, lanes, bit):
    """`sets[lane] ^= bit` for each of the lanes; `sets` holds 64 int32 or int64."""
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
def lowest_lane(typing_context, lanes):
    """Position of the lowest bit that is set, 64 where there is none."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(BIT, 0))

    return types.intp(types.uint64), generate


@intrinsic
def narrow(typing_context, chosen, rows, start):
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
def not_empty(typing_context, chosen):
    """Bits of the words, of 32, in which any bit is set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(INT64, 0)
        place = _vector_at(context, builder, signature.args[0], arguments[0], zero, WORDS)
        words = _load(builder, place, 8)
        some = builder.icmp_unsigned("!=", words, ir.Constant(words.type, [0] * WORDS))
        return builder.zext(builder.bitcast(some, ir.IntType(WORDS)), INT64)

    return types.uint64(chosen), generate


def _add_where(width: int) -> Any:
    """Make `add(table, start, which, amount)`: `table[start + i] += amount` for each bit i of `which`.

    All of `width` numbers are read and written, which must all be in the table. So the width is fixed
    here: numba makes 64 bits of what it computes from 8, and 64 numbers would end beyond a small table.
    """
    bits: Any = {8: types.uint8, 64: types.uint64}[width]

    @intrinsic
    def add(typing_context, table, start, which, amount):
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
    """Point to `width` elements of a one-dimensional contiguous array."""
    data = context.make_array(array_type)(context, builder, array).data
    element = context.get_data_type(array_type.dtype)
    return builder.bitcast(builder.gep(data, [start]), ir.VectorType(element, width).as_pointer())


def _load(builder: Any, pointer: Any, alignment: int) -> Any:
    loaded = builder.load(pointer)
    loaded.align = alignment
    return loaded


def _all(builder: Any, number: Any, width: int) -> Any:
    """Repeat a number in each place of a vector."""
    empty = ir.Constant(ir.VectorType(number.type, width), ir.Undefined)
    first = builder.insert_element(empty, number, ir.Constant(INT32, 0))
    return builder.shuffle_vector(
        first, empty, ir.Constant(ir.VectorType(INT32, width), [0] * width)
    )


add_to_eight, add_to_word = _add_where(8), _add_where(64)

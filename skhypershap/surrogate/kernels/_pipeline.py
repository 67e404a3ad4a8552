"""How kernels are compiled: by numba's steps, but for those that no kernel needs.

Half of the time that numba takes for a function is spent on what it may be asked for later: machine
code of each function by itself, and its optimisation. Of a part of a kernel nobody asks for that, since
kernels that call a part contain it, and are optimised with it. So a part ends with LLVM's code as it is
written down first. Steps that look for closures, array expressions or references of which kernels have
none are left out.

This module and `_jit` are the only ones that use numba's private interface.
"""

# mypy: disable-error-code="no-untyped-call,attr-defined,untyped-decorator,misc"

from __future__ import annotations

import functools
import gc
from typing import Any, ClassVar

from numba import _dynfunc
from numba.core import compiler, typed_passes, types
from numba.core.compiler_machinery import LoweringPass, PassManager, register_pass

NEEDLESS = {
    "LiteralPropagation",
    "annotate_types",
    "find_literally",
    "inline_closure_likes",
    "inline_inlinables",
    "inline_overloads",
    "literal_unroll",
    "make_function_op_code_to_jit_function",
    "nopython_rewrites",
    "nopython_supported_feature_validation",
    "with_lifting",
}


@register_pass(mutates_CFG=False, analysis_only=True)
class _OptimizeOnce(LoweringPass):
    """Prepare a library that is optimised as a whole only, not function by function before."""

    _name = "optimize_once"

    def __init__(self) -> None:
        LoweringPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        codegen = state.targetctx.codegen()
        library = codegen.create_library(state.func_id.func_qualname)
        library.enable_object_caching()

        def set_layout(module: Any) -> None:
            module.data_layout = codegen._data_layout

        def optimize() -> None:
            # numba optimises twice, to find needless references in between, of which kernels have none.
            passes, builder = codegen._module_pass_manager()
            passes.run(library._final_module, builder)

        library._optimize_functions, library._optimize_final_module = set_layout, optimize
        state.library = library
        return True


@register_pass(mutates_CFG=False, analysis_only=True)
class _NeverOptimize(_OptimizeOnce):
    """Prepare a library whose code is only linked into others: neither optimised nor executable."""

    _name = "never_optimize"

    def run_pass(self, state: Any) -> bool:
        super().run_pass(state)
        library = state.library

        def finish() -> None:
            library._finalized = True

        def not_executable(library: Any, description: Any, environment: Any) -> Any:
            library.finalize()
            name, module = description.qualname, description.lookup_module()
            return _dynfunc.make_function(module, name, name, 0, environment, (library,))

        library._optimize_final_module, library._finalize_final_module = finish, finish
        state.targetctx.get_executable = not_executable  # of a context for this function alone
        return True


@register_pass(mutates_CFG=False, analysis_only=True)
class _NeverInline(_NeverOptimize):
    """Prepare a library whose function LLVM does not copy to where it is called."""

    _name = "never_inline"

    def run_pass(self, state: Any) -> bool:
        super().run_pass(state)
        add = state.library.add_ir_module

        def add_without_inlining(module: Any) -> None:
            for function in module.functions:
                if not function.is_declaration:
                    function.attributes.add("noinline")
            add(module)

        state.library.add_ir_module = add_without_inlining
        return True


class _Flags(compiler.Flags):
    """Flags that nobody changes: those with equal values are one object.

    For each operation of a function numba looks up definitions of it that were made with the same flags,
    and would compare all their values each time.
    """

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def copy(self) -> _Flags:
        return self


class _TypingContext:
    """A context that types equal calls of numba's functions once: it tries many definitions of each."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._known: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def resolve_function_type(self, function: Any, args: Any, kws: Any) -> Any:
        if kws or not isinstance(function, types.Function):
            return self._context.resolve_function_type(function, args, kws)
        key = function, tuple(args)
        if key not in self._known:
            self._known[key] = self._context.resolve_function_type(function, args, kws)
        return self._known[key]


_typing_context = functools.cache(_TypingContext)
_known_flags: dict[compiler.Flags, _Flags] = {}


class KernelSteps(compiler.CompilerBase):
    """Steps for kernels that Python calls."""

    preparation: ClassVar[Any] = _OptimizeOnce

    def __init__(self, *arguments: Any) -> None:
        *first, flags, local_types = arguments
        settled = _known_flags.setdefault(flags, _Flags(flags))
        super().__init__(*first, settled, local_types)  # type: ignore[call-arg]
        self.state.typingctx = _typing_context(self.state.typingctx)

    def define_pipelines(self) -> list[Any]:
        every = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state).passes
        steps = [step for step in every if step[0].name() not in NEEDLESS]
        place = [step for step, _ in steps].index(typed_passes.NativeLowering)
        steps.insert(place, (self.preparation, "prepare the library"))
        manager = PassManager("kernel")
        manager.passes.extend(steps)
        manager.finalize()
        return [manager]

    def compile_extra(self, function: Any) -> Any:
        # Compiling makes millions of small objects, which Python would look through again and again.
        collects = gc.isenabled()
        gc.disable()
        try:
            return super().compile_extra(function)
        finally:
            if collects:
                gc.enable()


class PartSteps(KernelSteps):
    """Steps for parts, which LLVM may copy to where they are called."""

    preparation = _NeverOptimize


class CalledPartSteps(KernelSteps):
    """Steps for parts that are in a kernel once only."""

    preparation = _NeverInline

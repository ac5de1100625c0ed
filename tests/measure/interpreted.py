"""The kernels interpreted by Triton, and compiled by it: neither needs a GPU, and each a process of its own."""

from __future__ import annotations

import io
import os

import torch


def reduced(tensors: bytes) -> list[tuple[list[float], int, int]]:
    """Row, values that are not finite and digest of each of the tensors in what ``torch.save`` wrote."""
    os.environ["TRITON_INTERPRET"] = "1"
    from initlint.measure import fused

    return [(one.row, one.lost, one.digest) for one in fused.reduced(torch.load(io.BytesIO(tensors)))]


def compiled(kind: str, card: int) -> str:
    """The assembly of the kernel that reads ``kind``, for a card of compute capability ``card``; empty where it needs what is not installed."""
    import triton
    import triton.language as tl
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from initlint.measure import fused, kernels

    size = getattr(torch, kind).itemsize
    constants = {"VALUE": getattr(tl, kind), "SINGLE": kind != "float64", "ALIGNED": True, "SPAN": fused.SPAN}
    constants |= {"BLOCK": fused.LOADED // size, "UNROLLED": fused.UNROLLED, "WIDE_BLOCK": fused.WIDE_BLOCK}
    signature = {"table": "*i64", "owners": "*i64", "partials": "*fp64"} | dict.fromkeys(constants, "constexpr")
    source = ASTSource(fn=kernels.spans, signature=signature, constexprs=constants)
    try:
        made = triton.compile(source, target=GPUTarget("cuda", card, 32), options={"num_warps": 4, "enable_fp_fusion": True})
    except (FileNotFoundError, RuntimeError):  # no assembler beside it
        return ""
    return str(made.asm["ptx"])

# test/wheels/numba/main.py: LLVM compiles Python: loops, threads, callbacks into C
import ctypes
import json

import llvmlite.binding as llvm
import numba
import numpy as np


@numba.njit
def roots(n):
    total = 0.0
    for i in range(n):
        total += np.sqrt(i)
    return total


@numba.njit(parallel=True)
def parallel_sum(values):
    total = 0.0
    for i in numba.prange(values.size):
        total += values[i]
    return total


@numba.vectorize(["float64(float64, float64)"])
def hypotenuse(a, b):
    return (a * a + b * b) ** 0.5


@numba.njit
def refuses(n):
    if n > 2:
        raise ValueError("too large")
    return n


# C's qsort calls what LLVM made.
@numba.cfunc("int32(CPointer(int64), CPointer(int64))")
def compare(a, b):
    return 1 if a[0] > b[0] else -1 if a[0] < b[0] else 0


assert abs(roots(1000) - np.sqrt(np.arange(1000)).sum()) < 1e-6
assert parallel_sum(np.arange(1000.0)) == 499500
assert np.allclose(hypotenuse(np.arange(9.0), 2.0), np.hypot(np.arange(9.0), 2))
numbers = np.array([5, -3, 9, 0, 2])
qsort = ctypes.CDLL(None).qsort
qsort.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]
qsort(numbers.ctypes.data, numbers.size, 8, ctypes.cast(compare.ctypes, ctypes.c_void_p))
try:
    refuses(3)
except ValueError as error:
    refusal = str(error)
print(
    json.dumps(
        {
            "versions": [numba.__version__, list(llvm.llvm_version_info)],
            "sorted": numbers.tolist(),
            "refusal": refusal,
            "machine": "sqrtsd" in "".join(roots.inspect_asm().values()),
        }
    )
)

# examples/numpy-app/main.py: a numpy program that shows where it runs from.
"""Computes something checkable with numpy, then shows that nothing of it lies on disk."""

import platform
import ssl
import sys

import numpy as np


def residual_of_solve(rng: np.random.Generator, size: int) -> float:
    """Solves A x = b and gives the relative residual: LAPACK out of the bundled OpenBLAS."""
    a = rng.standard_normal((size, size))
    b = rng.standard_normal(size)
    x = np.linalg.solve(a, b)
    scale = np.linalg.norm(a) * np.linalg.norm(x)
    return float(np.linalg.norm(a @ x - b) / scale)


def error_of_fft(rng: np.random.Generator, size: int) -> float:
    """Transforms a signal forth and back and gives the largest difference."""
    signal = rng.standard_normal(size)
    return float(np.max(np.abs(np.fft.ifft(np.fft.fft(signal)).real - signal)))


def mapped_objects() -> list[str]:
    """The shared objects of this process that are memory files, as the kernel names them."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = (line.split(maxsplit=5)[5:] for line in maps)
        names = {path[0].strip() for path in paths if path}
    return sorted(name for name in names if name.startswith("/memfd:"))


def main() -> int:
    print(f"Python {platform.python_version()}, {ssl.OPENSSL_VERSION}, numpy {np.__version__}")

    rng = np.random.default_rng(20261121)
    residual = residual_of_solve(rng, 500)
    roundtrip = error_of_fft(rng, 4096)
    mean = float(rng.random(1_000_000).mean())
    checks = {
        f"linear solve, 500 x 500: relative residual {residual:.1e}": residual < 1e-12,
        f"FFT of 4096 points and back: largest error {roundtrip:.1e}": roundtrip < 1e-12,
        f"random generator: mean of 1 000 000 numbers {mean:.4f}": abs(mean - 0.5) < 0.002,
    }
    for line, good in checks.items():
        print(f"  {line}: {'ok' if good else 'WRONG'}")

    print(f"numpy.__file__: {np.__file__}")
    objects = mapped_objects()
    print(f"shared objects in memory files, from /proc/self/maps: {len(objects)}")
    for name in objects:
        print(f"  {name}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

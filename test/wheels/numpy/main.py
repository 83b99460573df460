# test/wheels/numpy/main.py: linear algebra by OpenBLAS, FFT, random numbers, sorting, text
import json

import numpy as np

rng = np.random.default_rng(20260701)
a = rng.standard_normal((500, 500))
b = rng.standard_normal(500)
x = np.linalg.solve(a, b)
residual = np.linalg.norm(a @ x - b) / np.linalg.norm(b)
assert residual < 1e-10, residual

symmetric = a + a.T
values, vectors = np.linalg.eigh(symmetric)
assert np.allclose(vectors @ np.diag(values) @ vectors.T, symmetric)
u, s, vt = np.linalg.svd(a[:100, :60], full_matrices=False)
assert np.allclose((u * s) @ vt, a[:100, :60])

signal = rng.standard_normal(4096)
assert np.allclose(np.fft.irfft(np.fft.rfft(signal)), signal)
spectrum = np.abs(np.fft.fft(np.sin(2 * np.pi * 50 * np.arange(1024) / 1024)))
assert int(spectrum[:512].argmax()) == 50

dates = np.array(["2024-02-28", "2025-02-28"], dtype="datetime64[D]") + 1
poly = np.polynomial.Polynomial([6, -5, 1])
blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
print(
    json.dumps(
        {
            "version": np.__version__,
            "blas": [blas["name"], blas["version"]],
            "pcg64": rng.integers(0, 1 << 62, 4).tolist(),
            "mt19937": np.random.RandomState(7).randint(0, 1 << 30, 4).tolist(),
            "philox": np.random.Generator(np.random.Philox(7)).random(3).tolist(),
            "sorted": np.sort(rng.integers(0, 1000, 20)).tolist(),
            "dates": dates.astype(str).tolist(),
            "roots": np.round(poly.roots(), 12).tolist(),
            "text": np.strings.upper(np.array(["stra\u00dfe", "na\u00efve"])).tolist(),
            "half": np.float16([1 / 3, 65504.0]).astype(float).tolist(),
        }
    )
)

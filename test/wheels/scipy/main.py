# test/wheels/scipy/main.py: every extension module; sparse, optimize, stats, geometry

import importlib
import json
import pkgutil
import warnings

import numpy as np
import scipy
from scipy import (
    fft,
    integrate,
    interpolate,
    ndimage,
    optimize,
    signal,
    sparse,
    spatial,
    special,
    stats,
)
from scipy.sparse import linalg as sparse_linalg

rng = np.random.default_rng(11)
facts = {"version": scipy.__version__}

# A Laplacian of 2500 unknowns by SuperLU, by conjugate gradients; its eigenvalues by ARPACK.
n = 50
line = sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(n, n))
one = sparse.eye_array(n)
laplacian = (sparse.kron(line, one) + sparse.kron(one, line)).tocsc()
b = rng.standard_normal(n * n)
x = sparse_linalg.splu(laplacian).solve(b)
assert np.linalg.norm(laplacian @ x - b) < 1e-9
y, code = sparse_linalg.cg(laplacian, b, rtol=1e-12)
assert code == 0 and np.allclose(x, y, atol=1e-7)
smallest = sparse_linalg.eigsh(laplacian, k=3, sigma=0, return_eigenvectors=False)
exact = 4 * np.sin(np.arange(1, 3) * np.pi / (2 * (n + 1))) ** 2
assert np.allclose(np.sort(smallest), [2 * exact[0], exact.sum(), exact.sum()])
graph = sparse.csgraph.shortest_path(sparse.csr_array(line != 0).astype(float), indices=0)
facts["path"] = int(graph[-1])

# BFGS, HiGHS for a linear and an integer program, MINPACK, a root by Brent.
rosen = optimize.minimize(optimize.rosen, np.zeros(5), jac=optimize.rosen_der, method="L-BFGS-B")
assert np.allclose(rosen.x, 1, atol=1e-3)
program = optimize.linprog([-1, -2], A_ub=[[1, 1], [3, 1]], b_ub=[4, 6], method="highs")
whole = optimize.milp([-3, -2], integrality=[1, 1], constraints=([[2, 1], [1, 3]], -np.inf, [7, 9]))
facts["linprog"] = [round(float(program.fun), 9), round(float(whole.fun), 9)]
t = np.linspace(0, 4, 60)
decay = 2.5 * np.exp(-1.3 * t)
fitted, _ = optimize.curve_fit(lambda t, a, k: a * np.exp(-k * t), t, decay, (1, 1))
facts["fitted"] = np.round(fitted, 6).tolist()
facts["brent"] = round(float(optimize.brentq(lambda v: np.cos(v) - v, 0, 1)), 12)

# Special functions against closed forms, distributions, tests.
assert np.isclose(special.gamma(0.5) ** 2, np.pi) and np.isclose(special.zeta(2), np.pi**2 / 6)
facts["special"] = [round(float(v), 12) for v in (special.jv(1.5, 2), special.erfinv(0.3))]
facts["special"].append(round(float(special.hyp2f1(1, 2, 3, 0.4)), 12))
facts["stats"] = [
    round(float(stats.norm.cdf(1.96)), 12),
    round(float(stats.t.ppf(0.975, 7)), 10),
    round(float(stats.ttest_ind(b[:40], b[40:90]).pvalue), 9),
    round(float(stats.ks_2samp(b[:100], b[100:300]).pvalue), 9),
    round(float(stats.kendalltau(b[:50], b[50:100]).statistic), 9),
]

# Integrals (QUADPACK), an oscillator, splines, k-d tree and hull (Qhull), images, filters.
value, _ = integrate.quad(lambda v: np.exp(-v * v), -np.inf, np.inf)
assert np.isclose(value, np.sqrt(np.pi))
swing = integrate.solve_ivp(lambda _, s: [s[1], -s[0]], (0, np.pi), [1, 0], rtol=1e-9, atol=1e-9)
stiff = integrate.solve_ivp(lambda _, s: -1000 * s, (0, 1), [1.0], method="LSODA")
assert np.isclose(swing.y[0, -1], -1, atol=1e-6) and abs(stiff.y[0, -1]) < 1e-3
spline = interpolate.CubicSpline(t, np.sin(t))
assert np.isclose(spline(1.23), np.sin(1.23), atol=1e-5)
points = rng.random((200, 3))
distance, index = spatial.cKDTree(points).query([0.5, 0.5, 0.5], k=2)
assert np.isclose(distance[0], np.linalg.norm(points - 0.5, axis=1).min())
hull = spatial.ConvexHull(points)
turned = spatial.transform.Rotation.from_euler("z", 90, degrees=True).apply([1, 0, 0])
facts["geometry"] = [index.tolist(), len(hull.vertices), np.round(turned, 12).tolist()]
labels, count = ndimage.label(ndimage.gaussian_filter(rng.random((64, 64)), 2) > 0.51)
facts["labels"] = [int(count), int(labels.max())]
numerator, denominator = signal.butter(4, 0.2)
facts["filtered"] = np.round(signal.filtfilt(numerator, denominator, b[:64])[:3], 9).tolist()
assert np.allclose(fft.idct(fft.dct(b, type=2), type=2), b)

# Every module of scipy, so every shared object of the wheel.
warnings.simplefilter("ignore")
skipped = ("tests", "conftest", "array_api_compat", "array_api_extra", "_build_utils")
found = [
    name
    for _, name, _ in pkgutil.walk_packages(scipy.__path__, "scipy.", onerror=lambda _: None)
    if not any(part in skipped for part in name.split("."))
]
native = []
failed = {}
for name in found:
    try:
        module = importlib.import_module(name)
    except ImportError as error:  # optional parts that need another package
        failed[name] = type(error).__name__
        continue
    if str(getattr(module, "__file__", "")).endswith(".so"):
        native.append(name)
facts["native"] = sorted(native)
facts["failed"] = failed
print(json.dumps(facts))

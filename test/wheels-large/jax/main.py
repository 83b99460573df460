# test/wheels-large/jax/main.py: XLA on the CPU: jit, grad, vmap, scan, a network that learns
import json

import jax
import jaxlib
import numpy as np
from jax import numpy as jnp

device = jax.devices()[0]
assert device.platform == "cpu"


# Derivatives of compiled functions against closed forms.
def wave(x):
    return jnp.sin(3 * x) * jnp.exp(-x)


slope = jax.jit(jax.vmap(jax.grad(wave)))
x = jnp.linspace(0, 2, 50)
exact = np.exp(-x) * (3 * np.cos(3 * x) - np.sin(3 * x))
assert np.allclose(slope(x), exact, atol=1e-5)
hessian = jax.jit(jax.hessian(lambda v: (v**3).sum()))(jnp.array([1.0, 2.0]))

# Linear algebra goes to LAPACK and FFT kernels in jaxlib.
key = jax.random.key(42)
a = jax.random.normal(key, (60, 60))
b = a @ a.T + 60 * jnp.eye(60)
assert np.allclose(jnp.linalg.solve(b, b @ jnp.ones(60)), 1, atol=1e-3)
values, vectors = jnp.linalg.eigh(b)
assert np.allclose(vectors * values @ vectors.T, b, atol=1e-2)
signal = jax.random.normal(key, (256,))
assert np.allclose(jnp.fft.irfft(jnp.fft.rfft(signal)), signal, atol=1e-5)
_, fibonacci = jax.lax.scan(lambda c, _: ((c[1], c[0] + c[1]), c[0]), (0, 1), length=20)


# A network of two layers learns a circle.
def predict(weights, points):
    (w1, b1), (w2, b2) = weights
    return jax.nn.sigmoid(jnp.tanh(points @ w1 + b1) @ w2 + b2)[:, 0]


def loss(weights, points, inside):
    guess = jnp.clip(predict(weights, points), 1e-6, 1 - 1e-6)
    return -(inside * jnp.log(guess) + (1 - inside) * jnp.log(1 - guess)).mean()


@jax.jit
def step(weights, points, inside):
    gradients = jax.grad(loss)(weights, points, inside)
    return jax.tree.map(lambda w, g: w - 0.5 * g, weights, gradients)


keys = jax.random.split(key, 3)
points = jax.random.uniform(keys[0], (400, 2), minval=-1, maxval=1)
inside = ((points**2).sum(axis=1) < 0.5).astype(float)
weights = [
    (jax.random.normal(keys[1], (2, 16)), jnp.zeros(16)),
    (jax.random.normal(keys[2], (16, 1)), jnp.zeros(1)),
]
before = float(loss(weights, points, inside))
for _ in range(800):
    weights = step(weights, points, inside)
after = float(loss(weights, points, inside))
accuracy = float(((predict(weights, points) > 0.5) == inside).mean())
assert after < before / 2 and accuracy > 0.9, (before, after, accuracy)

print(
    json.dumps(
        {
            "versions": [jax.__version__, jaxlib.__version__],
            "device": str(device),
            "hessian": hessian.tolist(),
            "fibonacci": fibonacci.tolist(),
            "random": jax.random.bits(key, (4,)).tolist(),
            "accuracy": round(accuracy, 1),
            "hlo": "tanh" in step.lower(weights, points, inside).as_text(),
        }
    )
)

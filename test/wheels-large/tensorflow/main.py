# test/wheels-large/tensorflow/main.py: Keras trains a network; graphs, XLA, a data pipeline
import json

import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.utils.set_random_seed(3)
tf.config.experimental.enable_op_determinism()
facts = {"versions": [tf.__version__, keras.__version__, keras.backend.backend()]}
facts["devices"] = [device.device_type for device in tf.config.list_physical_devices()]

# A convolution net learns to tell bars that stand from bars that lie.
rng = np.random.default_rng(7)
images = rng.random((512, 12, 12, 1), dtype=np.float32) * 0.3
labels = rng.integers(0, 2, 512)
for image, label in zip(images, labels, strict=True):
    place = rng.integers(1, 11)
    if label:
        image[place, :, 0] += 0.7
    else:
        image[:, place, 0] += 0.7
model = keras.Sequential(
    [
        layers.Input((12, 12, 1)),
        layers.Conv2D(8, 3, activation="relu"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(2, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.optimizer.learning_rate = 0.02
data = tf.data.Dataset.from_tensor_slices((images[:400], labels[:400])).shuffle(400, seed=1)
history = model.fit(data.batch(32).prefetch(2), epochs=6, verbose=0).history
loss, accuracy = model.evaluate(images[400:], labels[400:], verbose=0)
assert history["loss"][-1] < history["loss"][0] / 2 and accuracy > 0.9, (history, accuracy)
facts["accuracy"] = accuracy > 0.9
facts["parameters"] = model.count_params()


# The same function eagerly, as a graph and compiled by XLA; its derivative.
def wave(x):
    return tf.reduce_sum(tf.sin(3 * x) * tf.exp(-x))


x = tf.linspace(0.0, 2.0, 50)
values = [wave(x), tf.function(wave)(x), tf.function(wave, jit_compile=True)(x)]
assert np.allclose(values, values[0], rtol=1e-5)
with tf.GradientTape() as tape:
    tape.watch(x)
    y = wave(x)
exact = np.exp(-x) * (3 * np.cos(3 * x) - np.sin(3 * x))
assert np.allclose(tape.gradient(y, x), exact, atol=1e-5)

# Kernels in C++: strings, ragged rows, JPEG and PNG, protocol buffers, an error with its code.
picture = tf.cast(tf.random.stateless_uniform((16, 16, 3), (1, 2)) * 255, tf.uint8)
assert np.array_equal(tf.io.decode_png(tf.io.encode_png(picture)), picture)
facts["jpeg"] = list(tf.io.decode_jpeg(tf.io.encode_jpeg(picture)).shape)
facts["text"] = tf.strings.split(["one two", "three"]).to_list()[0][1].decode()
feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[7, 8]))
example = tf.train.Example(features=tf.train.Features(feature={"n": feature}))
parsed = tf.io.parse_single_example(
    example.SerializeToString(), {"n": tf.io.FixedLenFeature([2], tf.int64)}
)
facts["parsed"] = parsed["n"].numpy().tolist()
numbers = tf.random.stateless_uniform((3,), (1, 2), maxval=1000, dtype=tf.int32)
facts["random"] = numbers.numpy().tolist()
try:
    tf.linalg.matmul(tf.ones((2, 3)), tf.ones((2, 3)))
except tf.errors.InvalidArgumentError as error:
    facts["refusal"] = error.error_code
print(json.dumps(facts))

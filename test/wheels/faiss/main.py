# test/wheels/faiss/main.py: nearest neighbours in C++, threads of its own libgomp
import json

import faiss
import numpy as np

rng = np.random.default_rng(12)
data = rng.random((6000, 32), dtype=np.float32)
queries = data[:50] + np.float32(0.001)

threads = {}
for count in (1, 2):
    faiss.omp_set_num_threads(count)
    exact = faiss.IndexFlatL2(32)
    exact.add(data)
    distances, nearest = exact.search(queries, 5)
    assert nearest[:, 0].tolist() == list(range(50))
    threads[count] = [faiss.omp_get_max_threads(), nearest.tolist()]
assert threads[1][1] == threads[2][1]
expected = ((data[nearest[0]] - queries[0]) ** 2).sum(axis=1)
assert np.allclose(distances[0], expected, atol=1e-5)


def recall(index, exact_ids):
    _, ids = index.search(queries, 5)
    return float(np.mean([len(set(a) & set(b)) / 5 for a, b in zip(ids, exact_ids, strict=True)]))


inverted = faiss.index_factory(32, "IVF32,Flat")
inverted.train(data)
inverted.add(data)
inverted.nprobe = 16
graph = faiss.IndexHNSWFlat(32, 16)
graph.add(data)
recalls = {"ivf": recall(inverted, nearest), "hnsw": recall(graph, nearest)}
assert min(recalls.values()) > 0.85, recalls

# Into bytes and back, through C++'s readers; an exception of C++ becomes one of Python.
again = faiss.deserialize_index(faiss.serialize_index(inverted))
assert np.array_equal(again.search(queries, 5)[1], inverted.search(queries, 5)[1])
try:
    faiss.index_factory(32, "NoSuchIndex")
except RuntimeError as error:
    refusal = "NoSuchIndex" in str(error)
kmeans = faiss.Kmeans(32, 8, niter=10, seed=3)
kmeans.train(data)

print(
    json.dumps(
        {
            "version": faiss.__version__,
            "nearest": nearest[:5].tolist(),
            "threads": [threads[1][0], threads[2][0]],
            "class": type(again).__name__,
            "refusal": refusal,
            "objective": len(kmeans.obj),
        }
    )
)

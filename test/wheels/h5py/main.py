# test/wheels/h5py/main.py: an HDF5 file in memory: groups, filters, compound types, references
import io
import json

import h5py
import numpy as np

rng = np.random.default_rng(3)
table = rng.integers(0, 1000, (300, 200))

with h5py.File("never-written.h5", "w", driver="core", backing_store=False) as file:
    packed = file.create_dataset(
        "group/table",
        data=table,
        chunks=(64, 64),
        compression="gzip",
        shuffle=True,
        fletcher32=True,
    )
    lzf = file.create_dataset("lzf", data=table, compression="lzf")
    assert packed.id.get_storage_size() < table.nbytes // 2
    assert np.array_equal(packed[...], table) and np.array_equal(lzf[10:20, ::3], table[10:20, ::3])
    growing = file.create_dataset("growing", shape=(0,), maxshape=(None,), dtype="f8", chunks=(16,))
    for piece in np.array_split(np.arange(100.0), 7):
        growing.resize(growing.shape[0] + len(piece), axis=0)
        growing[-len(piece) :] = piece
    assert float(growing[:].sum()) == 4950

    people = np.array([("Ada", 36, 1.5), ("Grace", 85, 2.5)], dtype="S8,i4,f8")
    file["people"] = people
    file["texts"] = ["caf\u00e9", "\u00e5ngstr\u00f6m"]
    file["people"].attrs["source"] = "made here"
    file.create_dataset("refs", data=[file["lzf"].ref], dtype=h5py.ref_dtype)
    assert file[file["refs"][0]].name == "/lzf"
    file["soft"] = h5py.SoftLink("/group/table")
    selected = file["soft"][[3, 5, 8], 4].tolist()
    found = []
    file.visititems(lambda name, item: found.append([name, type(item).__name__]))
    try:
        file["absent"]
    except KeyError as error:
        refusal = str(error)
    facts = {
        "people": [
            [value.decode() if isinstance(value, bytes) else value for value in person]
            for person in file["people"][...].tolist()
        ],
        "texts": file["texts"].asstr()[...].tolist(),
        "filters": [packed.compression, packed.shuffle, packed.fletcher32, lzf.compression],
    }

# A file in a Python object: HDF5 calls back for each read and write.
stream = io.BytesIO()
with h5py.File(stream, "w") as file:
    file["table"] = table
with h5py.File(stream, "r") as file:
    assert np.array_equal(file["table"][...], table)

facts |= {
    "versions": [h5py.__version__, h5py.version.hdf5_version],
    "selected": selected,
    "found": sorted(found),
    "refusal": refusal,
}
print(json.dumps(facts))

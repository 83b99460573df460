# test/wheels/pyarrow/main.py: Arrow in C++: Parquet with five compressions, CSV, kernels, Flight
import io
import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.flight
import pyarrow.parquet as pq

table = pa.table({"a": list(range(5000)), "b": [f"name {i % 7}" for i in range(5000)]})
sizes = {}
for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    stream = io.BytesIO()
    pq.write_table(table, stream, compression=codec)
    sizes[codec] = stream.tell()
    stream.seek(0)
    assert pq.read_table(stream).equals(table)

stream = io.BytesIO()
pa.csv.write_csv(table, stream)
stream.seek(0)
assert pa.csv.read_csv(stream).equals(table)
grouped = table.group_by("b").aggregate([("a", "sum")]).sort_by("b").to_pydict()
matched = pc.match_substring_regex(table["b"], "[35]$")
try:
    pa.array(["x"]).cast(pa.int64())
except pa.ArrowInvalid as error:
    refusal = str(error)


# gRPC and BoringSSL are in libarrow_flight; the server runs on a thread of C++.
class Server(pa.flight.FlightServerBase):
    def do_get(self, context, ticket):
        return pa.flight.RecordBatchStream(table.slice(int(ticket.ticket), 3))


with Server("grpc://127.0.0.1:0") as server:
    with pa.flight.connect(f"grpc://127.0.0.1:{server.port}") as client:
        part = client.do_get(pa.flight.Ticket(b"42")).read_all().to_pydict()

print(
    json.dumps(
        {
            "version": pa.__version__,
            "cpp": pa.cpp_version,
            "sizes": sizes,
            "grouped": grouped,
            "matched": pc.sum(matched).as_py(),
            "refusal": refusal,
            "flight": part,
        }
    )
)

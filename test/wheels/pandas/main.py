# test/wheels/pandas/main.py: CSV, group by, joins, time zones, rolling windows, text, JSON
import io
import json

import numpy as np
import pandas as pd

rng = np.random.default_rng(5)
rows = 20_000
frame = pd.DataFrame(
    {
        "city": rng.choice(["Bonn", "Oslo", "Lima", "Osaka"], rows),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, rows), unit="D"),
        "count": rng.integers(0, 100, rows),
        "value": rng.standard_normal(rows).round(4),
    }
)
# The C parser reads what was written; both engines agree.
text = frame.to_csv(index=False)
read = pd.read_csv(io.StringIO(text), parse_dates=["day"])
pd.testing.assert_frame_equal(read, frame, check_dtype=False)
slow = pd.read_csv(io.StringIO(text), parse_dates=["day"], engine="python", nrows=500)
pd.testing.assert_frame_equal(read.head(500), slow)

grouped = read.groupby("city")["count"].agg(["sum", "min", "max", "size"])
assert int(grouped["sum"].sum()) == int(frame["count"].sum())
monthly = read.set_index("day").sort_index().resample("MS")["count"].sum()
joined = read.merge(pd.DataFrame({"city": ["Oslo", "Lima"], "land": ["NO", "PE"]}), on="city")
quarter = read["day"].dt.quarter
pivot = read.pivot_table(index="city", columns=quarter, values="count", aggfunc="sum")
rolled = monthly.rolling(3).mean().dropna()
ranked = read["value"].rank(method="dense").max()

stamps = pd.date_range("2024-03-31 00:30", periods=4, freq="h", tz="Europe/Berlin")
shifted = stamps.tz_convert("America/New_York")
intervals = pd.cut(read["value"], [-10, -1, 0, 1, 10]).value_counts().sort_index()
texts = pd.Series(["Zo\u00eb Smith", None, "li wei"]).str.title().str.extract(r"(\w+) (\w+)")
through_json = pd.read_json(io.StringIO(grouped.to_json()))
pd.testing.assert_frame_equal(through_json, grouped, check_names=False, check_dtype=False)

print(
    json.dumps(
        {
            "version": pd.__version__,
            "grouped": grouped.to_dict(),
            "monthly": monthly.tolist()[:4],
            "joined": joined["land"].value_counts().to_dict(),
            "pivot": pivot.to_numpy().tolist(),
            "rolled": rolled.round(6).tolist()[:4],
            "ranked": ranked,
            "summer": [str(stamp) for stamp in stamps],
            "york": [str(stamp) for stamp in shifted],
            "intervals": intervals.tolist(),
            "texts": texts.fillna("").to_numpy().tolist(),
            "parsed": str(pd.Timestamp("2024-02-29T12:30:15.123456789Z") + pd.DateOffset(years=1)),
        }
    )
)

# test/wheels/shapely/main.py: GEOS: C++ exceptions that cross libraries, virtual calls
import json

import numpy as np
import shapely
from shapely import wkt
from shapely.geometry import LineString, Point, Polygon, box
from shapely.ops import polygonize, unary_union

rng = np.random.default_rng(8)
circles = shapely.buffer(shapely.points(rng.random((200, 2)) * 10), 0.6)
union = unary_union(circles)
area = sum(part.area for part in shapely.get_parts(union))
assert abs(area - union.area) < 1e-9

# An R-tree over them answers what a walk over all answers.
tree = shapely.STRtree(circles)
window = box(2, 2, 4, 5)
found = np.sort(tree.query(window, predicate="intersects"))
assert np.array_equal(found, np.nonzero(shapely.intersects(circles, window))[0])

# GEOS throws these; its C interface catches them in another library.
bowtie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
refusals = []
for work in (
    lambda: wkt.loads("POLYGON ((0 0, 1 1"),
    lambda: shapely.from_wkb(b"\x01\xff\x00"),
    lambda: shapely.union(bowtie, Point(np.nan, 1), grid_size=-1),
    lambda: LineString([(0, 0)]),
):
    try:
        refusals.append(str(work()))
    except (shapely.errors.GEOSException, ValueError) as error:
        refusals.append(f"{type(error).__name__}: {error}")

triangles = shapely.delaunay_triangles(shapely.MultiPoint(rng.random((40, 2))))
rings = polygonize([[(0, 0), (1, 1)], [(1, 1), (1, 0)], [(1, 0), (0, 0)]])
print(
    json.dumps(
        {
            "versions": [shapely.__version__, shapely.geos_version_string],
            "area": round(area, 9),
            "found": found.tolist(),
            "refusals": refusals,
            "valid": shapely.is_valid_reason(bowtie),
            "repaired": shapely.make_valid(bowtie).wkt,
            "triangles": len(triangles.geoms),
            "rings": [ring.wkt for ring in rings],
            "wkb": shapely.to_wkb(bowtie.buffer(0), hex=True),
            "hausdorff": round(bowtie.hausdorff_distance(window), 9),
        }
    )
)

# test/import/conformance/probes/metadata.py: importlib.metadata: dist-info, egg-info, entry points.
import importlib.metadata as metadata
import sys

import _facts


def versions():
    names = ("Odd.Dist", "odd-dist", "ODD_DIST", "odd--dist", "old-egg", "old_egg", "markupsafe")
    return {name: _facts.error(metadata.version, name) for name in names}


def absent():
    return _facts.error(metadata.version, "wholly-absent")


def empty_name():
    return _facts.error(metadata.distribution, "")


def fields():
    found = metadata.metadata("odd-dist")
    keys = sorted(set(found.keys()))
    return [keys, found["Summary"], found["Author"], found.get_all("Classifier")]


def as_json():
    return metadata.metadata("odd-dist").json


def field_absent():
    return metadata.metadata("odd-dist").get("Absent")


def requires():
    return metadata.requires("odd-dist"), metadata.requires("old-egg")


def files():
    return {
        name: [[str(f), f.size, f.hash and f.hash.mode, f.name] for f in metadata.files(name) or ()]
        for name in ("odd-dist", "old-egg")
    }


def files_located():
    found = [str(file.locate()) for file in metadata.files("odd-dist")]
    return found, type(metadata.files("odd-dist")[0].locate()).__name__


def files_read():
    file = next(f for f in metadata.files("odd-dist") if f.name == "lazy.py")
    return file.read_text("utf-8")[:20], file.read_binary()[:5]


def locate_file():
    found = metadata.distribution("odd-dist").locate_file("odd/lazy.py")
    return str(found), type(found).__name__, found.read_text("utf-8")[:5]


def read_text():
    dist = metadata.distribution("odd-dist")
    return dist.read_text("top_level.txt"), dist.read_text("absent.txt")


def entry_points():
    fields = "name value group extras module attr".split()
    found = metadata.entry_points(group="odd.plugins")
    return sorted([p.dist.name, *(getattr(p, field) for field in fields)] for p in found)


def entry_points_loaded():
    points = metadata.entry_points(group="odd.plugins")
    return [points["first"].load().__name__, points["egg"].load()]


def entry_point_broken():
    return _facts.error(metadata.entry_points(group="odd.plugins")["broken"].load)


def entry_points_selected():
    points = metadata.entry_points(name="odd-script")
    return len(points), points.names, points.groups


def entry_points_of_one():
    return [str(p) for p in metadata.distribution("old-egg").entry_points]


def distributions():
    names = [dist.name for dist in metadata.distributions()]
    return sorted(names)


def distributions_with_path():
    found = list(metadata.distributions(path=[_facts.APP]))
    return sorted(dist.name for dist in found), [*metadata.distributions(path=["/absent"])]


def distributions_by_name():
    return [dist.version for dist in metadata.distributions(name="odd.dist")]


def distributions_without_the_entry():
    sys.path.remove(_facts.APP)
    return _facts.error(metadata.version, "odd-dist")[0]


def class_of_distributions():
    return type(metadata.distribution("odd-dist")).__name__


def path_of_distribution():
    return str(metadata.distribution("odd-dist")._path), type(
        metadata.distribution("odd-dist")._path
    ).__name__


def origin():
    return metadata.distribution("odd-dist").origin


def packages():
    found = metadata.packages_distributions()
    return {name: sorted(found[name]) for name in ("odd", "nsp", "markupsafe") if name in found}


def finder_by_hand():
    finder = metadata.MetadataPathFinder
    context = metadata.DistributionFinder.Context(name="odd-dist", path=[_facts.APP])
    return [dist.version for dist in finder.find_distributions(context)]


def invalidate_caches():
    metadata.MetadataPathFinder.invalidate_caches()
    return metadata.version("odd-dist")


def twice_on_the_path():
    sys.path.append(_facts.APP)
    return [d.name for d in metadata.distributions() if d.name == "old-egg"]

# test/import/conformance/probes/resources.py: importlib.resources, in all its forms.
import importlib
import importlib.resources as resources
import os
import pathlib
import sys
import warnings

import _facts


def types():
    found = [resources.files(name) for name in ("odd", "odd.data", "nsp")]
    return [type(each).__name__ for each in found], isinstance(found[0], pathlib.Path)


def is_a_traversable():
    from importlib.resources.abc import Traversable

    return isinstance(resources.files("odd"), Traversable), isinstance(
        resources.files("nsp"), Traversable
    )


def text_of_files():
    return str(resources.files("odd")), repr(resources.files("odd"))


def text_and_bytes():
    root = resources.files("odd")
    return [
        root.joinpath("data/words.txt").read_text("utf-8"),
        root.joinpath("data", "words.txt").read_text(encoding="utf-8", errors="strict"),
        (root / "data" / "bytes.dat").read_bytes().hex(),
    ]


def open_modes():
    file = resources.files("odd") / "data" / "words.txt"
    with file.open(encoding="utf-8") as text, file.open("rb") as binary:
        return text.readline(), binary.read(3).hex(), binary.seek(0), text.encoding


def iterdir():
    return sorted(each.name for each in resources.files("odd").iterdir() if each.suffix != ".pyc")


def iterdir_types():
    return sorted([x.name, x.is_dir(), x.is_file()] for x in resources.files("odd.data").iterdir())


def iterdir_of_a_file():
    return _facts.error(list, _lazily((resources.files("odd") / "lazy.py").iterdir))[0]


def iterdir_of_nothing():
    return _facts.error(list, _lazily((resources.files("odd") / "absent").iterdir))[0]


def _lazily(function):
    yield from function()


def absent():
    return _facts.error((resources.files("odd") / "absent.txt").read_text)


def bytes_of_a_folder():
    return _facts.error((resources.files("odd") / "data").read_bytes)


def below_a_file():
    return _facts.error((resources.files("odd") / "lazy.py" / "x").read_bytes)


def path_like_operations():
    file = resources.files("odd") / "data" / "words.txt"
    return [
        file.name,
        file.stem,
        file.suffix,
        str(file.parent),
        file.parts[-2:],
        file.exists(),
        (file.parent / "x").exists(),
        str(file.with_suffix(".md")),
        os.fspath(file),
        file.match("*.txt"),
        str(file.relative_to(resources.files("odd"))),
        file == resources.files("odd").joinpath("data/words.txt"),
        sorted(p.name for p in file.parent.glob("*.txt")),
        sorted(p.name for p in resources.files("odd").rglob("*.txt")),
        file.stat().st_size,
    ]


def walk_down():
    def walk(folder):
        for each in sorted(folder.iterdir(), key=lambda x: x.name):
            if each.is_dir() and each.name != "__pycache__":
                yield [each.name, *walk(each)]
            elif each.is_file() and not each.name.endswith(".pyc"):
                yield each.name

    return list(walk(resources.files("odd")))


def namespace_package():
    root = resources.files("nsp")
    return [
        root.joinpath("first.txt").read_text(),
        sorted(each.name for each in root.iterdir() if each.name.startswith("first.t")),
        root.is_dir(),
        root.is_file(),
        root.name,
        repr(root),
    ]


def namespace_package_of_three_places():
    sys.path += [_facts.OTHER, _facts.REAL]
    for name in [n for n in sys.modules if n.partition(".")[0] == "nsp"]:
        del sys.modules[name]
    root = resources.files("nsp")
    texts = [root.joinpath(f"{name}.txt").read_text() for name in ("first", "second", "third")]
    return texts, sorted(each.name for each in root.iterdir() if each.name.endswith(".txt"))


def data_folder_as_a_package():
    return resources.files("odd.data").joinpath("words.txt").read_text("utf-8")


def anchor_of_a_module():
    import odd.lazy

    return [
        (resources.files(anchor) / "data" / "nested" / "deep.txt").read_text()
        for anchor in ("odd.lazy", odd.lazy, odd)
    ]


def anchor_of_the_caller():
    return resources.files().joinpath("style.css").read_text()


def anchor_absent():
    return _facts.error(resources.files, "wholly_absent")


def as_file():
    with resources.as_file(resources.files("odd") / "data" / "words.txt") as path:
        inside = [type(path).__name__, path.name, path.read_text("utf-8"), str(path)]
    return inside, path.exists()


def as_file_of_a_folder():
    with resources.as_file(resources.files("odd") / "data") as path:
        found = [os.path.join(folder, f) for folder, _, files in os.walk(path) for f in files]
        return sorted(os.path.relpath(file, path) for file in found)


def as_file_of_a_namespace():
    with resources.as_file(resources.files("nsp")) as path:
        return sorted(name for name in os.listdir(path) if name.endswith(".txt"))


def functional():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with (
            resources.open_text("odd", "data", "words.txt", encoding="utf-8") as text,
            resources.open_binary("odd.data", "bytes.dat") as binary,
            resources.path("odd.data", "words.txt") as path,
        ):
            return [
                text.read(),
                binary.read().hex(),
                path.name,
                resources.read_text("odd.data", "words.txt", encoding="utf-8"),
                resources.read_text("odd", "data", "nested", "deep.txt", encoding="ascii"),
                resources.read_binary("odd", "data", "bytes.dat").hex(),
                resources.is_resource("odd", "lazy.py"),
                resources.is_resource("odd", "data"),
                resources.is_resource("odd", "data", "words.txt"),
                resources.is_resource("odd", "absent"),
                sorted(resources.contents("odd", "data")),
            ]


def functional_errors():
    return [
        _facts.error(resources.read_text, "odd", "data", "words.txt")[:2],
        _facts.error(resources.read_text, "odd.data", "absent.txt")[0],
        _facts.error(resources.read_binary, "odd.data", "a/b")[0],
    ]


def reader():
    import odd

    found = odd.__loader__.get_resource_reader("odd")
    return [
        type(found).__name__,
        found.is_resource("lazy.py"),
        found.is_resource("data"),
        found.open_resource("lazy.py").read(5),
        found.resource_path("lazy.py"),
        sorted(name for name in found.contents() if name.startswith("la") and name[-1] == "y"),
        str(found.files()),
    ]


def reader_of_a_module_that_is_no_package():
    import odd.lazy

    return str(odd.lazy.__loader__.get_resource_reader("odd.lazy").files())


def of_the_stdlib():
    return (resources.files("json") / "__init__.py").read_text("utf-8")[:20]


def of_an_extension_package():
    found = resources.files("markupsafe").iterdir()
    return sorted(each.name for each in found if each.suffix in (".pyi", ".py"))


def zip_path_of_package():
    return importlib.import_module("odd.resources_pkg").__file__

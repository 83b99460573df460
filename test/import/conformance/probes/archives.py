# test/import/conformance/probes/archives.py: real zip files, also on sys.path.
import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import io
import os
import pkgutil
import sys
import zipapp
import zipfile
import zipimport

import _facts


def _archive(path, **entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in entries.items():
            out.writestr(name.replace("__slash__", "/").replace("__dot__", "."), text)


def _made(name="lib.zip"):
    return _facts.file(
        b"".join(
            [
                _bytes(
                    {
                        "in_zip.py": "X = 'in the zip'\n\n\ndef fail():\n    return 1 / 0\n",
                        "zip_pkg/__init__.py": "from . import part\n",
                        "zip_pkg/part.py": "Y = 'part'\n",
                        "zip_pkg/data.txt": "data\n",
                        "zip_dist-3.0.dist-info/METADATA": "Name: zip-dist\nVersion: 3.0\n",
                    }
                )
            ]
        ),
        name,
    )


def _bytes(entries):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in entries.items():
            out.writestr(name, text)
    return data.getvalue()


def _forget():
    for name in [n for n in sys.modules if n.startswith(("in_zip", "zip_pkg"))]:
        del sys.modules[name]


def zipimporter():
    with _made() as path:
        importer = zipimport.zipimporter(path)
        spec = importer.find_spec("zip_pkg")
        return [
            importer.archive == path,
            importer.prefix,
            spec.name,
            importer.is_package("zip_pkg"),
            importer.get_source("in_zip")[:5],
            importer.get_data("zip_pkg/data.txt"),
            importer.get_filename("zip_pkg")[len(path) :],
            importer.find_spec("wholly_absent"),
            _facts.error(importer.get_code, "absent")[0],
            type(importer.get_code("in_zip")).__name__,
            repr(importer).replace(path, "PATH"),
        ]


def zipimporter_of_no_zip():
    with _facts.file(b"no zip") as path:
        return _facts.error(zipimport.zipimporter, path)[0]


def zipimporter_of_a_prefix():
    with _made() as path:
        importer = zipimport.zipimporter(path + "/zip_pkg")
        return importer.prefix, importer.find_spec("part").name


def zip_on_sys_path():
    _forget()
    with _made() as path:
        sys.path.insert(0, path)
        module = importlib.import_module("in_zip")
        package = importlib.import_module("zip_pkg")
        return (
            module.X,
            module.__file__[len(path) :],
            package.part.Y,
            [p[len(path) :] for p in package.__path__],
        )


def zip_on_sys_path_resources():
    _forget()
    with _made() as path:
        sys.path.insert(0, path)
        root = importlib.resources.files("zip_pkg")
        return [
            root.joinpath("data.txt").read_text(),
            sorted(each.name for each in root.iterdir()),
            pkgutil.get_data("zip_pkg", "data.txt"),
            [m.name for m in pkgutil.iter_modules([path])],
            importlib.metadata.version("zip-dist"),
        ]


def zip_on_sys_path_traceback():
    _forget()
    with _made() as path:
        sys.path.insert(0, path)
        try:
            importlib.import_module("in_zip").fail()
        except ZeroDivisionError:
            import traceback

            return traceback.format_exc().replace(path, "PATH").splitlines()[-4:]


def folder_in_a_zip_on_sys_path():
    _forget()
    with _made() as path:
        sys.path.insert(0, path + "/zip_pkg")
        sys.modules.pop("part", None)
        return importlib.import_module("part").Y


def zip_with_an_extension():
    """Stock zipimport finds none: dlopen needs a file."""
    folder = os.path.dirname(importlib.import_module("markupsafe").__file__)
    loader = importlib.import_module("markupsafe").__loader__
    names = [f for f in importlib.resources.files("markupsafe").iterdir() if f.suffix == ".so"]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as out:
        out.writestr("markup_again/__init__.py", "")
        name = names[0].name
        out.writestr(f"markup_again/{name}", loader.get_data(f"{folder}/{name}"))
    with _facts.file(data.getvalue(), "ext.zip") as path:
        sys.path.insert(0, path)
        found = importlib.util.find_spec("markup_again._speedups")
        return found is not None


def zip_replaced_on_disk():
    _forget()
    with _made() as path:
        sys.path.insert(0, path)
        importlib.import_module("in_zip")
        os.unlink(path)
        _archive(path, in_zip__dot__py="X = 'replaced'")
        importlib.invalidate_caches()
        _forget()
        return importlib.import_module("in_zip").X


def zip_removed_from_disk():
    _forget()
    with _made() as path:
        sys.path.insert(0, path)
        importlib.import_module("in_zip")
        os.unlink(path)
        importlib.invalidate_caches()
        _forget()
        return _facts.error(importlib.import_module, "in_zip")[0]


def empty_zip_on_sys_path():
    with _facts.file(_bytes({}), "empty.zip") as path:
        sys.path.insert(0, path)
        return importlib.util.find_spec("wholly_absent")


def text_file_on_sys_path():
    with _facts.file(b"text", "text.zip") as path:
        sys.path.insert(0, path)
        return importlib.util.find_spec("wholly_absent")


def zipapp_made_and_read():
    with _facts.file(b"", "x") as path:
        folder = os.path.dirname(path)
        os.mkdir(folder + "/src")
        with open(folder + "/src/mod.py", "w") as file:
            file.write("def main():\n    print('the app')\n")
        zipapp.create_archive(folder + "/src", folder + "/app.pyz", main="mod:main")
        with zipfile.ZipFile(folder + "/app.pyz") as archive:
            return sorted(archive.namelist()), zipapp.get_interpreter(folder + "/app.pyz")


def zipimport_module():
    return zipimport.__file__, zipimport.__name__, hasattr(zipimport, "_zip_directory_cache")

# lib/bundle/python/run_pip.py: pip for another target: its markers, and projects built here.
"""usage: run_pip.py MARKERS PIP_ARGUMENTS...

pip's --platform and --python-version choose the files, but markers ("; python_version < '3.12'")
it takes from the Python that runs it. MARKERS (JSON) stands in for these. And what is named as
source - a project's folder, an archive, a repository - `pip download` would leave out without a
word, or leave as source: it is built, by the pip of this host.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from pip._internal.exceptions import InstallationError
from pip._internal.operations.prepare import RequirementPreparer
from pip._vendor.packaging import markers

own_environment = markers.default_environment
wanted: dict[str, str] = json.loads(sys.argv.pop(1))
words = sys.argv[1 : sys.argv.index("--")]
save_as_it_is = RequirementPreparer.save_linked_requirement

PLACES = ("--index-url", "--extra-index-url", "--find-links")
ACCESS = (*PLACES, "--proxy", "--cert", "--client-cert")


def environment() -> Any:
    return {**own_environment(), **wanted}


def save(preparer: Any, req: Any) -> None:
    """What stands in for pip's own: leaves a wheel of it in the folder."""
    if req.link is None or req.link.is_wheel:
        save_as_it_is(preparer, req)
        return
    with tempfile.TemporaryDirectory() as folder:
        name = build(req.name, req.local_file_path or req.source_dir, folder)
        if not name.endswith("-none-any.whl"):
            raise InstallationError(
                f"{name} is not a supported wheel on this platform: it was built here, and for"
                " another target it has to be Python alone (expected *-none-any.whl)"
            )
        shutil.copy(os.path.join(folder, name), preparer.download_dir)


def build(name: str, source: str, folder: str) -> str:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "wheel"]
    options = ["--no-deps", "--wheel-dir", folder, *access()]
    status = subprocess.call([*pip, *options, "--", source])
    if status != 0:
        raise InstallationError(f"Failed to build {name} (exit status {status})")
    return os.listdir(folder)[0]


def access() -> list[str]:
    """Where a build finds what it requires itself."""
    pairs = zip(words, words[1:], strict=False)
    found = [word for option, value in pairs if option in ACCESS for word in (option, value)]
    return [*found, *(["--no-index"] if "--no-index" in words else [])]


markers.default_environment = environment
RequirementPreparer.save_linked_requirement = save  # type: ignore[method-assign]
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)

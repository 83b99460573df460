# lib/bundle/python/read_lock.py: which files a pylock.toml (PEP 751) wants for a target.
"""Reads a request (JSON) from stdin, writes the answer (JSON) to stdout.

Request: locks (paths), extras, groups, python ("3.13"), platforms (tags; none: this host), markers,
requires ([origin, specifier] pairs to check). Answer: hashed, plain (lists of "name @ url" with
their hashes), or error.
"""

import json
import pathlib
import sys
import tomllib
import urllib.parse
from collections.abc import Iterator
from typing import Any

from pip._vendor.packaging import tags as packaging_tags
from pip._vendor.packaging.markers import InvalidMarker, Marker, default_environment
from pip._vendor.packaging.specifiers import InvalidSpecifier, SpecifierSet
from pip._vendor.packaging.utils import InvalidWheelFilename, parse_wheel_filename

Table = dict[str, Any]


class LockError(Exception):
    pass


def target_tags(request: Table) -> list[packaging_tags.Tag]:
    if not request["platforms"] and not request["markers"]:
        return list(packaging_tags.sys_tags())
    version = tuple(int(part) for part in request["python"].split("."))
    platforms = request["platforms"] or list(packaging_tags.platform_tags())
    return [
        *packaging_tags.cpython_tags(version, None, platforms),
        *packaging_tags.compatible_tags(version, f"cp{version[0]}{version[1]}", platforms),
    ]


def check_python(origin: str, specifier: str, environment: Table) -> None:
    try:
        fits = SpecifierSet(specifier).contains(environment["python_full_version"], True)
    except InvalidSpecifier as error:
        raise LockError(f"{origin}: requires-python: {error}") from None
    if not fits:
        found = environment["python_full_version"]
        raise LockError(f"{origin} requires Python {specifier} (the bundle is for {found})")


def check_environment(path: str, markers: list[str], environment: Table) -> None:
    """A lock that names environments was made for those alone: elsewhere it may lack packages."""
    try:
        fits = [Marker(marker).evaluate(environment, context="lock_file") for marker in markers]
    except InvalidMarker as error:
        raise LockError(f"{path}: environments: {error}") from None
    if markers and not any(fits):
        names = "; ".join(markers)
        raise LockError(f"{path}: made for other environments than this target: {names}")


def read_lock(path: str, request: Table, environment: Table) -> tuple[str, Table, Table]:
    with open(path, "rb") as file:
        lock = tomllib.load(file)
    version = str(lock.get("lock-version", ""))
    if version.split(".", maxsplit=1)[0] != "1":
        raise LockError(f'{path}: lock-version "{version}" (expected 1.0)')
    for kind in ("extras", "groups"):
        known = lock.get("dependency-groups" if kind == "groups" else "extras", [])
        for name in request[kind]:
            if name not in known:
                names = ", ".join(known) or "there are none"
                raise LockError(f"{path}: no {kind[:-1]} {name} in it (expected one of: {names})")
    if "requires-python" in lock:
        check_python(path, lock["requires-python"], environment)
    check_environment(path, lock.get("environments", []), environment)
    groups = [*lock.get("default-groups", []), *request["groups"]]
    seen = {**environment, "extras": set(request["extras"]), "dependency_groups": set(groups)}
    return path, lock, seen


def wanted_packages(path: str, lock: Table, environment: Table) -> Iterator[Table]:
    chosen: dict[str, Table] = {}
    for package in lock.get("packages", []):
        try:
            marker = package.get("marker")
            if marker and not Marker(marker).evaluate(environment, context="lock_file"):
                continue
        except InvalidMarker as error:
            raise LockError(f"{path}: {package['name']}: marker: {error}") from None
        if "requires-python" in package:
            check_python(f"{path}: {package['name']}", package["requires-python"], environment)
        if package["name"] in chosen:
            raise LockError(f"{path}: two entries for {package['name']} apply to this target")
        chosen[package["name"]] = package
        yield package


def best_wheel(package: Table, tags: list[packaging_tags.Tag]) -> Table | None:
    ranks = {tag: rank for rank, tag in enumerate(tags)}
    best: tuple[int, Table] | None = None
    for wheel in package.get("wheels", []):
        try:
            found = parse_wheel_filename(file_name(wheel))[3]
        except InvalidWheelFilename:
            continue
        rank = min((ranks[tag] for tag in found if tag in ranks), default=None)
        if rank is not None and (best is None or rank < best[0]):
            best = rank, wheel
    return best[1] if best else None


def file_name(file: Table) -> str:
    place = file.get("name") or file.get("path") or urllib.parse.urlsplit(file.get("url", "")).path
    return urllib.parse.unquote(str(place).rpartition("/")[2])


def locate(path: str, file: Table) -> str:
    if "url" in file:
        return str(file["url"])
    return (pathlib.Path(path).resolve().parent / file["path"]).resolve().as_uri()


def with_hashes(url: str, file: Table) -> str:
    hashes = sorted(file.get("hashes", {}).items())
    return " ".join([url, *(f"--hash={name}:{value}" for name, value in hashes if name in STRONG)])


STRONG = ("sha256", "sha384", "sha512")


def requirement(path: str, package: Table, request: Table) -> tuple[str, bool]:
    """A line of a requirements file, and whether it has hashes."""
    name = package["name"]
    file: Table | None = best_wheel(package, target_tags(request))
    file = file or package.get("archive") or package.get("sdist")
    if file:
        line = with_hashes(f"{name} @ {locate(path, file)}", file)
        return line, "--hash=" in line
    if vcs := package.get("vcs"):
        at = f"{vcs['type']}+{locate(path, vcs)}@{vcs['commit-id']}"
        inside = f"#subdirectory={vcs['subdirectory']}" if "subdirectory" in vcs else ""
        return f"{name} @ {at}{inside}", False
    if directory := package.get("directory"):
        return f"{name} @ {locate(path, directory)}", False
    there = ", ".join(sorted(file_name(wheel) for wheel in package.get("wheels", [])))
    wanted = target_tags(request)[0]
    raise LockError(
        f"{path}: {name} {package.get('version', '')} has no wheel for this target "
        f"and no source distribution; there are: {there or 'no wheels'}; wanted: {wanted} "
        "or a tag that is compatible with it"
    )


def answer(request: Table) -> Table:
    environment: Table = {**default_environment(), **request["markers"]}
    for origin, specifier in request["requires"]:
        check_python(origin, specifier, environment)
    lines: dict[bool, list[str]] = {True: [], False: []}
    for path in request["locks"]:
        for package in wanted_packages(*read_lock(path, request, environment)):
            line, hashed = requirement(path, package, request)
            lines[hashed].append(line)
    return {"hashed": lines[True], "plain": lines[False]}


try:
    result = answer(json.load(sys.stdin))
except (LockError, OSError, tomllib.TOMLDecodeError) as failure:
    result = {"error": str(failure)}
except (KeyError, TypeError, AttributeError) as failure:
    result = {"error": f"not a lock file of PEP 751: {type(failure).__name__}: {failure}"}
json.dump(result, sys.stdout)

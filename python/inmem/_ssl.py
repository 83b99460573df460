# python/inmem/_ssl.py: Node's root certificates where the system has none.
"""The system's own certificates come first: native/interpreter knows where
distributions keep them. Only where none is found are Node's asked for."""

import os
from types import ModuleType
from typing import Any

import _inmem_job


def install(ssl: ModuleType) -> None:
    """Lets SSLContext.load_default_certs fall back to Node's certificates."""
    stock = ssl.SSLContext.load_default_certs

    def load_default_certs(self: Any, purpose: Any = ssl.Purpose.SERVER_AUTH) -> None:
        stock(self, purpose)
        if not system_certificates(ssl):
            roots = _inmem_job.root_certificates()
            if roots:
                self.load_verify_locations(cadata=roots)

    load_default_certs.__doc__ = stock.__doc__
    ssl.SSLContext.load_default_certs = load_default_certs


def system_certificates(ssl: ModuleType) -> bool:
    """True where the default locations hold anything."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return True
    try:
        return bool(paths.capath and os.listdir(paths.capath))
    except OSError:
        return False

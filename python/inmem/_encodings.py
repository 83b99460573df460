# python/inmem/_encodings.py: frozen as `encodings`, the interpreter's first
# import that is neither builtin nor frozen: installs the importer.
import _inmem_boot

_inmem_boot.install()
_inmem_boot.take_over(__name__, globals())

# python/stubs/_inmem_boot.pyi: python/inmem/_boot.py under the name that it is frozen as.
from inmem._boot import *
from inmem._boot import conflicts as conflicts
from inmem._boot import dormant as dormant
from inmem._boot import zips as zips

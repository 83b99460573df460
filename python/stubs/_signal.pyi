# python/stubs/_signal.pyi: the C half of signal, which typeshed does not list.
from signal import *

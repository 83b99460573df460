// native/interpreter/main.h: Python as a program of its own, for the launcher.
#pragma once

// Behaves as `python` with these arguments, bundles of INMEM_BUNDLES first on
// its path; gives the exit status. The one function that the addon exports
// beside CPython's own API and Node-API's entry points.
extern "C" __attribute__((visibility("default"))) int _PyInmem_Main(
    int argc, char** argv);

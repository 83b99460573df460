// test/wheels/numba/setup.mjs: what numba itself writes.

/** The C library keeps each named semaphore in a file; it makes it under another name first. */
export const writes = { "^/dev/shm/sem\\.": "a lock of multiprocessing, which numba makes" };

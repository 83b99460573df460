// test/wheels/scikit-learn/setup.mjs: threads of OpenMP that spin take the time of whoever has work.
export const start = async () => ({ env: { OMP_WAIT_POLICY: "passive" } });

export const timeoutSeconds = 300;

/** The C library keeps each named semaphore in a file; it makes it under another name first. */
export const writes = { "^/dev/shm/sem\\.": "locks of joblib and loky" };

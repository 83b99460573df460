// test/wheels/scikit-learn/setup.mjs: threads of OpenMP that spin take the time of whoever has work.
export const start = async () => ({ env: { OMP_WAIT_POLICY: "passive" } });

export const timeoutSeconds = 300;

// test/wheels-large/jax/setup.mjs: compiling takes long on a small machine.

export const timeoutSeconds = 600;

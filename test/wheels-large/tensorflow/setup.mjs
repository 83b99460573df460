// test/wheels-large/tensorflow/setup.mjs: compiling takes long on a small machine.

export const timeoutSeconds = 600;

export const writes = {
  "__autograph_generated_file\\w+(\\.\\S+)?$":
    "AutoGraph writes what it makes of a function, and imports it",
  "/tmp/tmp[a-z0-9_]{8}cacert\\.pem$": "certifi's own copy",
};

// test/wheels/matplotlib/setup.mjs: what matplotlib itself writes.

export const writes = { "/tmp/.*/fontlist-v\\d+\\.json": "matplotlib's list of fonts" };

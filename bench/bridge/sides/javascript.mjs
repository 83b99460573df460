// bench/bridge/sides/javascript.mjs: no bridge: what V8 keeps of as many objects of the like.

const collected = new FinalizationRegistry(() => {});

export async function open() {
  return {
    objects(n) {
      const kept = [];
      for (let i = 0; i < n; i += 1) {
        const proxy = new Proxy({ i, held: {} }, {});
        collected.register(proxy, i);
        kept.push(new WeakRef(proxy));
      }
      return kept.length;
    },
  };
}

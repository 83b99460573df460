// bench/bridge/memory.mjs: resident memory before and after many objects went through the bridge in one synchronous loop.
//
// usage: node memory.mjs '{ "side": "ours", "count": 200000 }'
import { need, openSide, options, tell } from "./open.mjs";
import { resident, settled } from "./resident.mjs";

const side = await openSide();
const objects = need(side, "objects");

objects(options.count / 100); // whatever the first ones take
const before = await settled();
objects(options.count);
const inLoop = resident();
const after = await settled();
tell(side, { before, inLoop, after });

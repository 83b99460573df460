// lib/trust.ts: keys, signatures and verifications: what the API and run() take of lib/trust.
export { keygen, spellVerification } from "./trust/keys.js";
export { sign } from "./trust/sign.js";
export { verify } from "./trust/verify.js";

// test/wheels/pyopenssl-requests/setup.mjs: a TLS server with a certificate of our own authority, and a SOCKS5 proxy.
import { makeAuthority } from "../../helpers/servers/authority.mjs";
import { startSocks } from "../../helpers/servers/socks.mjs";
import { startWeb } from "../../helpers/servers/web.mjs";

export async function start() {
  const authority = await makeAuthority();
  const web = await startWeb(authority);
  const socks = await startSocks();
  return {
    env: {
      TEST_CA: authority.ca,
      TEST_STRANGER: authority.stranger,
      TEST_WEB_PORT: String(web.port),
      TEST_SOCKS: `${socks.user}:${socks.password}@${socks.host}:${socks.port}`,
    },
    async stop() {
      await Promise.all([web.stop(), socks.stop()]);
      authority.remove();
    },
  };
}

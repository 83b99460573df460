// test/wheels/curl-cffi/setup.mjs: a TLS server that speaks HTTP/2.
import { makeAuthority } from "../../helpers/servers/authority.mjs";
import { startWeb } from "../../helpers/servers/web.mjs";

export async function start() {
  const authority = await makeAuthority();
  const web = await startWeb(authority);
  return {
    env: {
      TEST_CA: authority.ca,
      TEST_STRANGER: authority.stranger,
      TEST_WEB_PORT: String(web.port),
    },
    async stop() {
      await web.stop();
      authority.remove();
    },
  };
}

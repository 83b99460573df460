// test/wheels/grpcio/setup.mjs: certificates for the server that the program starts.
import { makeAuthority } from "../../helpers/servers/authority.mjs";

export async function start() {
  const authority = await makeAuthority();
  return {
    env: {
      TEST_CA: authority.ca,
      TEST_STRANGER: authority.stranger,
      TEST_KEY: authority.key,
      TEST_CERTIFICATE: authority.certificate,
    },
    stop: authority.remove,
  };
}

// test/wheels/psycopg2/setup.mjs: a PostgreSQL server that asks for TLS and a password.
import { makeAuthority } from "../../helpers/servers/authority.mjs";
import { startPostgres } from "../../helpers/servers/postgres.mjs";

export async function start() {
  const authority = await makeAuthority();
  const server = await startPostgres(authority);
  return {
    env: {
      TEST_CA: authority.ca,
      TEST_STRANGER: authority.stranger,
      TEST_PG_PORT: String(server.port),
      TEST_PG_USER: server.user,
      TEST_PG_PASSWORD: server.password,
    },
    async stop() {
      await server.stop();
      authority.remove();
    },
  };
}

// test/wheels/mysql-connector/setup.mjs: a MariaDB server with TLS.
import { startDatabase } from "../../helpers/servers/mariadb.mjs";

export const start = () => startDatabase();

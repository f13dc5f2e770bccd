import { createHash, randomBytes } from 'node:crypto';
import { ROLES, type ClickHouseEndpoint, type ClickHouseRole } from '../../server/clickhouse/endpoint.ts';

/** One for each role; its user has the role's name. */
export type EnginePasswords = Readonly<Record<ClickHouseRole, string>>;

/** Random ones, of 192 bits. */
export function newPasswords(): EnginePasswords {
  return { admin: newPassword(), ingest: newPassword(), query: newPassword(), analyst: newPassword() };
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

/** An embedded engine, with its users. */
export function engineEndpoint(url: string, passwords: EnginePasswords): ClickHouseEndpoint {
  const as = (username: ClickHouseRole) => ({ username, password: passwords[username] });
  return {
    urls: [url],
    cluster: undefined,
    isEmbedded: true,
    admin: as('admin'),
    ingest: as('ingest'),
    query: as('query'),
    analyst: as('analyst'),
  };
}

/**
 * What an embedded engine changes in the users of `users.d/clickhour.xml`: the passwords, by their hashes; who may come
 * from where; and `admin` in the place of `default`.
 *
 * `default` cannot have a password: in the library that npm brings, the server's own first session is `default` without
 * one. So nobody else gets anything out of it: no query but a digit is as short as its profile wants it, and only the command line of
 * that first session is above the constraint.
 */
export function engineUsersXml(passwords: EnginePasswords): string {
  const users = ROLES.map((name) => `        <${name}>${secret(passwords[name])}${LOOPBACK}${place(name)}</${name}>`);
  return `<clickhouse>
    <profiles>
        <first_session>
            <max_query_size>1</max_query_size>
            <constraints><max_query_size><const/></max_query_size></constraints>
        </first_session>
    </profiles>
    <users>
        <default>
            ${LOOPBACK}
            <profile>first_session</profile>
            <grants>
                <query>GRANT SYSTEM LISTEN, CREATE TEMPORARY TABLE ON *.*</query>
                <query>GRANT READ ON FILE</query>
            </grants>
        </default>
${users.join('\n')}
    </users>
</clickhouse>
`;
}

const LOOPBACK = '<networks replace="replace"><ip>127.0.0.1</ip><ip>::1</ip></networks>';

function secret(password: string): string {
  const hash = createHash('sha256').update(password).digest('hex');
  return `<password remove="remove"/><password_sha256_hex>${hash}</password_sha256_hex>`;
}

/** The others have theirs in the project's own file. */
function place(name: ClickHouseRole): string {
  return name === 'admin' ? '<profile>default</profile><quota>default</quota>' : '';
}

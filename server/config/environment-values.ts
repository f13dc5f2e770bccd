import { isIP } from 'node:net';
import { EnvError, makeExactValidator } from 'envalid';
import { messageOf, show } from '../common/errors.ts';
import { parseRate } from '../auth/parse-rate.ts';
import type { Rate } from '../auth/token-bucket.ts';
import { parseApiKeys, type ApiKey } from '../auth/api-keys.ts';
import { isCidr } from '../auth/networks.ts';
import { jsonOf } from '../common/json.ts';
import { GIB, KIB, MIB } from '../common/units.ts';

// How each kind of variable is read. All of them throw an EnvError that says what came and what was expected.

export function whole(min: number, max: number) {
  return makeExactValidator<number>((input) => {
    const value = /^\d{1,16}$/.test(input) ? Number(input) : NaN;
    if (value >= min && value <= max) return value;
    throw new EnvError(`received ${show(input)}, expected a whole number from ${min} to ${max}`);
  });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: KIB, MiB: MIB, GiB: GIB };

export function bytes(min: number, max: number) {
  return makeExactValidator<number>((input) => {
    const [, digits = '', unit = ''] = /^(\d{1,16}) ?(KiB|MiB|GiB|)$/.exec(input) ?? [];
    const value = digits === '' ? NaN : Number(digits) * (UNITS[unit] ?? NaN);
    if (value >= min && value <= max) return value;
    throw new EnvError(`received ${show(input)}, expected bytes from ${min} to ${max}, such as 1048576 or 1MiB`);
  });
}

/** One address, or several that are separated by commas. */
export const httpUrls = makeExactValidator<readonly [string, ...string[]]>((input) => {
  const [first = '', ...others] = input.split(',').map((text) => text.trim());
  return [httpUrl(first), ...others.map(httpUrl)];
});

/** An address and nothing else: a path would be the database to the client, and a query its settings. */
function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return text;
  const hint = 'with the user in CLICKHOUSE_USER and CLICKHOUSE_PASSWORD';
  // Also what is no URL, or is behind an address, may hold a password, such as one with a "#" that is not encoded.
  const received = url === undefined ? text.replace(/^.*@/s, '…@') : withoutSecrets(url);
  throw new EnvError(`received ${show(received)}, expected http://HOST:PORT or https://HOST:PORT, ${hint}`);
}

function withoutSecrets({ protocol, host, pathname, search, hash }: URL): string {
  const hasMore = /^\/./.test(pathname + search + hash);
  return `${protocol}//${host}${hasMore ? '/…' : ''}`;
}

/** @param words what a text of this pattern is */
function matching(pattern: RegExp, words: string) {
  return makeExactValidator<string>((input) => {
    if (pattern.test(input)) return input;
    throw new EnvError(`received ${show(input)}, expected ${words}`);
  });
}

/** A name in ClickHouse's configuration; it becomes a part of SQL. */
export const clusterName = matching(/^[\w.-]{1,64}$/, 'letters, digits, and any of _ . -');

/** A name in SQL, without quotes. */
export const identifier = matching(
  /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
  'letters, digits and underscores, starting with no digit',
);

export function oneOf<T extends string>(choices: readonly T[]) {
  return makeExactValidator<T>((input) => {
    const found = choices.find((choice) => choice === input);
    if (found !== undefined) return found;
    throw new EnvError(`received ${show(input)}, expected one of ${choices.join(', ')}`);
  });
}

export const apiKeys = makeExactValidator<readonly ApiKey[]>((input) => {
  try {
    return parseApiKeys(input);
  } catch (error) {
    throw new EnvError(messageOf(error));
  }
});

export const rate = makeExactValidator<Rate>((input) => {
  try {
    return parseRate(jsonOf(input));
  } catch (error) {
    throw new EnvError(`received ${show(input)}: ${messageOf(error)}`);
  }
});

function list(isGood: (text: string) => boolean, expected: string) {
  return makeExactValidator<readonly string[]>((input) => {
    const texts = input.split(',').map((text) => text.trim());
    const wrong = texts.find((text) => !isGood(text));
    if (wrong === undefined) return texts;
    throw new EnvError(`received ${show(wrong)}, expected ${expected}`);
  });
}

export const cidrs = list(isCidr, 'CIDR blocks or addresses, separated by commas, such as 10.0.0.0/8,fd00::/8');

export const origins = list(
  (text) => text === '*' || (URL.canParse(text) && new URL(text).origin === text),
  '* or origins, separated by commas, such as https://shop.example',
);

export const hostNames = list(
  (text) => text === '*' || isIP(text) !== 0 || /^[\w-]+(?:\.[\w-]+)*$/.test(text),
  '* or host names without ports, separated by commas, such as stats.example',
);

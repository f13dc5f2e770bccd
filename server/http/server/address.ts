import type { IncomingMessage } from 'node:http';

/** A name or an IPv4 address, or an IPv6 address in brackets, and a port. */
const AUTHORITY = /^(?:[\w.~%!$&'()*+,;=-]{1,255}|\[[\da-fA-F:.]{2,45}\])(?::\d{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)$/i;

/**
 * Looks at how a request is addressed, and brings it into one form: a target that begins with `/`, and one Host. A target with
 * a host in it, as proxies send, names the host.
 * @returns what is wrong, as `received X, expected Y`; undefined when nothing is
 */
export function settleAddress(request: IncomingMessage): string | undefined {
  const { httpVersionMajor, httpVersionMinor, httpVersion, headers, method } = request;
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return `received HTTP/${httpVersion}, expected HTTP/1.1`;
  if (headers.host === undefined && httpVersionMinor === 1) return 'received no Host header, expected one';
  if (hasTwoHosts(request)) return 'received two Host headers, expected one';
  if (headers.host !== undefined && headers.host !== '' && !AUTHORITY.test(headers.host)) {
    return 'received a Host header that names no host, expected HOST or HOST:PORT';
  }
  const target = request.url ?? '';
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return undefined;
  const [, authority = '', path = ''] = ABSOLUTE.exec(target) ?? [];
  if (!AUTHORITY.test(authority) || !URL.canParse(`http://${authority}`)) {
    return 'received a target that is no path and no address of one, expected one that begins with /';
  }
  headers.host = authority;
  request.url = path.startsWith('/') ? path : `/${path}`;
  return undefined;
}

/** Node keeps the first of them, and a proxy may have gone by the other. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

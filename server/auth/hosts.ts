import { isIP } from 'node:net';

/** For whom a server answers. */
export interface HostRules {
  /** Nothing says whom to trust, so everyone is. */
  readonly isOpen: boolean;
  /** The address that it listens on. */
  readonly listenHost: string;
  /** Names that the operator has configured; `*` for any. */
  readonly allowedHosts: readonly string[];
}

/** Whether an address or a name is this machine's alone. */
export function isLoopback(name: string): boolean {
  return /^(?:(?:[\w-]+\.)*localhost|::1|127(?:\.\d{1,3}){3})$/i.test(name);
}

/**
 * Which Host a request may have. A page of another site that makes its own name lead here (DNS rebinding) has that name
 * in it: so while everything is open, only names are answered that nobody else can own. On a loopback address those are
 * loopback's; elsewhere addresses too, and names without a dot, as containers have. With keys a page can do nothing
 * without one, so any name will do unless the operator has configured some; the rights of a network are kept from pages of such
 * names by `authenticate`.
 * @returns whether a Host header, well-formed, is one of them
 */
export function hostCheck({ isOpen, listenHost, allowedHosts }: HostRules): (host: string) => boolean {
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
  if (allowed.has('*') || (!isOpen && allowed.size === 0)) return () => true;
  const isPublic = !isLoopback(listenHost);
  const isKnown = (name: string) =>
    isLoopback(name) || allowed.has(name) || (isPublic && (isIP(name) !== 0 || /^[\w-]+$/.test(name)));
  // Nearly every request has the one before's.
  let last: string | undefined;
  return (host) => {
    if (host === last) return true;
    if (!isKnown(nameOf(host))) return false;
    last = host;
    return true;
  };
}

/** Of `HOST:PORT` the name, in lower case; an IPv6 address without its brackets. */
function nameOf(host: string): string {
  const [, v6, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))/.exec(host) ?? [];
  return (v6 ?? name).toLowerCase().replace(/\.$/, '');
}

const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Whether a page's origin is the one that its request goes to. TLS may have ended in front of this server, so the scheme
 * is not compared.
 */
export function isOwnOrigin(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  const usual = PORTS[page.protocol];
  if (usual === undefined) return false;
  const own = host.toLowerCase();
  return page.host === own || `${page.hostname}:${page.port || usual}` === own;
}

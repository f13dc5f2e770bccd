const MEMBER = /^[A-Za-z_$][A-Za-z0-9_$-]{0,63}$/;

/** Whether the service takes a name as a member of a path into `data`; what has another cannot be asked for. */
export function isMember(name: string): boolean {
  return MEMBER.test(name);
}

/** A path without what all paths begin with. */
export function withoutData(path: string): string {
  return path.replace(/^data\./, '');
}

/** The path of a condition, and its value: all that follows the first colon. */
export function conditionOf(condition: string): { readonly path: string; readonly value: string } {
  const colon = condition.indexOf(':');
  if (colon === -1) return { path: condition, value: '' };
  return { path: condition.slice(0, colon), value: condition.slice(colon + 1) };
}

/** The path of a condition, and its value: all that follows the first colon. */
export function conditionOf(condition: string): { readonly path: string; readonly value: string } {
  const colon = condition.indexOf(':');
  if (colon === -1) return { path: condition, value: '' };
  return { path: condition.slice(0, colon), value: condition.slice(colon + 1) };
}

/**
 * How a line for a terminal begins. The key of this tab is not for copying, and need not be one that may do what the line
 * does: there is a variable in its place.
 */
export function curl(hasKey: boolean): string {
  return hasKey ? 'curl -H "Authorization: Bearer $KEY"' : 'curl';
}

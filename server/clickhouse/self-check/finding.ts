/** Something in ClickHouse that is not as the guarantees need it. */
export interface Finding {
  /** `blocking`: shipping could lose or double rows, or lose columns. `warning`: it cannot, but a person should know. */
  readonly severity: 'blocking' | 'warning';
  readonly what: string;
  readonly found: string;
  readonly expected: string;
  /** The SQL or command that fixes it. */
  readonly fix: string;
}

/** For people. */
export function describeFinding({ what, found, expected, fix }: Finding): string {
  return `${what}: found ${found}, expected ${expected}; to fix it: ${fix}`;
}

/** What is not there at all, with the migration that makes it. */
export function missing(kind: string, name: string, migration: string): Finding {
  const fix = `npm run migrate; if nothing is pending there, restore it, or make it as in ${migration}`;
  return blockingFinding(`the ${kind} ${name}`, 'nothing', `the ${kind}`, fix);
}

export function isBlocking({ severity }: Finding): boolean {
  return severity === 'blocking';
}

/** What is there and wrong; shipping stops for it. */
export function blockingFinding(what: string, found: string, expected: string, fix: string): Finding {
  return { severity: 'blocking', what, found, expected, fix };
}

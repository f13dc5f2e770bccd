import type { HealthReport } from '../../../server/health/health.ts';

/** What the service at this address says of its parts. */
export async function health({ url }: { readonly url: string }): Promise<HealthReport> {
  return (await (await fetch(`${url}/health`)).json()) as HealthReport;
}

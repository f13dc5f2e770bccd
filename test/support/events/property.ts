/** How often a property is tried, with the same cases in every run; PROPERTY_SEED=N tries others. */
export function runs(numRuns = 100): { readonly numRuns: number; readonly seed: number } {
  return { numRuns, seed: Number(process.env['PROPERTY_SEED'] ?? 1) };
}

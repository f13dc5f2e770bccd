import type { AdminNode } from '../admin-node.ts';

/** A node to look at. */
export interface CheckedNode extends AdminNode {
  readonly nowMs: () => number;
}

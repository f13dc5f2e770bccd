import { linePath, type Point } from './scale.ts';

const SIZE = { width: 120, height: 32 };

/** A small line that shows the shape of something over time; the figures are beside it. */
export function Sparkline({ values }: { readonly values: readonly number[] }) {
  const max = Math.max(1, ...values);
  const step = SIZE.width / Math.max(1, values.length - 1);
  const points = values.map((value, index): Point => [
    index * step,
    SIZE.height - 2 - (value / max) * (SIZE.height - 4),
  ]);
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${SIZE.width} ${SIZE.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path d={linePath(points)} vector-effect="non-scaling-stroke" />
    </svg>
  );
}

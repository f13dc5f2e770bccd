import type { ComponentChildren } from 'preact';

/** A remark above what it is about; read out when it appears. */
export function Notice({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="notice" role="status">
      {children}
    </p>
  );
}

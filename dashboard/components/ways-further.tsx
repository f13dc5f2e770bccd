/** A link to the same with fewer filters. */
export interface Way {
  readonly label: string;
  readonly href: string;
}

/** Where to look when filters find nothing. */
export function WaysFurther({ ways }: { readonly ways: readonly Way[] }) {
  return (
    <ul class="ways">
      {ways.map(({ label, href }) => (
        <li key={label}>
          <a href={href}>{label}</a>
        </li>
      ))}
    </ul>
  );
}

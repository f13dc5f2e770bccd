/** Of a question or of a link. What is empty is left out, and lists are repeated. */
export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

export function withQuery(path: string, parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const item of [value ?? []].flat()) if (item !== '') query.append(name, item);
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** What a link says, whatever that is: what is wrong is for the service to say. What it does not have is empty. */
export function textsOf<Name extends string>(query: URLSearchParams, names: readonly Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, query.get(name) ?? ''])) as Record<Name, string>;
}

export function listOf(query: URLSearchParams, name: string): readonly string[] {
  return query.getAll(name).filter((item) => item !== '');
}

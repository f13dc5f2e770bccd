/**
 * The key in an `Authorization` header: `Bearer KEY`, or the user name of `Basic`.
 * @returns undefined when the header is neither, or its key is empty
 */
export function presentedKey(authorization: string): string | undefined {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(\S+) *$/i.exec(authorization) ?? [];
  const key = scheme.toLowerCase() === 'basic' ? basicUser(credentials) : credentials;
  return key === '' ? undefined : key;
}

function basicUser(credentials: string): string {
  const [user = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':', 1);
  return user;
}

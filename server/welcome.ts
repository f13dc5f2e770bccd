import type { App } from './app.ts';
import type { AuthRules } from './auth/authenticator.ts';

/**
 * What `npm start` prints: where everything is, and three lines to try. Where keys are configured, the lines have the
 * place of one.
 */
export function welcome(
  { url, consoleUrl, problem }: Pick<App, 'url' | 'consoleUrl' | 'problem'>,
  { keys }: Pick<AuthRules, 'keys'>,
  nowMs: number,
): string {
  const withKey = keys.length === 0 ? '' : ` -H "Authorization: Bearer $KEY"`;
  return `
clickhour listens on ${url}
Dashboard:           ${url}/
SQL console:         ${consoleUrl}
${problem === undefined ? '' : `\n${problem}\n`}
Try${keys.length === 0 ? '' : ', with your key in KEY'}:
  curl${withKey} -X POST '${url}/analytics?timestamp=${nowMs}&user=ada&click'
  curl${withKey} '${url}/analytics?timestamp=${nowMs}'
  curl '${url}/health'

`;
}

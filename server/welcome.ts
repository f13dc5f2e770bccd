/** What `npm start` prints: where everything is, and three lines to try. */
export function welcome({ url, consoleUrl }: { url: string; consoleUrl: string }, nowMs: number): string {
  return `
clickhour listens on ${url}
Dashboard:           ${url}/
SQL console:         ${consoleUrl}

Try:
  curl -X POST '${url}/analytics?timestamp=${nowMs}&user=ada&click'
  curl '${url}/analytics?timestamp=${nowMs}'
  curl '${url}/health'

`;
}

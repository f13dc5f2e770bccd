import { variableHelp } from './variable-help.ts';

const INTRODUCTION = `# Configuration

Everything is set by environment variables. A \`.env\` file in the current folder is read, too (\`NAME=value\` lines); what
the environment says wins over it, and an empty value means the default. A wrong value stops the start with one message that
lists every wrong variable. Sizes are bytes, or a number with \`KiB\`, \`MiB\` or \`GiB\`; times are milliseconds. The commands that
send events, import and simulate, read the key to call the service with from \`CLICKHOUR_API_KEY\`.

This page is made of the program's own list: \`npm run docs\` writes it anew.
`;

/** The text of \`docs/configuration.md\`. */
export function configurationPage(): string {
  const sections = variableHelp().map(({ name, default: value, unit, expected, meaning }) => {
    const facts = [
      `Default: ${value === '' ? 'unset' : `\`${value}\``}`,
      ...(unit === '' ? [] : [`Unit: ${unit}`]),
      `Expected: ${expected}`,
    ];
    return `## ${name}\n\n${meaning}.\n\n${facts.map((fact) => `- ${fact}\n`).join('')}`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

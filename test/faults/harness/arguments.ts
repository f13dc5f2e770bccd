import { randomBytes } from 'node:crypto';
import { readArguments } from '../../../server/cli/command.ts';
import { messageOf, show } from '../../../server/common/errors.ts';
import { scenarioNamed } from '../scenarios/all.ts';
import { isBreak, SHOWN_BY, type Break } from './breaks/breaks.ts';
import type { Scenario } from './scenario.ts';

export interface Chosen {
  readonly scenarios: readonly Scenario[];
  readonly minutes: number | undefined;
  readonly seed: string;
  readonly broken: Break | undefined;
  readonly isList: boolean;
  readonly isHelp: boolean;
}

export const USAGE = `Usage: npm run faults -- [options]

Injects every fault the service must survive and reconciles what was sent with what is stored, on a real ClickHouse of its
own: no acknowledged event may be lost, and none may count twice.

  --scenario NAME   only this one; may be given several times. Default: each once
  --minutes N       goes on picking scenarios at random for so long
  --seed TEXT       makes the same choices again. Default: a random one, which is printed
  --break NAME      breaks a guarantee on purpose, to see that the harness notices it:
                    ${Object.keys(SHOWN_BY).join(', ')}
  --list            lists the scenarios, and what each does
  --help            this text

Some scenarios need the right to mount a file system (power-cut, disk-full; else they do with less) or strace
(commit-fault-*; else they are skipped). Exit code: 0 every promise held, 1 one was broken, or something was left behind,
2 wrong arguments, 130 interrupted.

Example: npm run faults -- --scenario commit-fault-events --seed 7
`;

const SPECS = {
  minutes: { type: 'string' },
  seed: { type: 'string' },
  scenario: { type: 'string', multiple: true },
  break: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** @returns what to run, or a sentence about what is wrong */
export function parseArguments(args: readonly string[], all: readonly Scenario[]): Chosen | string {
  try {
    const { values } = readArguments({ args: [...args], options: SPECS });
    const broken = breakOf(values.break);
    const names = values.scenario ?? (broken === undefined ? undefined : [SHOWN_BY[broken]]);
    return {
      scenarios: names === undefined ? all : names.map((name) => scenarioNamed(name)),
      minutes: values.minutes === undefined ? undefined : minutesOf(values.minutes),
      seed: values.seed ?? randomBytes(4).toString('hex'),
      broken,
      isList: values.list ?? false,
      isHelp: values.help ?? false,
    };
  } catch (error) {
    return messageOf(error);
  }
}

function breakOf(text: string | undefined): Break | undefined {
  if (text === undefined) return undefined;
  if (isBreak(text)) return text;
  throw new Error(`--break: received ${show(text)}, expected one of ${Object.keys(SHOWN_BY).join(', ')}`);
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (minutes > 0 && minutes <= 10_080) return minutes;
  throw new Error(`--minutes: received ${show(text)}, expected a number above 0, at most 10080`);
}

import { MEASURED_VERSION } from './expected-tables.ts';
import { blockingFinding, type Finding } from './finding.ts';

/** @param version what ClickHouse says of itself, such as `26.7.1.1`; nothing is found when it is one to work with */
export function checkVersion(version: string): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [year, release] = MEASURED_VERSION;
  if (major > year || (major === year && minor >= release)) return [];
  const fix = 'install a newer ClickHouse: it was not measured that an older one loses nothing when it is killed';
  return [blockingFinding("ClickHouse's version", version, `${year}.${release} or later`, fix)];
}

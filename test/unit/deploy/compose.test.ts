import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { defaults } from '../../../server/config/config.ts';
import { MIB } from '../../../server/common/units.ts';
import { projectRoot } from '../../../server/common/project-root.ts';
import { yaml } from '../../support/yaml.ts';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
}

function servicesOf(file: string): Readonly<Record<string, Service>> {
  const { services } = yaml.load(read(file)) as { readonly services: Readonly<Record<string, Service>> };
  return services;
}

describe('The compose files', () => {
  const services = servicesOf('docker-compose.yml');

  it('give the servers a password for ClickHouse only together with the users who have it', () => {
    for (const name of ['server', 'migrate'])
      expect(Object.keys(services[name]?.environment ?? {}).filter((name) => name.includes('PASSWORD'))).to.deep.equal(
        [],
      );
    const secret = servicesOf('docker-compose.secrets.yml');
    expect(secret['server']?.environment).to.include.keys('CLICKHOUSE_PASSWORD_FILE');
    expect(secret['clickhouse']?.volumes?.join('\n')).to.include('/etc/clickhouse-server/users.d/');
  });

  it('keep what ClickHouse says of itself small', () => {
    const nodes = [services, servicesOf('docker-compose.cluster.yml')]
      .flatMap((services) => Object.entries(services))
      .filter(([name]) => name.startsWith('clickhouse'));
    expect(nodes).to.have.length(5);
    for (const [name, { volumes }] of nodes)
      expect(volumes, name).to.include('./clickhouse/image/logger.xml:/etc/clickhouse-server/config.d/logger.xml:ro');
    expect(read('clickhouse/image/logger.xml')).to.include('<level>warning</level>');
  });

  it('let nginx take the bodies that a server takes, many at a time', () => {
    const [, mebibytes = ''] = /^ *client_max_body_size (\d+)m;$/m.exec(read('nginx/nginx.conf')) ?? [];
    expect(Number(mebibytes) * MIB).to.equal(defaults.maxBodyBytes);
    const [, gibibytes = ''] = /^\/tmp:size=(\d+)g$/.exec(services['nginx']?.tmpfs?.[0] ?? '') ?? [];
    expect((Number(gibibytes) * 1024) / Number(mebibytes)).to.be.above(100);
  });
});

function read(file: string): string {
  return readFileSync(path.join(projectRoot, file), 'utf8');
}

import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { hostCheck } from '../../../server/auth/hosts.ts';
import { variables } from '../../../server/config/variables.ts';
import { SECRETS } from '../../../server/config/secret-files.ts';
import { projectRoot } from '../../../server/common/project-root.ts';
import { yaml } from '../../support/yaml.ts';

const CHART = 'deploy/helm/clickhour';
/** What a server that stops may take. */
const DRAIN_SECONDS = 30;
/** Before a pod is told to stop, it leaves the service for 5 s; and some to spare. */
const MIN_GRACE_SECONDS = 40;

type Tree = { readonly [key: string]: Tree };

function kindOf(document: Tree): string {
  return document['kind'] as unknown as string;
}

describe('The Helm chart', () => {
  const templates = new Map(
    readdirSync(path.join(projectRoot, CHART, 'templates'))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [name, yaml.loadAll(withoutTemplates(read(`${CHART}/templates/${name}`))) as Tree[]] as const),
  );
  const kind = (name: string): Tree => {
    const found = [...templates.values()].flat().find((document) => kindOf(document) === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };

  it('is YAML, each document with a kind and a name', () => {
    for (const document of [...templates.values()].flat()) {
      expect(document).to.include.keys('apiVersion', 'kind', 'metadata');
      expect(document).to.have.nested.property('metadata.name');
    }
    expect([...templates.values()].flat().map(kindOf).sort()).to.deep.equal([
      'Job',
      'PodDisruptionBudget',
      'Secret',
      'Service',
      'Service',
      'ServiceMonitor',
      'StatefulSet',
    ]);
  });

  it('keeps the journal on a volume of each pod, also when the pod goes, and nothing in an emptyDir', () => {
    const set = kind('StatefulSet')['spec'] as Tree;
    const [claim] = set['volumeClaimTemplates'] as unknown as [Tree];
    expect(claim).to.have.nested.property('metadata.name', 'journal');
    const [server] = podOf(set)['containers'] as unknown as [Tree];
    expect(server['volumeMounts']).to.deep.include({ name: 'journal', mountPath: '/data' });
    expect(set['persistentVolumeClaimRetentionPolicy']).to.deep.equal({ whenDeleted: 'Retain', whenScaled: 'Retain' });
    for (const name of templates.keys()) expect(read(`${CHART}/templates/${name}`)).to.not.include('emptyDir');
  });

  it('asks the service whether it lives and is ready, and gives it time to ship', () => {
    const [server] = podOf(kind('StatefulSet')['spec'] as Tree)['containers'] as unknown as [Tree];
    expect(server).to.have.nested.property('livenessProbe.httpGet.path', '/health/live');
    expect(server).to.have.nested.property('readinessProbe.httpGet.path', '/health/ready');
    const values = yaml.load(read(`${CHART}/values.yaml`)) as { terminationGracePeriodSeconds: number };
    expect(values.terminationGracePeriodSeconds).to.be.at.least(MIN_GRACE_SECONDS);
    expect(schema()['properties']).to.have.nested.property('terminationGracePeriodSeconds.minimum', MIN_GRACE_SECONDS);
  });

  it('answers, while it is open to everybody, at the address that it tells', () => {
    const [, formats = ''] =
      /name: ALLOWED_HOSTS\n +value: \{\{ printf "([^"]+)"/.exec(read(`${CHART}/templates/_helpers.tpl`)) ?? [];
    const allowedHosts = formats.replaceAll('%s', 'clickhour.default').split(',');
    const [, told = ''] =
      /http:\/\/(\S*\.svc):/.exec(
        read(`${CHART}/templates/NOTES.txt`)
          .replaceAll('{{ .Release.Name }}', 'clickhour')
          .replaceAll('{{ .Release.Namespace }}', 'default'),
      ) ?? [];
    expect(told).to.not.equal('');
    const listenHost = '0.0.0.0';
    expect(hostCheck({ isOpen: true, listenHost, allowedHosts })(told)).to.equal(true);
    expect(hostCheck({ isOpen: true, listenHost, allowedHosts: [] })(told)).to.equal(false);
  });

  it('is scraped under the job name that the alerts ask for', () => {
    const { jobLabel } = kind('ServiceMonitor')['spec'] as { readonly jobLabel?: unknown };
    expect(jobLabel).to.equal('app.kubernetes.io/name');
    const [, name] = /^app\.kubernetes\.io\/name: (\S+)$/m.exec(read(`${CHART}/templates/_helpers.tpl`)) ?? [];
    expect(read('monitoring/alerts.yml')).to.include(`up{job="${name}"}`);
  });

  it('runs as nobody in particular, on a read-only file system, with secrets in files', () => {
    for (const name of ['statefulset.yaml', 'migration-job.yaml']) {
      const text = read(`${CHART}/templates/${name}`);
      expect(text).to.include('clickhour.pod-security').and.include('clickhour.container-security');
      expect(text).to.include('automountServiceAccountToken: false');
    }
    const helpers = read(`${CHART}/templates/_helpers.tpl`);
    expect(helpers).to.include('readOnlyRootFilesystem: true').and.include('runAsNonRoot: true');
    expect(helpers).to.not.match(/name: (?:CLICKHOUSE_PASSWORD|API_KEYS)$/m);
  });

  it('makes new pods for secrets that have changed, and has the old ones back when it goes back', () => {
    const annotations = kind('Secret')['metadata']?.['annotations'] as unknown as Readonly<Record<string, string>>;
    expect(annotations['helm.sh/hook']?.split(',')).to.have.members(['pre-install', 'pre-upgrade', 'pre-rollback']);
    expect(read(`${CHART}/templates/statefulset.yaml`)).to.match(
      /^ {8}checksum\/secrets: \{\{ include \(print \$\.Template\.BasePath "\/secret\.yaml"\) \. \| sha256sum \}\}$/m,
    );
  });

  it('sets variables that there are', () => {
    const known = [...Object.keys(variables), ...SECRETS.map((name) => `${name}_FILE`)];
    const text = `${read(`${CHART}/templates/_helpers.tpl`)}\n${read(`${CHART}/templates/statefulset.yaml`)}`;
    const set = [...text.matchAll(/- name: ([A-Z_]+)$/gm)].map(([, name = '']) => name);
    expect(set.length).to.be.above(10);
    expect(set.filter((name) => !known.includes(name))).to.deep.equal([]);
  });

  it('uses values that there are, all of them', () => {
    const values = yaml.load(read(`${CHART}/values.yaml`)) as Tree;
    const text = readdirSync(path.join(projectRoot, CHART, 'templates'))
      .map((name) => read(`${CHART}/templates/${name}`))
      .join('\n');
    const used = new Set([...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, name = '']) => name));
    for (const name of used) expect(values, name).to.have.nested.property(name);
    for (const name of Object.keys(values)) {
      expect(
        [...used].some((one) => one === name || one.startsWith(`${name}.`)),
        name,
      ).to.equal(true);
    }
  });

  it('refuses values that cannot work, and takes those that can', () => {
    const isValid = new Ajv({ strict: false }).compile(schema());
    const values = yaml.load(read(`${CHART}/values.yaml`)) as Record<string, unknown>;
    const good = { ...values, clickhouse: { ...(values['clickhouse'] as object), url: 'http://a:8123,http://b:8123' } };
    expect(isValid(good), JSON.stringify(isValid.errors)).to.equal(true);
    // Which ClickHouse, only the operator knows.
    expect(isValid(values)).to.equal(false);
    for (const bad of [
      { terminationGracePeriodSeconds: 39 },
      { replicas: 0 },
      { workers: '4' },
      { journal: { size: '20' } },
      { replica: 2 },
      { clickhouse: { url: 'tcp://a:9000' } },
      { podDisruptionBudget: { maxUnavailable: 0 } },
    ]) {
      expect(isValid({ ...good, ...bad }), JSON.stringify(bad)).to.equal(false);
    }
  });
});

describe('The systemd unit', () => {
  const file = path.join(projectRoot, 'deploy/systemd/clickhour.service');

  it('is one that systemd takes', function () {
    // Only systemd can say; a container and macOS have none.
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) this.skip();
    // The program need not be installed here.
    const { stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    const problems = stderr
      .split('\n')
      .filter((line) => line.includes('clickhour.service') && !/not executable/.test(line));
    expect(problems).to.deep.equal([]);
  });

  it('shuts the service in', function () {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) this.skip();
    const verdict = execFileSync('systemd-analyze', ['security', '--offline=true', file], { encoding: 'utf8' });
    const [, exposure] = /Overall exposure level for clickhour\.service: ([\d.]+)/.exec(verdict) ?? [];
    expect(Number(exposure)).to.be.below(2);
  });

  it('gives it time to ship, and keeps signals from its engine', () => {
    const text = readFileSync(file, 'utf8');
    expect(text).to.match(/^KillMode=mixed$/m);
    const [, seconds] = /^TimeoutStopSec=(\d+)s$/m.exec(text) ?? [];
    expect(Number(seconds)).to.be.above(DRAIN_SECONDS);
  });
});

describe('The workflow of the image', () => {
  const text = read('.github/workflows/image.yml');

  it('pins every action by its hash, and says which version that is', () => {
    const uses = text.split('\n').filter((line) => line.includes('uses:'));
    expect(uses.length).to.be.above(0);
    expect(uses.filter((line) => !/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).to.deep.equal([]);
  });

  it('is YAML, builds for both architectures, tries each, and publishes with SBOM and provenance', () => {
    expect(yaml.load(text)).to.include.keys('jobs', 'permissions');
    for (const part of ['arch: amd64', 'arch: arm64', '--sbom=true', '--provenance=mode=max', 'smoke.sh']) {
      expect(text).to.include(part);
    }
  });

  it('runs for every change of what it tries', () => {
    const { on } = yaml.load(text) as { readonly on: { readonly pull_request: { readonly paths: readonly string[] } } };
    expect(on.pull_request.paths).to.include.members(['Dockerfile', 'deploy/helm/**', 'test/containers/smoke.sh']);
  });
});

function podOf(spec: Tree): Tree {
  return spec['template']?.['spec'] as Tree;
}

function schema(): Record<string, unknown> {
  return JSON.parse(read(`${CHART}/values.schema.json`)) as Record<string, unknown>;
}

function read(file: string): string {
  return readFileSync(path.join(projectRoot, file), 'utf8');
}

/** Everything that any values could make of it: lines of control are left out, and a value is a word. */
function withoutTemplates(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^\s*\{\{-? .*\}\}$/.test(line))
    .join('\n')
    .replaceAll(/\{\{.*?\}\}/g, 'value');
}

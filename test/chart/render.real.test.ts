import { readdir, readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { beforeAll, describe, expect, test } from 'vitest';

import { parseOperatorFlags } from '../../src/cli/operator-flags.ts';
import { installCrds } from '../api/install-crds.ts';
import { describeReal } from '../setup/describe-real.ts';
import { dryRun, installForeignCrds } from './dry-run.ts';
import { render } from './helm.ts';
import type { Manifest } from './manifest.ts';
import { valueSets } from './value-sets.ts';

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly serviceAccountName: string;
  readonly [field: string]: unknown;
}

interface Deployment extends Manifest {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: { readonly metadata: Partial<Manifest['metadata']>; readonly spec: PodSpec };
  };
}

const SETS = Object.keys(valueSets(''));

describeReal('what the chart renders', (real) => {
  let namespace = '';
  let others = '';

  beforeAll(async () => {
    await installCrds(real().call);
    await installForeignCrds(real());
    namespace = await real().namespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    others = await real().namespace();
  });

  const rendered = (set: string): Promise<readonly Manifest[]> => render(namespace, valueSets(others)[set]);

  describe.each(SETS)('with %s', (set) => {
    test('is taken by the API server', async () => {
      const objects = await rendered(set);
      const { code, stdout, stderr } = await dryRun(real(), objects);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.trim().split('\n')).toHaveLength(objects.length);
    });

    test('names each object once, and says in each whose it is', async () => {
      const objects = await rendered(set);
      const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
      expect(names).toEqual([...new Set(names)]);
      for (const { kind, metadata } of objects) {
        expect({ kind, labels: metadata.labels }).toMatchObject({
          labels: { 'app.kubernetes.io/instance': 'outrigger', 'app.kubernetes.io/name': expect.any(String) },
        });
      }
    });

    test('makes pods that a namespace with pod security restricted takes', async () => {
      const deployment = only<Deployment>(await rendered(set), 'Deployment');
      const reply = await tryPod(deployment.spec.template.spec);
      expect(reply).toMatchObject({ status: 201 });
    });

    test('selects its own pods with everything that selects', async () => {
      const objects = await rendered(set);
      const { template, selector } = only<Deployment>(objects, 'Deployment').spec;
      const selectors = objects.map(selectorOf).filter((each) => each !== undefined);
      for (const each of [...selectors, selector.matchLabels]) {
        expect(template.metadata.labels).toMatchObject(each);
        expect(each).not.toEqual({});
      }
    });
  });

  test('pod security would refuse the same pods if they asked for more', async () => {
    const { spec } = only<Deployment>(await rendered('the defaults'), 'Deployment').spec.template;
    const [container] = spec.containers;
    const securityContext = { ...container.securityContext, allowPrivilegeEscalation: true };
    const reply = await tryPod({ ...spec, containers: [{ ...container, securityContext }] });
    expect(reply).toMatchObject({ status: 403, body: { message: expect.stringContaining('restricted') } });
  });

  /** As the ReplicaSet controller would create it, but without a ServiceAccount and a class that are not there. */
  function tryPod(template: PodSpec) {
    const spec = { ...template, serviceAccountName: undefined, priorityClassName: undefined };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'tried' }, spec };
    const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`;
    return real().call('POST', path, pod);
  }

  async function containerOf(set: string): Promise<Container> {
    return only<Deployment>(await rendered(set), 'Deployment').spec.template.spec.containers[0];
  }

  async function kindsOf(set: string): Promise<readonly string[]> {
    return (await rendered(set)).map(({ kind }) => kind);
  }

  /** As the checked-in files have them: the labels are the chart's own. */
  async function crdsOf(set: string): Promise<readonly Manifest[]> {
    const crds = (await rendered(set)).filter(({ kind }) => kind === 'CustomResourceDefinition');
    return crds.map(({ metadata: { name, annotations }, ...rest }) => ({
      ...rest,
      metadata: { name, ...(annotations && { annotations }) },
    }));
  }

  describe('CRDs', () => {
    test('are those of crds/, and stay when the release goes', async () => {
      const annotations = { 'helm.sh/resource-policy': 'keep' };
      expect(await crdsOf('the defaults')).toEqual(
        (await checkedIn()).map(({ metadata, ...rest }) => ({
          ...rest,
          metadata: { ...metadata, annotations },
        })),
      );
    });

    test('go with the release where that is asked for, and are left out where somebody else installs them', async () => {
      expect(await crdsOf('CRDs that go with the release')).toEqual(await checkedIn());
      expect(await crdsOf('nothing that can be left out')).toEqual([]);
    });
  });

  test('the operator is told of each value that it has a flag for', async () => {
    expect(await containerOf('every other value')).toMatchObject({
      image: `registry.example:5000/edge/outrigger:v9@sha256:${'ab'.repeat(32)}`,
      args: [
        'operator',
        '--leader-election-id=edge-outrigger',
        '--pause-image=registry.example:5000/pause:3.10',
        '--log-level=debug',
        '--concurrency=8',
        '--max-prefetching=40',
      ],
    });
    const withSecrets = await containerOf('Secrets for Prometheus');
    expect(withSecrets.args).toContain('--prometheus=https://metrics.example:8443/tenant');
    expect((await containerOf('one namespace')).args).toContain('--namespace=$(POD_NAMESPACE)');
  });

  test('those flags are flags of the operator', async () => {
    for (const set of SETS) {
      const [command, ...flags] = (await containerOf(set)).args;
      expect(command).toBe('operator');
      expect(() => parseOperatorFlags(flags, {})).not.toThrow();
    }
  });

  test("V8's heap follows the memory limit, unless there is none or somebody knows better", async () => {
    const heaps = ['the defaults', 'nothing that can be left out', 'every other value'].map(async (set) => {
      const { env } = await containerOf(set);
      return env.filter(({ name }) => name === 'NODE_OPTIONS').map(({ value }) => value);
    });
    expect(await Promise.all(heaps)).toEqual([
      ['--max-old-space-size=384'],
      [],
      ['--max-old-space-size=700'],
    ]);
  });

  test("a spread of your own counts the operator's pods", async () => {
    const { template, selector } = only<Deployment>(await rendered('every other value'), 'Deployment').spec;
    expect(template.spec['topologySpreadConstraints']).toEqual([
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: selector,
      },
    ]);
  });

  test('a disruption budget needs a second replica', async () => {
    expect(await kindsOf('the defaults')).toContain('PodDisruptionBudget');
    expect(await kindsOf('one replica')).not.toContain('PodDisruptionBudget');
  });

  test('alert rules and dashboard arrive as they are in files/', async () => {
    const objects = await rendered('alerts and a dashboard');
    expect(only(objects, 'PrometheusRule')['spec']).toEqual(load(await chartFile('alerts.yaml')));
    const { data, metadata } = only(objects, 'ConfigMap');
    expect(data).toEqual({ 'outrigger.json': await chartFile('dashboard.json') });
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
  });

  test.each(['PodMonitor', 'ServiceMonitor'])('a %s leaves the labels of the metrics alone', async (kind) => {
    const { spec } = only(await rendered(`a ${kind}`), kind);
    const { endpoints, podMetricsEndpoints } = Object(spec);
    expect(endpoints ?? podMetricsEndpoints).toEqual([
      { port: 'http', path: '/metrics', honorLabels: true, interval: expect.any(String) },
    ]);
  });

  test('the port of prometheus.address is let out by the network policy', async () => {
    const policy = only(await rendered('Secrets for Prometheus'), 'NetworkPolicy');
    expect(JSON.stringify(policy)).toContain('"port":8443');
    expect(JSON.stringify(only(await rendered('the defaults'), 'NetworkPolicy'))).not.toContain('8443');
  });
});

function only<T extends Manifest>(objects: readonly Manifest[], kind: string): T {
  const found = objects.filter((each) => each.kind === kind);
  if (found.length !== 1) throw new Error(`there are ${found.length} objects of kind ${kind}`);
  return found[0] as T;
}

/** Of pods, by whatever name the kind gives it. */
function selectorOf({ kind, spec }: Manifest): Readonly<Record<string, string>> | undefined {
  const { selector, podSelector } = Object(spec);
  if (kind === 'Service') return selector;
  if (kind === 'NetworkPolicy') return podSelector.matchLabels;
  return ['PodDisruptionBudget', 'PodMonitor'].includes(kind) ? selector.matchLabels : undefined;
}

async function checkedIn(): Promise<readonly Manifest[]> {
  const folder = new URL('../../crds/', import.meta.url);
  const names = (await readdir(folder)).toSorted();
  return Promise.all(
    names.map(async (name) => load(await readFile(new URL(name, folder), 'utf8')) as unknown as Manifest),
  );
}

function chartFile(name: string): Promise<string> {
  return readFile(new URL(`../../charts/outrigger/files/${name}`, import.meta.url), 'utf8');
}

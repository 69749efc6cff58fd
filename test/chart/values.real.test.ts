import { expect, test } from 'vitest';

import { describeReal } from '../setup/describe-real.ts';
import { helmTemplate } from './helm.ts';

/** What somebody writes by mistake, and what they have to read to mend it. */
const REFUSED: readonly (readonly [mistake: string, values: unknown, words: readonly string[]])[] = [
  ['an unknown key', { replicaCount: 3 }, ["'replicaCount' not allowed"]],
  [
    'an unknown key further down',
    { resources: { limit: { memory: '1Gi' } } },
    ['/resources', "'limit' not allowed"],
  ],
  ['a word for a number', { replicas: 'two' }, ['/replicas', 'got string, want integer']],
  ['less than nothing', { replicas: -1 }, ['/replicas', 'minimum: got -1, want 0']],
  ['a scope that is none', { scope: 'Namespaced' }, ['/scope', "one of 'Cluster', 'Namespace'"]],
  [
    'a log level that is none',
    { logLevel: 'trace' },
    ['/logLevel', "one of 'debug', 'info', 'warn', 'error'"],
  ],
  ['pulls by percent', { maxPrefetching: '10%' }, ['/maxPrefetching', 'want integer']],
  ['too much at once', { concurrency: 100 }, ['/concurrency', 'want 64']],
  ['an image with its tag', { image: { repository: 'registry.example/outrigger:1' } }, ['/image/repository']],
  ['a digest as tag', { image: { tag: 'sha256:12' } }, ['image.tag', 'give it as image.digest']],
  ['a digest that is none', { image: { digest: '12ab' } }, ['image.digest', '64 hexadecimal digits']],
  [
    'a pull policy that is none',
    { image: { pullPolicy: 'Allways' } },
    ['/image/pullPolicy', "'IfNotPresent'"],
  ],
  [
    'Prometheus without a scheme',
    { prometheus: { address: 'prometheus:9090' } },
    ['prometheus.address', 'http:// or https://', 'such as http://prometheus.monitoring:9090'],
  ],
  [
    'Prometheus with a password',
    { prometheus: { address: 'http://me:secret@prometheus:9090' } },
    ['prometheus.address', 'without credentials'],
  ],
  [
    'a Secret without a name',
    { prometheusSecrets: [{ namespace: 'vision' }] },
    ['/prometheusSecrets/0', "'names'"],
  ],
  [
    'all Secrets',
    { prometheusSecrets: [{ namespace: 'vision', names: ['*'] }] },
    ['/prometheusSecrets/0/names/0', "'*'"],
  ],
  [
    'a namespace twice',
    { prometheusSecrets: [1, 2].map((id) => ({ namespace: 'vision', names: [`token-${id}`] })) },
    ['two entries for namespace vision', 'into one'],
  ],
  [
    'a Secret out of reach',
    { scope: 'Namespace', prometheusSecrets: [{ namespace: 'vision', names: ['token'] }] },
    ['scope Namespace', 'edge alone', 'vision'],
  ],
  ['a flag that has a value', { extraArgs: ['--log-level=debug'] }, ['--log-level', 'value logLevel']],
  [
    'a flag that the chart counts on',
    { extraArgs: ['--listen=:9090'] },
    ['--listen cannot be changed', 'probes'],
  ],
  [
    'a variable that the chart sets',
    { extraEnv: [{ name: 'POD_NAME', value: 'x' }] },
    ['POD_NAME is set by the chart'],
  ],
  [
    'a label that the selector needs',
    { podLabels: { 'app.kubernetes.io/name': 'x' } },
    ['app.kubernetes.io/name is set by the chart', 'nameOverride'],
  ],
  ['a number as label', { podLabels: { site: 7 } }, ['/podLabels/site', 'got number, want string']],
  [
    'a port by name',
    { networkPolicy: { egress: { dns: { ports: ['dns'] } } } },
    ['/dns/ports/0', 'want integer'],
  ],
  ['no port', { networkPolicy: { egress: { apiServer: { ports: [] } } } }, ['/apiServer/ports', 'minItems']],
  [
    'an interval in words',
    { metrics: { podMonitor: { interval: 'often' } } },
    ['metrics.podMonitor.interval', '30s'],
  ],
  [
    'both monitors',
    { metrics: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } },
    ['podMonitor and serviceMonitor', 'counted twice'],
  ],
  ['nobody to run as', { serviceAccount: { create: false } }, ['serviceAccount', 'its name is needed']],
];

describeReal('values that cannot be meant', () => {
  test.each(REFUSED)('%s is refused with words that help', async (_, values, words) => {
    const { code, stderr } = await helmTemplate('edge', values);
    expect(code).not.toBe(0);
    for (const word of words) expect(stderr).toContain(word);
  });

  test('a Kubernetes that is too old is refused', async () => {
    const { code, stderr } = await helmTemplate('edge', {}, ['--kube-version', '1.29.9']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('>=1.30.0-0');
  });

  test.each(['v1.30.0', 'v1.30.14+k3s1', 'v1.34.1-eks-1'])('Kubernetes %s will do', async (version) => {
    expect(await helmTemplate('edge', {}, ['--kube-version', version])).toMatchObject({ code: 0 });
  });
});

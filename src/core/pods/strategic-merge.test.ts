import { describe, expect, it } from 'vitest';
import { strategicMerge } from './strategic-merge.ts';

const BASE = {
  metadata: { labels: { app: 'defect', team: 'vision' } },
  spec: {
    hostNetwork: false,
    nodeSelector: { ring: 'canary' },
    tolerations: [{ key: 'a' }],
    containers: [
      {
        name: 'model',
        image: 'server:1',
        args: ['--fast'],
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
        ports: [{ containerPort: 8080, name: 'http' }],
        volumeMounts: [{ mountPath: '/scratch', name: 'tmp' }],
      },
      { name: 'exporter', image: 'exporter:1' },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  },
};
const container = (patch: unknown) => ({ spec: { containers: [{ name: 'model', ...(patch as object) }] } });

describe('strategicMerge', () => {
  it.each([
    { name: 'nothing', patch: {}, at: 'spec', is: BASE.spec },
    { name: 'a value', patch: { spec: { hostNetwork: true } }, at: 'spec.hostNetwork', is: true },
    {
      name: 'a map merges',
      patch: { spec: { nodeSelector: { site: 'a' } } },
      at: 'spec.nodeSelector',
      is: { ring: 'canary', site: 'a' },
    },
    {
      name: 'null removes',
      patch: { spec: { nodeSelector: { ring: null } } },
      at: 'spec.nodeSelector',
      is: {},
    },
    {
      name: 'null removes a map',
      patch: { spec: { nodeSelector: null } },
      at: 'spec.nodeSelector',
      is: undefined,
    },
    {
      name: '$patch replace of a map',
      patch: { spec: { nodeSelector: { $patch: 'replace', site: 'a' } } },
      at: 'spec.nodeSelector',
      is: { site: 'a' },
    },
    {
      name: '$patch delete of a map',
      patch: { spec: { nodeSelector: { $patch: 'delete' } } },
      at: 'spec.nodeSelector',
      is: undefined,
    },
    {
      name: 'a list without a key is replaced',
      patch: { spec: { tolerations: [{ key: 'b' }] } },
      at: 'spec.tolerations',
      is: [{ key: 'b' }],
    },
    {
      name: 'a list of values is replaced',
      patch: container({ args: ['--slow'] }),
      at: 'spec.containers.0.args',
      is: ['--slow'],
    },
    {
      name: 'a container merges by name',
      patch: container({ image: 'server:2' }),
      at: 'spec.containers.0.image',
      is: 'server:2',
    },
    {
      name: 'and leaves the others',
      patch: container({ image: 'server:2' }),
      at: 'spec.containers.1',
      is: BASE.spec.containers[1],
    },
    {
      name: 'a new container comes last',
      patch: { spec: { containers: [{ name: 'log', image: 'log:1' }] } },
      at: 'spec.containers.2',
      is: { name: 'log', image: 'log:1' },
    },
    {
      name: '$patch delete of a container',
      patch: { spec: { containers: [{ name: 'exporter', $patch: 'delete' }] } },
      at: 'spec.containers.length',
      is: 1,
    },
    {
      name: '$patch delete of one that is not there',
      patch: { spec: { containers: [{ name: 'x', $patch: 'delete' }] } },
      at: 'spec.containers.length',
      is: 2,
    },
    {
      name: '$patch replace of a list',
      patch: { spec: { containers: [{ $patch: 'replace' }, { name: 'only', image: 'o' }] } },
      at: 'spec.containers',
      is: [{ name: 'only', image: 'o' }],
    },
    {
      name: 'env by name',
      patch: container({
        env: [
          { name: 'B', value: '3' },
          { name: 'C', value: '4' },
        ],
      }),
      at: 'spec.containers.0.env',
      is: [
        { name: 'A', value: '1' },
        { name: 'B', value: '3' },
        { name: 'C', value: '4' },
      ],
    },
    {
      name: 'env deleted by name',
      patch: container({ env: [{ name: 'A', $patch: 'delete' }] }),
      at: 'spec.containers.0.env',
      is: [{ name: 'B', value: '2' }],
    },
    {
      name: 'ports by containerPort',
      patch: container({ ports: [{ containerPort: 8080, name: 'api' }] }),
      at: 'spec.containers.0.ports',
      is: [{ containerPort: 8080, name: 'api' }],
    },
    {
      name: 'mounts by mountPath',
      patch: container({ volumeMounts: [{ mountPath: '/scratch', name: 'ram' }] }),
      at: 'spec.containers.0.volumeMounts',
      is: [{ mountPath: '/scratch', name: 'ram' }],
    },
    {
      name: 'volumes by name',
      patch: { spec: { volumes: [{ name: 'tmp', emptyDir: { medium: 'Memory' } }] } },
      at: 'spec.volumes',
      is: [{ name: 'tmp', emptyDir: { medium: 'Memory' } }],
    },
    {
      name: '$retainKeys',
      patch: {
        spec: { volumes: [{ name: 'tmp', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/a' } }] },
      },
      at: 'spec.volumes',
      is: [{ name: 'tmp', hostPath: { path: '/a' } }],
    },
    {
      name: '$setElementOrder is only for display',
      patch: { spec: { '$setElementOrder/containers': [{ name: 'exporter' }] } },
      at: 'spec',
      is: BASE.spec,
    },
    {
      name: 'a field that was not there',
      patch: { spec: { runtimeClassName: 'nvidia' } },
      at: 'spec.runtimeClassName',
      is: 'nvidia',
    },
    {
      name: 'labels',
      patch: { metadata: { labels: { team: null, line: '4' } } },
      at: 'metadata.labels',
      is: { app: 'defect', line: '4' },
    },
  ])('$name', ({ patch, at, is }) => {
    const before = structuredClone(BASE);
    let found: unknown = strategicMerge(BASE, patch);
    for (const key of at.split('.')) found = (found as Record<string, unknown>)[key];
    expect(found).toEqual(is);
    expect(BASE).toEqual(before);
  });

  it('leaves no directive behind', () => {
    const patch = {
      spec: {
        affinity: { $patch: 'replace', nodeAffinity: {} },
        containers: [{ name: 'new', $patch: 'merge' }],
      },
    };
    expect(JSON.stringify(strategicMerge(BASE, patch))).not.toContain('$patch');
  });
});

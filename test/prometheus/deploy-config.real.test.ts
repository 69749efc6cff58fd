import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { runTool } from '../binaries/run-tool.ts';
import { describeReal } from '../setup/describe-real.ts';
import { configText, manifest, modelScrape } from './deploy-manifests.ts';

const AGENTS = [
  { file: 'agent.yaml', kind: 'Deployment' },
  { file: 'agent-per-node.yaml', kind: 'DaemonSet' },
];

describeReal('the configurations of deploy/prometheus', (real) => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-prometheus-'));
    await mkdir(join(folder, 'scrape'));
    await mkdir(join(folder, 'scrape-all'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const here = (text: string): string => text.replaceAll('/etc/prometheus', folder);

  /** The file as the pod mounts it, with its folders moved here. */
  const check = async (name: string, text: string, ...flags: readonly string[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, here(text));
    const { code, stdout, stderr } = await runTool('promtool', ['check', 'config', ...flags, path]);
    return code === 0 ? 'SUCCESS' : `${stdout}${stderr}`;
  };

  it('are valid to promtool, the scrape of the model pods too', async () => {
    expect(await check('scrape/outrigger-models.yaml', configText('scrape-config.yaml'))).toBe('SUCCESS');
    // These read the scrape file that was just written, by their scrape_config_files.
    for (const { file } of AGENTS) expect(await check(file, configText(file), '--agent')).toBe('SUCCESS');
    expect(await check('central.yaml', configText('central.yaml'))).toBe('SUCCESS');
  });

  it('would not be, with a field that Prometheus does not know', async () => {
    const text = configText('scrape-config.yaml').replace('kubernetes_sd_configs', 'kubernetes_sds');
    expect(await check('scrape/outrigger-models.yaml', text)).toContain('kubernetes_sds');
    expect(await check('agent.yaml', configText('agent.yaml'), '--agent')).toContain('kubernetes_sds');
  });

  it('are narrowed to the pods of the node where each node has its agent', async () => {
    const spec = manifest('agent-per-node.yaml', 'DaemonSet')['spec'] as {
      readonly template: { readonly spec: { readonly initContainers: readonly Init[] } };
    };
    const [init] = spec.template.spec.initContainers;
    if (init === undefined) throw new Error('there is no init container');
    await writeFile(join(folder, 'scrape-all/outrigger-models.yaml'), configText('scrape-config.yaml'));
    const [shell = '', ...flags] = init.command;
    await promisify(execFile)(shell, [...flags, ...init.args.map(here)], {
      env: { PATH: process.env['PATH'], NODE: 'edge-1' },
    });
    const written = load(await readFile(join(folder, 'scrape/outrigger-models.yaml'), 'utf8'));
    const shipped = modelScrape();
    const [discovery] = shipped.kubernetes_sd_configs;
    expect(written).toEqual({
      scrape_configs: [
        {
          ...shipped,
          kubernetes_sd_configs: [
            {
              ...discovery,
              selectors: discovery?.selectors?.map((each) => ({ ...each, field: 'spec.nodeName=edge-1' })),
            },
          ],
        },
      ],
    });
    expect(await check('agent-per-node.yaml', configText('agent-per-node.yaml'), '--agent')).toBe('SUCCESS');
  });

  it.each([...AGENTS, { file: 'central.yaml', kind: 'StatefulSet' }])(
    'run in pods that the restricted level lets in: $file',
    async ({ file, kind }) => {
      const namespace = await real().namespace({ 'pod-security.kubernetes.io/enforce': 'restricted' });
      const { template } = manifest(file, kind)['spec'] as {
        readonly template: { readonly spec: Readonly<Record<string, unknown>> };
      };
      const pod = (more: object) => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'tried' },
        spec: { ...template.spec, ...claims(kind), ...more },
      });
      const path = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
      const taken = await real().call('POST', path, pod({ serviceAccountName: 'default' }));
      expect(taken).toMatchObject({ status: 201 });
      const refused = await real().call(
        'POST',
        path,
        pod({ serviceAccountName: 'default', hostNetwork: true }),
      );
      expect(refused.status).toBe(403);
    },
  );

  it.each(AGENTS)('of $file keep and send no less than the centre lets in', ({ file, kind }) => {
    const window = hours(/out_of_order_time_window: (\d+)h/u, configText('central.yaml'));
    const limit = hours(/sample_age_limit: (\d+)h/u, configText(file));
    const flags = JSON.stringify(manifest(file, kind)['spec']);
    expect(limit).toBe(window);
    expect(hours(/retention\.max-time=(\d+)h/u, flags)).toBeGreaterThanOrEqual(limit);
    expect(2 * hours(/wal-truncate-frequency=(\d+)h/u, flags)).toBeGreaterThanOrEqual(limit);
  });
});

/** The volume that a StatefulSet's controller adds. */
function claims(kind: string): object {
  return kind === 'StatefulSet'
    ? {
        volumes: [
          { name: 'config', emptyDir: {} },
          { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        ],
      }
    : {};
}

interface Init {
  readonly command: readonly string[];
  readonly args: readonly string[];
}

function hours(pattern: RegExp, text: string): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`${pattern.source} is not there`);
  return Number(found);
}

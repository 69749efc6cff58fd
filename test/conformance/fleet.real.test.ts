import { afterAll, beforeAll, expect, it } from 'vitest';
import { LABEL } from '../../src/api/names.ts';
import { fleet } from '../../src/cli/fleet.ts';
import type { Node } from '../../src/sim/fleet/node.ts';
import { readyCondition } from '../../src/sim/fleet/node.ts';
import type { Pod } from '../../src/sim/fleet/pod.ts';
import { request } from '../controlplane/request.ts';
import { describeReal } from '../setup/describe-real.ts';

/** Asks until the answer is the one that is waited for. */
async function eventually<T>(
  read: () => Promise<T>,
  good: (value: T) => boolean,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

describeReal('the simulated fleet on a real API server and Prometheus', (real) => {
  const over = new AbortController();
  const lines: string[] = [];
  const io = { out: (line: string) => void lines.push(line), err: () => {}, env: {}, signal: over.signal };
  let running: Promise<number>;
  let namespace: string;

  const node = async (name: string): Promise<Node> =>
    (await real().call('GET', `/api/v1/nodes/${name}`)).body as unknown as Node;
  const pod = async (name: string): Promise<Pod> =>
    (await real().call('GET', `/api/v1/namespaces/${namespace}/pods/${name}`)).body as unknown as Pod;
  const query = async (
    text: string,
  ): Promise<readonly { metric: Record<string, string>; value: [number, string] }[]> => {
    const reply = await request(`${real().prometheus}/api/v1/query?query=${encodeURIComponent(text)}`, {});
    return JSON.parse(reply.text).data.result;
  };
  const fault = (name: string) =>
    request(`http://127.0.0.1:${real().fleetPort}/nodes/edge-orin-01/${name}`, { method: 'POST' });
  const makePod = async (name: string, on: string): Promise<void> => {
    const reply = await real().call('POST', `/api/v1/namespaces/${namespace}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        labels: {
          [LABEL.model]: 'defects',
          [LABEL.revision]: 'r1',
          [LABEL.variant]: 'any',
          [LABEL.role]: 'serve',
        },
      },
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [on] }] }],
            },
          },
        },
        containers: [
          {
            name: 'model',
            image: 'registry.example/server:1',
            resources: { limits: { 'nvidia.com/gpu': '1' } },
            volumeMounts: [{ name: 'artifact', mountPath: '/models' }],
          },
        ],
        volumes: [{ name: 'artifact', image: { reference: 'registry.example/defect:1' } }],
      },
    });
    expect(reply.status).toBe(201);
  };

  beforeAll(async () => {
    namespace = await real().namespace();
    const { kubeconfig, fleetPort } = real();
    const flags = [
      '--kubeconfig',
      kubeconfig,
      '--nodes',
      '3',
      '--port',
      String(fleetPort),
      '--requests',
      '20-50',
    ];
    running = fleet(flags, io);
    await eventually(
      async () => lines.length,
      (count) => count > 0,
    );
  });

  afterAll(async () => {
    over.abort();
    await running;
  });

  it('registers nodes that the real node controller takes for healthy', async () => {
    const ready = await eventually(
      () => node('edge-orin-01'),
      (each) => readyCondition(each)?.status === 'True' && (each.spec?.taints ?? []).length === 0,
    );
    expect(ready.status?.allocatable?.['nvidia.com/gpu']).toBe('1');
    const lease = await real().call(
      'GET',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/edge-orin-01',
    );
    expect(lease.status).toBe(200);
  });

  it('runs a pod that the real scheduler bound, and the real Prometheus scrapes it', async () => {
    await makePod('one', 'edge-orin-01');
    const running = await eventually(() => pod('one'), isReady);
    expect(running.spec.nodeName).toBe('edge-orin-01');
    expect(running.status?.phase).toBe('Running');
    expect(running.status?.containerStatuses?.[0]).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
    });
    const selector = `{namespace="${namespace}"}`;
    const [series] = await eventually(
      () => query(`sum by (pod, node, model, revision) (rate(model_requests_total${selector}[10s]))`),
      (result) => Number(result[0]?.value[1] ?? 0) > 1,
    );
    expect(series?.metric).toEqual({ pod: 'one', node: 'edge-orin-01', model: 'defects', revision: 'r1' });
  });

  it('is refused a second device in the words that the double uses as well', async () => {
    await makePod('two', 'edge-orin-01');
    const waiting = await eventually(
      () => pod('two'),
      (each) => (each.status?.conditions ?? []).some(({ reason }) => reason === 'Unschedulable'),
    );
    const nodes = ((await real().call('GET', '/api/v1/nodes')).body['items'] as readonly unknown[]).length;
    const message = waiting.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
    expect(message).toBe(
      `0/${nodes} nodes are available: 1 Insufficient nvidia.com/gpu, ${nodes - 1} node(s) didn't satisfy plugin(s) [NodeAffinity]. ` +
        `preemption: 0/${nodes} nodes are available: 1 No preemption victims found for incoming pod, ${nodes - 1} Preemption is not helpful for scheduling.`,
    );
  });

  it(
    'loses a node that is cut off, and finds its pod unharmed afterwards',
    { timeout: 150_000 },
    async () => {
      expect((await fault('cut-off')).status).toBe(200);
      await eventually(
        () => query(`up{namespace="${namespace}",pod="one"}`),
        (result) => result[0]?.value[1] === '0',
      );
      const dark = await eventually(
        () => node('edge-orin-01'),
        (each) => readyCondition(each)?.status === 'Unknown' && (each.spec?.taints ?? []).length >= 2,
        90_000,
      );
      expect(dark.spec?.taints?.map((taint) => taint.key)).toContain('node.kubernetes.io/unreachable');
      await eventually(
        () => pod('one'),
        (each) => !isReady(each),
      );
      expect((await fault('reconnect')).status).toBe(200);
      const back = await eventually(() => pod('one'), isReady);
      expect(back.status?.containerStatuses?.[0]?.restartCount).toBe(0);
    },
  );

  it('stops a deleted pod in good order', async () => {
    const deleted = await real().call('DELETE', `/api/v1/namespaces/${namespace}/pods/one`);
    expect(deleted.status).toBe(200);
    await eventually(
      async () => (await real().call('GET', `/api/v1/namespaces/${namespace}/pods/one`)).status,
      (status) => status === 404,
    );
    const next = await eventually(() => pod('two'), isReady);
    expect(next.spec.nodeName).toBe('edge-orin-01');
  });

  it('ends in good order, and takes its nodes away where it is asked to', async () => {
    over.abort();
    expect(await running).toBe(0);
    const { signal } = new AbortController();
    expect(await fleet(['--kubeconfig', real().kubeconfig, '--cleanup'], { ...io, signal })).toBe(0);
    expect(lines.at(-1)).toMatch(/^removed edge-hailo-01, edge-orin-01, edge-x86-01$/);
    expect((await real().call('GET', '/api/v1/nodes/edge-orin-01')).status).toBe(404);
  });
});

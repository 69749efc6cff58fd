import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABEL } from '../../api/names.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { serveFleet } from './fleet-server.ts';
import { edgeNodes } from './node-spec.ts';
import type { Pod } from './pod.ts';
import { createSimulation, type Simulation } from './simulation.ts';

describe('the HTTP side of a fleet', () => {
  let simulation: Simulation;
  let server: Awaited<ReturnType<typeof serveFleet>>;
  let base: string;

  beforeEach(async () => {
    simulation = createSimulation({ seed: 1, nodes: edgeNodes(3) });
    await simulation.start();
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'one',
        namespace: 'default',
        labels: { [LABEL.model]: 'defects', [LABEL.revision]: 'r1' },
      },
      spec: {
        nodeSelector: { 'nvidia.com/gpu.product': 'Orin' },
        containers: [{ name: 'model', image: 'registry.example/server:1' }],
      },
    };
    await simulation.client.create(RESOURCES.pods, 'default', pod);
    await simulation.clock.advance(20_000);
    server = await serveFleet(simulation.fleet, 0);
    base = `http://127.0.0.1:${server.port}`;
  });

  afterEach(async () => {
    await server.close();
    await simulation.stop();
  });

  it('lists what to scrape as Prometheus wants it, and the page is there', async () => {
    const targets = (await (await fetch(`${base}/targets`)).json()) as readonly {
      labels: Record<string, string>;
    }[];
    expect(targets).toEqual([
      {
        targets: [`127.0.0.1:${server.port}`],
        labels: {
          __metrics_path__: '/pods/default/one/metrics',
          job: 'edge-models',
          instance: expect.stringMatching(/^10\.42\.0\.\d+:9090$/),
          namespace: 'default',
          pod: 'one',
          node: 'edge-orin-01',
          model: 'defects',
          revision: 'r1',
          variant: '',
        },
      },
    ]);
    const page = await fetch(base + targets[0]?.labels['__metrics_path__']);
    expect(page.headers.get('content-type')).toContain('version=0.0.4');
    expect(await page.text()).toContain('model_device_info{device="cuda"} 1');
  });

  it('closes the connection for a pod that nobody can reach', async () => {
    const struck = await fetch(`${base}/nodes/edge-orin-01/cut-off`, { method: 'POST' });
    expect(await struck.json()).toEqual({ name: 'edge-orin-01', state: 'cut off' });
    await expect(fetch(`${base}/pods/default/one/metrics`)).rejects.toThrow('fetch failed');
    await fetch(`${base}/nodes/edge-orin-01/reconnect`, { method: 'POST' });
    expect((await fetch(`${base}/pods/default/one/metrics`)).status).toBe(200);
    await expect(fetch(`${base}/pods/default/two/metrics`)).rejects.toThrow('fetch failed');
  });

  it('says how the nodes are', async () => {
    await fetch(`${base}/nodes/edge-x86-01/power-off`, { method: 'POST' });
    expect(await (await fetch(`${base}/nodes`)).json()).toEqual([
      { name: 'edge-orin-01', state: 'up' },
      { name: 'edge-hailo-01', state: 'up' },
      { name: 'edge-x86-01', state: 'off' },
    ]);
  });

  it.each([
    ['POST', '/nodes/edge-tpu-01/boot', 'the fleet has no node edge-tpu-01; GET /nodes lists them'],
    ['POST', '/nodes/edge-x86-01/melt', 'there is no fault melt; there are cut-off, reconnect, power-off'],
    ['GET', '/metrics', 'there is no GET /metrics'],
  ])('refuses %s %s', async (method, path, words) => {
    const response = await fetch(base + path, { method });
    expect(response.status).toBe(404);
    expect(((await response.json()) as { error: string }).error).toContain(words);
  });
});

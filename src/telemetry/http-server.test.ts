import { expect, it } from 'vitest';
import { stateOf } from './fakes.ts';
import { type Endpoints, serveTelemetry } from './http-server.ts';
import { operatorMetrics } from './operator-metrics.ts';
import type { Probe } from './probe.ts';

const FINE: Probe = { ok: true, reasons: [] };

it('serves health, readiness and metrics', async () => {
  let ready: Probe = { ok: false, reasons: ['pods: dead', 'nodes: dead'] };
  let healthy = FINE;
  const metrics = operatorMetrics('1.2.3');
  metrics.meter.pass('conflict', 12);
  const server = await serveTelemetry(
    { host: '127.0.0.1', port: 0 },
    {
      health: () => healthy,
      readiness: () => ready,
      metrics: () => metrics.exposition(stateOf({ queueLength: 3 }), 0),
    },
  );
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    const { status, headers } = response;
    return { status, text: await response.text(), encoding: headers.get('content-encoding') };
  };
  try {
    expect(await get('/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
    healthy = { ok: false, reasons: ['wedged'] };
    expect(await get('/healthz')).toMatchObject({ status: 503, text: 'wedged\n' });
    expect(await get('/readyz')).toMatchObject({ status: 503, text: 'pods: dead\nnodes: dead\n' });
    ready = FINE;
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/else')).status).toBe(404);
    expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
    const zipped = await get('/metrics');
    expect(zipped.encoding).toBe('gzip');
    const plain = await get('/metrics', { headers: { 'accept-encoding': 'identity' } });
    expect(plain.encoding).toBeNull();
    for (const { text } of [zipped, plain]) {
      expect(text).toContain('outrigger_reconcile_total{outcome="conflict"} 1');
      expect(text).toContain('outrigger_queue_depth 3');
    }
  } finally {
    await server.close();
  }
});

it('rejects where the address is taken', async () => {
  const endpoints: Endpoints = {
    health: () => FINE,
    readiness: () => FINE,
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
  };
  const first = await serveTelemetry({ host: '127.0.0.1', port: 0 }, endpoints);
  try {
    const second = serveTelemetry({ host: '127.0.0.1', port: first.port }, endpoints);
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  } finally {
    await first.close();
  }
});

import { expect, it } from 'vitest';
import { serveTelemetry } from './http-server.ts';
import { operatorMetrics } from './operator-metrics.ts';

it('serves health, readiness and metrics', async () => {
  let ready = false;
  const metrics = operatorMetrics();
  metrics.meter.pass('conflict', 12);
  metrics.meter.action('CreatePod', 'done');
  metrics.meter.leading(true);
  metrics.onRequest({ verb: 'create', resource: 'pods', status: 201, dryRun: false, durationMs: 4 });
  const server = await serveTelemetry(
    { host: '127.0.0.1', port: 0 },
    { ready: () => ready, metrics: () => metrics.exposition(3) },
  );
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };
  try {
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect((await get('/readyz')).status).toBe(503);
    ready = true;
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/else')).status).toBe(404);
    expect((await get('/metrics', 'POST')).status).toBe(405);
    const { text } = await get('/metrics');
    expect(text).toContain('outrigger_reconcile_total{outcome="conflict"} 1');
    expect(text).toContain('outrigger_actions_total{kind="CreatePod",outcome="done"} 1');
    expect(text).toContain('outrigger_leader 1');
    expect(text).toContain('outrigger_queue_depth 3');
    expect(text).toContain(
      'outrigger_api_requests_total{verb="create",resource="pods",code="201",dry_run="false"} 1',
    );
  } finally {
    await server.close();
  }
});

it('rejects where the address is taken', async () => {
  const endpoints = { ready: () => true, metrics: async () => ({ contentType: 'text/plain', body: '' }) };
  const first = await serveTelemetry({ host: '127.0.0.1', port: 0 }, endpoints);
  try {
    const second = serveTelemetry({ host: '127.0.0.1', port: first.port }, endpoints);
    await expect(second).rejects.toThrow(/EADDRINUSE/);
  } finally {
    await first.close();
  }
});

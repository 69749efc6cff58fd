import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { nodeExchange } from '../../src/prometheus/node-exchange.ts';
import { describeReal } from '../setup/describe-real.ts';
import type { Subject } from './evidence-cases.ts';
import { evidenceCases } from './evidence-cases.ts';
import { page } from './judged-pods.ts';

/** What the page has to have been scraped for before the first question. */
const HISTORY_MS = 20_000;

describeReal('evidence from a real Prometheus', (real) => {
  const client = nodeExchange();
  let server: Server | undefined;
  let subject: Subject | undefined;

  beforeAll(async () => {
    const start = Date.now();
    const scraped: { first?: number } = {};
    const port = real().fleetPort;
    server = createServer((request, response) => {
      if (request.url === '/targets') {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify([{ targets: [`127.0.0.1:${port}`], labels: {} }]));
        return;
      }
      scraped.first ??= Date.now();
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(page(Date.now() - start));
    }).listen(port, '127.0.0.1');
    const limit = start + 90_000;
    while (scraped.first === undefined || Date.now() < scraped.first + HISTORY_MS) {
      if (Date.now() > limit) throw new Error('Prometheus did not scrape the page within 90 s');
      await setTimeout(200);
    }
    // The newest scrape is to be in, on a slow machine too.
    subject = {
      source: new PrometheusEvidenceSource(client.exchange),
      address: real().prometheus,
      // Always the latest: a machine that was slow for a moment has good windows again soon after.
      get now() {
        return Date.now() - 2000;
      },
    };
  });
  afterAll(() => {
    client.close();
    server?.closeAllConnections();
    server?.close();
  });

  evidenceCases(() => subject ?? neverStarted());

  // The double answers under any path.
  it('a wrong path is said', async () => {
    const { source, address, now } = subject ?? neverStarted();
    const connection = { address: `${address}/elsewhere`, headers: {}, matchLabels: {}, timeout: 10_000 };
    const window = { from: now - 15_000, to: now, resolution: 3000 };
    const query = { kind: 'query', expr: 'heat' } as const;
    const request = { connection, query, window, groupBy: 'node', keys: ['a'], nodes: ['a'] };
    expect(await source.fetch(request)).toMatchObject({ kind: 'unavailable', reason: 'QueryRefused' });
  });
});

function neverStarted(): never {
  throw new Error('the subject is there from the first test on');
}

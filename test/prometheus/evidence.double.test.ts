import { afterAll, beforeAll, describe } from 'vitest';

import { PrometheusEvidenceSource } from '../../src/prometheus/evidence-source.ts';
import { PrometheusDouble } from '../../src/sim/prometheus/prometheus-double.ts';
import { VirtualClock } from '../../src/sim/virtual-clock.ts';
import type { Subject } from './evidence-cases.ts';
import { evidenceCases } from './evidence-cases.ts';
import { page } from './judged-pods.ts';

describe('evidence from the Prometheus double', () => {
  const over = new AbortController();
  let subject: Subject | undefined;

  beforeAll(async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const targets = [{ labels: { job: 'fleet' }, scrape: () => page(clock.now() - start) }];
    const prometheus = new PrometheusDouble({ clock, targets: () => targets, scrapeInterval: 1000 });
    prometheus.run(over.signal).catch(() => undefined);
    await clock.advance(25_400);
    subject = {
      source: new PrometheusEvidenceSource(prometheus.exchange),
      address: 'http://double',
      now: clock.now(),
    };
  });
  afterAll(() => over.abort());

  evidenceCases(() => subject ?? neverStarted());
});

function neverStarted(): never {
  throw new Error('the subject is there from the first test on');
}

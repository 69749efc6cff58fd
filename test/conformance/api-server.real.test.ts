import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { KubeClient } from '../../src/kube/client.ts';
import { HttpsTransport } from '../../src/kube/https-transport.ts';
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts';
import { installCrds } from '../api/install-crds.ts';
import { describeReal } from '../setup/describe-real.ts';
import { allCases } from './all-cases.ts';
import type { Subject } from './subject.ts';

const clock = {
  now: () => Date.now(),
  turn: () => setImmediate(),
  sleep: (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, signal ? { signal } : {}),
};

describeReal('a real API server', (real) => {
  let subject: Subject | undefined;

  beforeAll(async () => {
    const { kubeconfig, call, namespace } = real();
    await installCrds(call);
    const transport = new HttpsTransport({ load: () => loadKubeConfig({ kubeconfig, env: {} }), clock });
    subject = {
      client: (fieldManager = 'conformance') => new KubeClient(transport, { fieldManager, clock }),
      transport,
      namespace: await namespace(),
      pass: (ms) => setTimeout(ms),
    };
  });

  afterAll(async () => {
    await subject?.transport.close();
  });

  allCases(() => {
    if (!subject) throw new Error('the cases begin before the API server is there');
    return subject;
  });
});

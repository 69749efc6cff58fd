import { beforeAll, describe } from 'vitest';
import { KubeClient } from '../../src/kube/client.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { ApiServer } from '../../src/sim/api-server/api-server.ts';
import { VirtualClock } from '../../src/sim/virtual-clock.ts';
import { allCases } from './all-cases.ts';
import type { AnyObject, Subject } from './subject.ts';

describe('the simulated API server', () => {
  const clock = new VirtualClock();
  const server = new ApiServer(clock);
  const subject: Subject = {
    client: (fieldManager = 'conformance') =>
      new KubeClient(server, { fieldManager, clock, random: () => 0 }),
    transport: server,
    namespace: 'conformance',
    pass: (ms) => clock.advance(ms),
  };

  beforeAll(async () => {
    const metadata = { name: subject.namespace };
    const namespace: AnyObject = { apiVersion: 'v1', kind: 'Namespace', metadata };
    await subject.client().create(RESOURCES.namespaces, undefined, namespace);
  });

  allCases(() => subject);
});

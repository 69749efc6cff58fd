import { afterEach, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/object-meta.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { edgeNodes } from '../../src/sim/fleet/node-spec.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { SIMULATED_PROMETHEUS } from '../../src/cli/simulated-operator.ts';
import { type Lab, NAMESPACE, startLab } from '../operator/harness.ts';
import { quickstart } from '../operator/manifests.ts';

let lab: Lab;

afterEach(() => lab.stop());

const PASSWORD = 'hunter2-password';
const HEADER = 'hunter2-header';

it('nothing that the operator logs, tells or writes holds the credentials of a Prometheus', async () => {
  const lines: string[] = [];
  lab = await startLab({ nodes: edgeNodes(30), log: createLog('debug', (line) => lines.push(line)) });
  const secret: KubeObject & Record<string, unknown> = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'prometheus',
      namespace: NAMESPACE,
      annotations: { 'outrigger.dev/prometheus-address': SIMULATED_PROMETHEUS },
    },
    data: {
      username: Buffer.from('outrigger').toString('base64'),
      password: Buffer.from(PASSWORD).toString('base64'),
    },
  };
  await lab.client.create(RESOURCES.secrets, NAMESPACE, secret);
  const rollout = quickstart('02-rollout');
  const headers = { 'X-Scope-OrgID': HEADER };
  const prometheus = {
    ...rollout.spec.prometheus,
    address: SIMULATED_PROMETHEUS,
    secretRef: { name: 'prometheus' },
    headers,
  };
  await lab.apply({ ...rollout, spec: { ...rollout.spec, prometheus } });
  await lab.apply(quickstart('01-model'));
  await lab.untilReady('2.4.0');
  await lab.apply(quickstart('03-healthy'));
  await lab.untilPhase('Soaking');
  // As a Prometheus behind a proxy that does not take the password any more.
  lab.simulation.prometheus.fault = { kind: 'failing', status: 401 };
  await lab.untilReason('CredentialsRefused');
  lab.simulation.prometheus.fault = { kind: 'none' };
  await lab.untilReady('2.4.1');

  expect(lines.length).toBeGreaterThan(100);
  expect(lines.join('\n')).toContain('asking what the decision needs to know');
  const told = JSON.stringify([await lab.events(), (await lab.rollout()).status, (await lab.model()).status]);
  expect(told).toContain('CredentialsRefused');
  const encoded = Buffer.from(`outrigger:${PASSWORD}`).toString('base64');
  for (const credential of [PASSWORD, encoded, Buffer.from(PASSWORD).toString('base64'), HEADER]) {
    expect(lines.filter((line) => line.includes(credential))).toEqual([]);
    expect(told).not.toContain(credential);
  }
});

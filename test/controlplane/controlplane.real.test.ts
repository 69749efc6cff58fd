import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

import { expect, it, onTestFinished, vi } from 'vitest';

import { describeReal } from '../setup/describe-real.ts';
import { request } from './request.ts';

const WAIT = { timeout: 30_000, interval: 100 };

const pod = (name: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'model', image: 'registry.example/server:1' }], ...extra },
});

describeReal('the real control plane', (real) => {
  it('is of the version that the go.mod names', async () => {
    const { body } = await real().call('GET', '/version');
    expect(body['gitVersion']).toMatch(/^v1\.37\./);
  });

  it('refuses by pod security what the namespace forbids', async () => {
    const namespace = await real().namespace({ 'pod-security.kubernetes.io/enforce': 'baseline' });
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const refused = await real().call('POST', path, pod('host', { hostNetwork: true }));
    expect(refused).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    expect(refused.body['message']).toContain('violates PodSecurity "baseline:latest": host namespaces');
    expect(await real().call('POST', path, pod('plain'))).toMatchObject({ status: 201 });
  });

  it('serves a custom resource, checked by its schema, once its definition is established', async () => {
    const group = `widgets${Date.now()}.outrigger.test`;
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } } } },
    };
    const made = await real().call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    });
    expect(made).toMatchObject({ status: 201 });
    onTestFinished(async () => {
      await real().call('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`);
    });
    const path = `/apis/${group}/v1/namespaces/${await real().namespace()}/widgets`;
    const widget = (size: number) => ({
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata: { name: `w${size}` },
      spec: { size },
    });
    await vi.waitFor(async () => {
      expect(await real().call('POST', path, widget(1))).toMatchObject({ status: 201 });
    }, WAIT);
    const refused = await real().call('POST', path, widget(0));
    expect(refused).toMatchObject({ status: 422 });
    expect(refused.body['message']).toContain('spec.size');
  });

  it('schedules a pod onto a node, and collects what its owner leaves behind', async () => {
    const namespace = await real().namespace();
    const node = `node-${namespace}`;
    const resources = { cpu: '4', memory: '4Gi', pods: '10' };
    const conditions = [
      { type: 'Ready', status: 'True', reason: 'Test', lastHeartbeatTime: new Date().toISOString() },
    ];
    const made = await real().call('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node, labels: { 'kubernetes.io/hostname': node } },
      status: { allocatable: resources, capacity: resources, conditions },
    });
    expect(made).toMatchObject({ status: 201 });
    onTestFinished(async () => {
      await real().call('DELETE', `/api/v1/nodes/${node}`);
    });
    const owner = await real().call('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owner' },
    });
    const { uid } = owner.body['metadata'] as { uid: string };
    const pinned = pod('pinned', { nodeSelector: { 'kubernetes.io/hostname': node } });
    await real().call('POST', `/api/v1/namespaces/${namespace}/pods`, {
      ...pinned,
      metadata: {
        name: 'pinned',
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }],
      },
    });
    const path = `/api/v1/namespaces/${namespace}/pods/pinned`;
    await vi.waitFor(async () => {
      expect(await real().call('GET', path)).toMatchObject({ body: { spec: { nodeName: node } } });
    }, WAIT);
    await real().call('DELETE', `/api/v1/namespaces/${namespace}/configmaps/owner`);
    // No kubelet ends the pod here, so the collector's work shows as the time stamp of the deletion.
    await vi.waitFor(async () => {
      const { body } = await real().call('GET', path);
      expect(body).toMatchObject({ metadata: { deletionTimestamp: expect.any(String) } });
    }, WAIT);
  });

  it('keeps its objects over a crash of the API server', async () => {
    const namespace = await real().namespace();
    await real().stopApiServer();
    await expect(real().call('GET', `/api/v1/namespaces/${namespace}`)).rejects.toThrow('ECONNREFUSED');
    await real().startApiServer();
    expect(await real().call('GET', `/api/v1/namespaces/${namespace}`)).toMatchObject({ status: 200 });
    // A namespace gets its ServiceAccount from a controller manager that lived through the crash.
    await real().namespace();
  });

  it('can hang: connections open, no answer', async () => {
    const version = `${real().url}/version`;
    await real().pauseApiServer();
    await expect(request(version, { timeoutMs: 500 })).rejects.toThrow('no answer');
    await real().resumeApiServer();
    expect(await request(version)).toMatchObject({ status: 200 });
  });

  it('writes who asked for what into the audit log', async () => {
    const namespace = await real().namespace();
    await vi.waitFor(async () => {
      const lines = (await readFile(real().auditLog, 'utf8')).trimEnd().split('\n');
      const created = lines
        .map((line) => JSON.parse(line))
        .filter((event) => event.objectRef?.name === namespace);
      expect(created).toContainEqual(expect.objectContaining({ verb: 'create', user: expect.anything() }));
    }, WAIT);
  });
});

describeReal('the real Prometheus', (real) => {
  it('scrapes the targets that the fleet lists, and keeps their own labels', async () => {
    const { fleetPort, prometheus } = real();
    const fleet = createServer((asked, reply) => {
      if (asked.url === '/targets') {
        reply.setHeader('content-type', 'application/json');
        reply.end(
          JSON.stringify([{ targets: [`127.0.0.1:${fleetPort}`], labels: { pod: 'from-discovery' } }]),
        );
        return;
      }
      reply.setHeader('content-type', 'text/plain; version=0.0.4');
      reply.end('served_total{pod="own"} 7\n');
    });
    await new Promise<void>((resolve) => fleet.listen(fleetPort, '127.0.0.1', resolve));
    onTestFinished(() => {
      fleet.closeAllConnections();
      fleet.close();
    });
    await vi.waitFor(async () => {
      const { text } = await request(`${prometheus}/api/v1/query?query=served_total`);
      const { data } = JSON.parse(text);
      expect(data.result).toMatchObject([
        { metric: { pod: 'own', job: 'fleet' }, value: [expect.any(Number), '7'] },
      ]);
    }, WAIT);
  });

  it('can be stopped and started', async () => {
    await real().stopPrometheus();
    await expect(request(real().prometheus)).rejects.toThrow('ECONNREFUSED');
    await real().startPrometheus();
    expect(await request(`${real().prometheus}/-/ready`)).toMatchObject({ status: 200 });
  });
});

import { describe, expect, it } from 'vitest';
import { RESOURCES } from '../../kube/resource.ts';
import { readyCondition } from './node.ts';
import { conditionOf, modelOf, modelPod, NAMESPACE, TestCluster } from './test-cluster.ts';

describe('faults of nodes and of the API server', () => {
  const cluster = new TestCluster();

  it('keeps serving on a node that is cut off, which becomes Unknown after 50 s, and comes back', async () => {
    await cluster.begin();
    await cluster.create(modelPod('one', 'edge-x86-01'));
    await cluster.simulation.clock.advance(60_000);
    const before = await cluster.read('one');
    cluster.simulation.fleet.node('edge-x86-01').cutOff();
    await cluster.simulation.clock.advance(30_000);
    expect(readyCondition(await cluster.readNode('edge-x86-01'))?.status).toBe('True');
    await cluster.simulation.clock.advance(40_000);
    const dark = await cluster.readNode('edge-x86-01');
    expect(readyCondition(dark)).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' });
    expect(dark.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(conditionOf(await cluster.read('one'), 'Ready')?.status).toBe('False');
    expect(modelOf(await cluster.read('one'))?.ready).toBe(true);
    await cluster.simulation.client.delete(RESOURCES.pods, NAMESPACE, 'one');
    await cluster.simulation.clock.advance(300_000);
    expect((await cluster.read('one')).metadata.deletionTimestamp).toBeDefined();

    cluster.simulation.fleet.node('edge-x86-01').reconnect();
    await cluster.simulation.clock.advance(15_000);
    const back = await cluster.readNode('edge-x86-01');
    expect(readyCondition(back)?.status).toBe('True');
    expect(back.spec?.taints ?? []).toEqual([]);
    expect(modelOf(before)?.restartCount).toBe(0);
    await expect(cluster.read('one')).rejects.toThrow(/not found/);
  });

  it('makes a pod Ready again after an outage without a restart', async () => {
    await cluster.begin();
    await cluster.create(modelPod('one', 'edge-x86-01'));
    await cluster.simulation.clock.advance(60_000);
    const started = modelOf(await cluster.read('one'))?.state.running?.startedAt;
    cluster.simulation.fleet.node('edge-x86-01').cutOff();
    await cluster.simulation.clock.advance(120_000);
    expect(conditionOf(await cluster.read('one'), 'Ready')?.status).toBe('False');
    cluster.simulation.fleet.node('edge-x86-01').reconnect();
    await cluster.simulation.clock.advance(5_000);
    const back = await cluster.read('one');
    expect(conditionOf(back, 'Ready')?.status).toBe('True');
    expect(modelOf(back)).toMatchObject({ restartCount: 0, state: { running: { startedAt: started } } });
  });

  it('restarts what ran when a node boots, and refuses what needs a device that is not there yet', async () => {
    await cluster.begin();
    await cluster.create(modelPod('gpu', 'edge-orin-01', { gpu: true }));
    await cluster.create(modelPod('cpu', 'edge-x86-01'));
    await cluster.simulation.clock.advance(30_000);
    for (const name of ['edge-orin-01', 'edge-x86-01']) cluster.simulation.fleet.node(name).powerOff();
    await cluster.simulation.clock.advance(30_000);
    cluster.simulation.fleet.node('edge-orin-01').boot({ devicesAfter: 30_000 });
    cluster.simulation.fleet.node('edge-x86-01').boot();
    await cluster.simulation.clock.advance(10_000);
    expect((await cluster.read('gpu')).status).toMatchObject({
      phase: 'Failed',
      reason: 'UnexpectedAdmissionError',
      message:
        'Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. ' +
        'Requested: 1, Available: 0, which is unexpected',
    });
    const again = modelOf(await cluster.read('cpu'));
    expect(again).toMatchObject({ ready: true, restartCount: 1 });
    expect(again?.lastState.terminated).toMatchObject({ exitCode: 255, reason: 'Unknown' });
    expect((await cluster.readNode('edge-orin-01')).status?.allocatable?.['nvidia.com/gpu']).toBe('0');
    await cluster.simulation.clock.advance(40_000);
    expect((await cluster.readNode('edge-orin-01')).status?.allocatable?.['nvidia.com/gpu']).toBe('1');
  });

  it('takes its node down with it, over and over, where a version panics, until its pod is deleted', async () => {
    await cluster.begin();
    await cluster.create(
      modelPod('bad', 'edge-x86-01', { annotations: { 'sim.outrigger.dev/panic-after': '20s' } }),
    );
    const node = cluster.simulation.fleet.node('edge-x86-01');
    await cluster.simulation.clock.runUntil(() => node.state === 'off', 60_000);
    await cluster.simulation.clock.advance(70_000);
    expect(readyCondition(await cluster.readNode('edge-x86-01'))?.status).toBe('Unknown');
    await cluster.simulation.clock.advance(15_000);
    expect(readyCondition(await cluster.readNode('edge-x86-01'))?.status).toBe('True');
    expect(modelOf(await cluster.read('bad'))?.restartCount).toBe(1);
    await cluster.simulation.clock.runUntil(() => node.state === 'off', 60_000);
    await cluster.simulation.client.delete(RESOURCES.pods, NAMESPACE, 'bad');
    await cluster.simulation.clock.runUntil(() => node.state === 'up', 120_000);
    await cluster.simulation.clock.advance(300_000);
    expect(node.state).toBe('up');
  });

  it('makes a pull that the network left again when it is back, and counts what the registry sends at once', async () => {
    await cluster.begin();
    const { fleet, clock } = cluster.simulation;
    await cluster.create(modelPod('one', 'edge-x86-01'));
    await cluster.create(modelPod('two', 'edge-hailo-01'));
    await clock.runUntil(() => fleet.registry.transfers === 2, 10_000);
    fleet.node('edge-x86-01').cutOff();
    await clock.advance(30_000);
    expect(fleet.registry.transfers).toBe(0);
    expect(fleet.node('edge-x86-01').images.present).toEqual([]);
    expect(fleet.node('edge-hailo-01').images.present).toHaveLength(2);
    fleet.node('edge-x86-01').reconnect();
    await clock.runUntil(() => fleet.node('edge-x86-01').images.present.length === 2, 400_000);
    expect(fleet.registry.mostTransfers).toBe(2);
  });

  it('outlives an API server that goes away, and lost watches', async () => {
    await cluster.begin();
    await cluster.create(modelPod('one', 'edge-x86-01'));
    await cluster.simulation.clock.advance(20_000);
    const restore = cluster.simulation.apiServer.intercept({
      before: () => ({ error: new Error('connect ECONNREFUSED') }),
    });
    cluster.simulation.apiServer.breakWatches(new Error('socket hang up'));
    await cluster.simulation.clock.advance(60_000);
    restore();
    cluster.simulation.apiServer.compact();
    await cluster.simulation.clock.advance(30_000);
    expect(modelOf(await cluster.read('one'))).toMatchObject({ ready: true, restartCount: 0 });
    expect(readyCondition(await cluster.readNode('edge-x86-01'))?.status).toBe('True');
    await cluster.create(modelPod('two', 'edge-hailo-01'));
    await cluster.simulation.client.delete(RESOURCES.pods, NAMESPACE, 'one');
    await cluster.simulation.clock.advance(20_000);
    expect(modelOf(await cluster.read('two'))?.ready).toBe(true);
    await expect(cluster.read('one')).rejects.toThrow(/not found/);
  });
});

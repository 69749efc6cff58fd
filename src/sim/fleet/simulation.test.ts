import { describe, expect, it } from 'vitest';
import { LABEL } from '../../api/names.ts';
import { RESOURCES } from '../../kube/resource.ts';
import { conditionOf, modelOf, modelPod, NAMESPACE, TestCluster } from './test-cluster.ts';

describe('a simulated cluster', () => {
  const cluster = new TestCluster();

  it('runs a pod from creation to Ready, and its metrics reach Prometheus', async () => {
    await cluster.begin();
    await cluster.create(modelPod('one', 'edge-orin-01', { gpu: true }));
    await cluster.simulation.clock.advance(20_000);
    const pod = await cluster.read('one');
    expect(pod.spec.nodeName).toBe('edge-orin-01');
    expect(pod.status?.phase).toBe('Running');
    expect(conditionOf(pod, 'Ready')?.status).toBe('True');
    expect(conditionOf(pod, 'PodScheduled')?.status).toBe('True');
    expect(modelOf(pod)).toMatchObject({ ready: true, started: true, restartCount: 0, lastState: {} });

    await cluster.simulation.clock.advance(300_000);
    const result = await cluster.simulation.prometheus.exchange({
      url: 'http://prometheus/api/v1/query',
      headers: {},
      body: new URLSearchParams({
        query: 'sum by (pod, node) (increase(model_requests_total[2m]))',
      }).toString(),
      timeout: 1_000,
      maxBytes: 1e6,
    });
    if (result.kind !== 'answer') throw new Error(result.message);
    const [series] = JSON.parse(result.body).data.result;
    expect(series.metric).toEqual({ pod: 'one', node: 'edge-orin-01' });
    expect(Number(series.value[1])).toBeGreaterThan(30);
  });

  it('says in the words of kube-scheduler why a pod has no place, and binds it when there is one', async () => {
    await cluster.begin();
    await cluster.create(modelPod('first', 'edge-orin-01', { gpu: true }));
    await cluster.create(modelPod('second', 'edge-orin-01', { gpu: true }));
    await cluster.simulation.clock.advance(5_000);
    const condition = conditionOf(await cluster.read('second'), 'PodScheduled');
    expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    expect(condition?.message).toBe(
      "0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. " +
        'preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    );
    await cluster.simulation.client.delete(RESOURCES.pods, NAMESPACE, 'first');
    await cluster.simulation.clock.advance(10_000);
    await expect(cluster.read('first')).rejects.toThrow(/not found/);
    expect((await cluster.read('second')).spec.nodeName).toBe('edge-orin-01');
  });

  it('pulls an image once for a node', async () => {
    await cluster.begin();
    await cluster.create(modelPod('one', 'edge-orin-01'));
    cluster.simulation.fleet.registry.setSize('registry.example/defect:1', 1_500_000_000);
    await cluster.simulation.clock.advance(20_000);
    expect(modelOf(await cluster.read('one'))?.state.waiting).toEqual({ reason: 'ContainerCreating' });
    await cluster.simulation.clock.advance(20_000);
    expect(modelOf(await cluster.read('one'))?.ready).toBe(true);
    // From here on the node needs no registry for these images.
    cluster.simulation.fleet.registry.down = true;
    await cluster.create(modelPod('two', 'edge-orin-01'));
    await cluster.simulation.clock.advance(5_000);
    expect(modelOf(await cluster.read('two'))?.ready).toBe(true);
  });

  it.each([
    [
      'an annotation',
      (node: string) => ({ node, annotations: { 'sim.outrigger.dev/image-pull': 'fail' } }),
      'not found',
    ],
    [
      'a full disk',
      (node: string) => {
        cluster.simulation.fleet.node(node).fullDisk = true;
        return { node, annotations: {} };
      },
      'no space left on device',
    ],
    [
      'a registry that is down',
      (node: string) => {
        cluster.simulation.fleet.registry.down = true;
        return { node, annotations: {} };
      },
      'connection refused',
    ],
  ])('backs off from an image that does not come because of %s', async (_why, prepare, words) => {
    await cluster.begin();
    const { node, annotations } = prepare('edge-x86-01');
    await cluster.create(modelPod('one', node, { annotations }));
    const reasons = new Set<string | undefined>();
    for (let step = 0; step < 40; step++) {
      await cluster.simulation.clock.advance(500);
      reasons.add(modelOf(await cluster.read('one'))?.state.waiting?.reason);
    }
    expect([...reasons]).toContain('ErrImagePull');
    const waiting = modelOf(await cluster.read('one'))?.state.waiting;
    expect(waiting?.reason).toBe('ImagePullBackOff');
    expect(waiting?.message).toContain(words);
    expect((await cluster.read('one')).status?.phase).toBe('Pending');
  });

  it('restarts a container that crashes, at once and then further and further apart', async () => {
    await cluster.begin();
    await cluster.create(
      modelPod('one', 'edge-x86-01', { annotations: { 'sim.outrigger.dev/crash-after': '30s' } }),
    );
    await cluster.simulation.clock.advance(70_000);
    expect(modelOf(await cluster.read('one'))).toMatchObject({ restartCount: 1 });
    await cluster.simulation.clock.advance(5_000);
    const looping = modelOf(await cluster.read('one'));
    expect(looping?.state.waiting?.reason).toBe('CrashLoopBackOff');
    expect(looping?.state.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=model pod=one_default\(/,
    );
    expect(looping?.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(conditionOf(await cluster.read('one'), 'Ready')?.status).toBe('False');
    // 30 s of life and 20, 40, 80, 160, 300, 300 s of waiting.
    await cluster.simulation.clock.advance(600_000);
    expect(modelOf(await cluster.read('one'))?.restartCount).toBe(6);
  });

  it('ends a pod that is not to be restarted', async () => {
    await cluster.begin();
    const pod = modelPod('job', 'edge-hailo-01');
    expect(cluster.simulation.fleet.node('edge-hailo-01').images.has('rancher/mirrored-pause:3.6')).toBe(
      true,
    );
    const labels = { [LABEL.model]: 'defects', [LABEL.role]: 'prefetch' };
    await cluster.create({
      ...pod,
      metadata: { ...pod.metadata, labels },
      spec: { ...pod.spec, restartPolicy: 'Never' },
    });
    await cluster.simulation.clock.advance(20_000);
    const done = await cluster.read('job');
    expect(done.status?.phase).toBe('Succeeded');
    expect(modelOf(done)?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(cluster.simulation.fleet.node('edge-hailo-01').images.has('registry.example/defect:1')).toBe(true);
    await cluster.simulation.client.delete(RESOURCES.pods, NAMESPACE, 'job');
    await expect(cluster.read('job')).rejects.toThrow(/not found/);
  });

  it('tells a wrong annotation where people look for it', async () => {
    await cluster.begin();
    await cluster.create(
      modelPod('one', 'edge-x86-01', { annotations: { 'sim.outrigger.dev/latency': 'slow' } }),
    );
    await cluster.simulation.clock.advance(10_000);
    expect(modelOf(await cluster.read('one'))?.state.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'annotation sim.outrigger.dev/latency: "slow" is not a factor such as x1.5',
    });
  });

  it('shares the requests of a node between the Ready pods of a model', async () => {
    await cluster.begin();
    await cluster.create(modelPod('old', 'edge-orin-01'));
    await cluster.simulation.clock.advance(60_000);
    await cluster.create(modelPod('new', 'edge-orin-01'));
    await cluster.create(
      modelPod('never', 'edge-orin-01', { annotations: { 'sim.outrigger.dev/never-ready': 'true' } }),
    );
    const served = (name: string): number => {
      const page = cluster.simulation.fleet.node('edge-orin-01').metrics(NAMESPACE, name) ?? '';
      return Number(/^model_request_seconds_count (\d+)$/m.exec(page)?.[1]);
    };
    await cluster.simulation.clock.advance(60_000);
    const [before, beforeNew] = [served('old'), served('new')];
    await cluster.simulation.clock.advance(600_000);
    const [old, fresh] = [served('old') - before, served('new') - beforeNew];
    expect(old / fresh).toBeGreaterThan(0.8);
    expect(old / fresh).toBeLessThan(1.25);
    expect(served('never')).toBe(0);
  });

  it('writes only leases while nothing happens', async () => {
    await cluster.begin();
    await cluster.create(modelPod('one', 'edge-x86-01'));
    await cluster.simulation.clock.advance(60_000);
    const writes: string[] = [];
    cluster.simulation.apiServer.intercept({
      before: ({ method, path }) => {
        if (method !== 'GET') writes.push(path.split('/').slice(0, -1).join('/'));
        return 'pass';
      },
    });
    await cluster.simulation.clock.advance(60_000);
    expect(new Set(writes)).toEqual(
      new Set(['/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases']),
    );
    expect(writes).toHaveLength(18);
  });

  it('is the same run for the same seed', async () => {
    const pages = [];
    for (let run = 0; run < 2; run++) {
      await cluster.begin();
      await cluster.create(modelPod('one', 'edge-orin-01'));
      await cluster.simulation.clock.advance(600_000);
      pages.push(cluster.simulation.fleet.node('edge-orin-01').metrics(NAMESPACE, 'one'));
      if (run === 0) await cluster.end();
    }
    expect(pages[0]).toBe(pages[1]);
  });
});

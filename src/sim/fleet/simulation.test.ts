import { afterEach, describe, expect, it } from 'vitest';
import { LABEL } from '../../api/names.ts';
import { RESOURCES } from '../../kube/resource.ts';
import type { Node } from './node.ts';
import { readyCondition } from './node.ts';
import { edgeNodes } from './node-spec.ts';
import type { Pod } from './pod.ts';
import { createSimulation, type Simulation } from './simulation.ts';

const NAMESPACE = 'default';
let simulation: Simulation;

afterEach(async () => {
  await simulation.stop();
});

async function begin(nodes = edgeNodes(3)): Promise<void> {
  simulation = createSimulation({ seed: 7, nodes });
  await simulation.start();
}

/** A pod as Outrigger makes one: pinned, with the model's labels. */
function modelPod(
  name: string,
  node: string,
  options: { annotations?: Record<string, string>; gpu?: boolean } = {},
): Pod {
  const resources =
    options.gpu === true ? { requests: { 'nvidia.com/gpu': '1' }, limits: { 'nvidia.com/gpu': '1' } } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: {
        [LABEL.model]: 'defects',
        [LABEL.revision]: 'r1',
        [LABEL.variant]: 'orin',
        [LABEL.role]: 'serve',
      },
      ...(options.annotations !== undefined && { annotations: options.annotations }),
    },
    spec: {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
          },
        },
      },
      tolerations: [
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
      ],
      containers: [{ name: 'model', image: 'registry.example/server:1', resources }],
      volumes: [{ name: 'artifact', image: { reference: 'registry.example/defect:1' } }],
    },
  };
}

const create = (pod: Pod): Promise<Pod> => simulation.client.create<Pod>(RESOURCES.pods, NAMESPACE, pod);
const read = (name: string): Promise<Pod> => simulation.client.get<Pod>(RESOURCES.pods, NAMESPACE, name);
const readNode = (name: string): Promise<Node> =>
  simulation.client.get<Node>(RESOURCES.nodes, undefined, name);
const conditionOf = (pod: Pod, type: string) => pod.status?.conditions?.find((each) => each.type === type);
const modelOf = (pod: Pod) => pod.status?.containerStatuses?.find((each) => each.name === 'model');

describe('a simulated cluster', () => {
  it('runs a pod from creation to Ready, and its metrics reach Prometheus', async () => {
    await begin();
    await create(modelPod('one', 'edge-orin-01', { gpu: true }));
    await simulation.clock.advance(20_000);
    const pod = await read('one');
    expect(pod.spec.nodeName).toBe('edge-orin-01');
    expect(pod.status?.phase).toBe('Running');
    expect(conditionOf(pod, 'Ready')?.status).toBe('True');
    expect(conditionOf(pod, 'PodScheduled')?.status).toBe('True');
    expect(modelOf(pod)).toMatchObject({ ready: true, started: true, restartCount: 0, lastState: {} });

    await simulation.clock.advance(300_000);
    const result = await simulation.prometheus.exchange({
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
    await begin();
    await create(modelPod('first', 'edge-orin-01', { gpu: true }));
    await create(modelPod('second', 'edge-orin-01', { gpu: true }));
    await simulation.clock.advance(5_000);
    const condition = conditionOf(await read('second'), 'PodScheduled');
    expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    expect(condition?.message).toBe(
      "0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. " +
        'preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    );
    await simulation.client.delete(RESOURCES.pods, NAMESPACE, 'first');
    await simulation.clock.advance(10_000);
    await expect(read('first')).rejects.toThrow(/not found/);
    expect((await read('second')).spec.nodeName).toBe('edge-orin-01');
  });

  it('pulls an image once for a node', async () => {
    await begin();
    await create(modelPod('one', 'edge-orin-01'));
    simulation.fleet.registry.setSize('registry.example/defect:1', 1_500_000_000);
    await simulation.clock.advance(20_000);
    expect(modelOf(await read('one'))?.state.waiting).toEqual({ reason: 'ContainerCreating' });
    await simulation.clock.advance(20_000);
    expect(modelOf(await read('one'))?.ready).toBe(true);
    // From here on the node needs no registry for these images.
    simulation.fleet.registry.down = true;
    await create(modelPod('two', 'edge-orin-01'));
    await simulation.clock.advance(5_000);
    expect(modelOf(await read('two'))?.ready).toBe(true);
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
        simulation.fleet.node(node).fullDisk = true;
        return { node, annotations: {} };
      },
      'no space left on device',
    ],
    [
      'a registry that is down',
      (node: string) => {
        simulation.fleet.registry.down = true;
        return { node, annotations: {} };
      },
      'connection refused',
    ],
  ])('backs off from an image that does not come because of %s', async (_why, prepare, words) => {
    await begin();
    const { node, annotations } = prepare('edge-x86-01');
    await create(modelPod('one', node, { annotations }));
    const reasons = new Set<string | undefined>();
    for (let step = 0; step < 40; step++) {
      await simulation.clock.advance(500);
      reasons.add(modelOf(await read('one'))?.state.waiting?.reason);
    }
    expect([...reasons]).toContain('ErrImagePull');
    const waiting = modelOf(await read('one'))?.state.waiting;
    expect(waiting?.reason).toBe('ImagePullBackOff');
    expect(waiting?.message).toContain(words);
    expect((await read('one')).status?.phase).toBe('Pending');
  });

  it('restarts a container that crashes, at once and then further and further apart', async () => {
    await begin();
    await create(modelPod('one', 'edge-x86-01', { annotations: { 'sim.outrigger.dev/crash-after': '30s' } }));
    await simulation.clock.advance(70_000);
    expect(modelOf(await read('one'))).toMatchObject({ restartCount: 1 });
    await simulation.clock.advance(5_000);
    const looping = modelOf(await read('one'));
    expect(looping?.state.waiting?.reason).toBe('CrashLoopBackOff');
    expect(looping?.state.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=model pod=one_default\(/,
    );
    expect(looping?.lastState.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
    expect(conditionOf(await read('one'), 'Ready')?.status).toBe('False');
    // 30 s of life and 20, 40, 80, 160, 300, 300 s of waiting.
    await simulation.clock.advance(600_000);
    expect(modelOf(await read('one'))?.restartCount).toBe(6);
  });

  it('ends a pod that is not to be restarted', async () => {
    await begin();
    const pod = modelPod('job', 'edge-hailo-01');
    expect(simulation.fleet.node('edge-hailo-01').images.has('rancher/mirrored-pause:3.6')).toBe(true);
    const labels = { [LABEL.model]: 'defects', [LABEL.role]: 'prefetch' };
    await create({
      ...pod,
      metadata: { ...pod.metadata, labels },
      spec: { ...pod.spec, restartPolicy: 'Never' },
    });
    await simulation.clock.advance(20_000);
    const done = await read('job');
    expect(done.status?.phase).toBe('Succeeded');
    expect(modelOf(done)?.state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(simulation.fleet.node('edge-hailo-01').images.has('registry.example/defect:1')).toBe(true);
    await simulation.client.delete(RESOURCES.pods, NAMESPACE, 'job');
    await expect(read('job')).rejects.toThrow(/not found/);
  });

  it('tells a wrong annotation where people look for it', async () => {
    await begin();
    await create(modelPod('one', 'edge-x86-01', { annotations: { 'sim.outrigger.dev/latency': 'slow' } }));
    await simulation.clock.advance(10_000);
    expect(modelOf(await read('one'))?.state.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'annotation sim.outrigger.dev/latency: "slow" is not a factor such as x1.5',
    });
  });

  it('keeps serving on a node that is cut off, which becomes Unknown after 50 s, and comes back', async () => {
    await begin();
    await create(modelPod('one', 'edge-x86-01'));
    await simulation.clock.advance(60_000);
    const before = await read('one');
    simulation.fleet.node('edge-x86-01').cutOff();
    await simulation.clock.advance(30_000);
    expect(readyCondition(await readNode('edge-x86-01'))?.status).toBe('True');
    await simulation.clock.advance(40_000);
    const dark = await readNode('edge-x86-01');
    expect(readyCondition(dark)).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown' });
    expect(dark.spec?.taints?.map(({ key, effect }) => `${key}:${effect}`)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(conditionOf(await read('one'), 'Ready')?.status).toBe('False');
    expect(modelOf(await read('one'))?.ready).toBe(true);
    await simulation.client.delete(RESOURCES.pods, NAMESPACE, 'one');
    await simulation.clock.advance(300_000);
    expect((await read('one')).metadata.deletionTimestamp).toBeDefined();

    simulation.fleet.node('edge-x86-01').reconnect();
    await simulation.clock.advance(15_000);
    const back = await readNode('edge-x86-01');
    expect(readyCondition(back)?.status).toBe('True');
    expect(back.spec?.taints ?? []).toEqual([]);
    expect(modelOf(before)?.restartCount).toBe(0);
    await expect(read('one')).rejects.toThrow(/not found/);
  });

  it('makes a pod Ready again after an outage without a restart', async () => {
    await begin();
    await create(modelPod('one', 'edge-x86-01'));
    await simulation.clock.advance(60_000);
    const started = modelOf(await read('one'))?.state.running?.startedAt;
    simulation.fleet.node('edge-x86-01').cutOff();
    await simulation.clock.advance(120_000);
    expect(conditionOf(await read('one'), 'Ready')?.status).toBe('False');
    simulation.fleet.node('edge-x86-01').reconnect();
    await simulation.clock.advance(5_000);
    const back = await read('one');
    expect(conditionOf(back, 'Ready')?.status).toBe('True');
    expect(modelOf(back)).toMatchObject({ restartCount: 0, state: { running: { startedAt: started } } });
  });

  it('restarts what ran when a node boots, and refuses what needs a device that is not there yet', async () => {
    await begin();
    await create(modelPod('gpu', 'edge-orin-01', { gpu: true }));
    await create(modelPod('cpu', 'edge-x86-01'));
    await simulation.clock.advance(30_000);
    for (const name of ['edge-orin-01', 'edge-x86-01']) simulation.fleet.node(name).powerOff();
    await simulation.clock.advance(30_000);
    simulation.fleet.node('edge-orin-01').boot({ devicesAfter: 30_000 });
    simulation.fleet.node('edge-x86-01').boot();
    await simulation.clock.advance(10_000);
    expect((await read('gpu')).status).toMatchObject({
      phase: 'Failed',
      reason: 'UnexpectedAdmissionError',
      message:
        'Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. ' +
        'Requested: 1, Available: 0, which is unexpected',
    });
    const again = modelOf(await read('cpu'));
    expect(again).toMatchObject({ ready: true, restartCount: 1 });
    expect(again?.lastState.terminated).toMatchObject({ exitCode: 255, reason: 'Unknown' });
    expect((await readNode('edge-orin-01')).status?.allocatable?.['nvidia.com/gpu']).toBe('0');
    await simulation.clock.advance(40_000);
    expect((await readNode('edge-orin-01')).status?.allocatable?.['nvidia.com/gpu']).toBe('1');
  });

  it('outlives an API server that goes away, and lost watches', async () => {
    await begin();
    await create(modelPod('one', 'edge-x86-01'));
    await simulation.clock.advance(20_000);
    const restore = simulation.apiServer.intercept({
      before: () => ({ error: new Error('connect ECONNREFUSED') }),
    });
    simulation.apiServer.breakWatches(new Error('socket hang up'));
    await simulation.clock.advance(60_000);
    restore();
    simulation.apiServer.compact();
    await simulation.clock.advance(30_000);
    expect(modelOf(await read('one'))).toMatchObject({ ready: true, restartCount: 0 });
    expect(readyCondition(await readNode('edge-x86-01'))?.status).toBe('True');
    await create(modelPod('two', 'edge-hailo-01'));
    await simulation.client.delete(RESOURCES.pods, NAMESPACE, 'one');
    await simulation.clock.advance(20_000);
    expect(modelOf(await read('two'))?.ready).toBe(true);
    await expect(read('one')).rejects.toThrow(/not found/);
  });

  it('shares the requests of a node between the Ready pods of a model', async () => {
    await begin();
    await create(modelPod('old', 'edge-orin-01'));
    await simulation.clock.advance(60_000);
    await create(modelPod('new', 'edge-orin-01'));
    await create(
      modelPod('never', 'edge-orin-01', { annotations: { 'sim.outrigger.dev/never-ready': 'true' } }),
    );
    const served = (name: string): number => {
      const page = simulation.fleet.node('edge-orin-01').metrics(NAMESPACE, name) ?? '';
      return Number(/^model_request_seconds_count (\d+)$/m.exec(page)?.[1]);
    };
    await simulation.clock.advance(60_000);
    const [before, beforeNew] = [served('old'), served('new')];
    await simulation.clock.advance(600_000);
    const [old, fresh] = [served('old') - before, served('new') - beforeNew];
    expect(old / fresh).toBeGreaterThan(0.8);
    expect(old / fresh).toBeLessThan(1.25);
    expect(served('never')).toBe(0);
  });

  it('writes only leases while nothing happens', async () => {
    await begin();
    await create(modelPod('one', 'edge-x86-01'));
    await simulation.clock.advance(60_000);
    const writes: string[] = [];
    simulation.apiServer.intercept({
      before: ({ method, path }) => {
        if (method !== 'GET') writes.push(path.split('/').slice(0, -1).join('/'));
        return 'pass';
      },
    });
    await simulation.clock.advance(60_000);
    expect(new Set(writes)).toEqual(
      new Set(['/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases']),
    );
    expect(writes).toHaveLength(18);
  });

  it('is the same run for the same seed', async () => {
    const pages = [];
    for (let run = 0; run < 2; run++) {
      await begin();
      await create(modelPod('one', 'edge-orin-01'));
      await simulation.clock.advance(600_000);
      pages.push(simulation.fleet.node('edge-orin-01').metrics(NAMESPACE, 'one'));
      if (run === 0) await simulation.stop();
    }
    expect(pages[0]).toBe(pages[1]);
  });
});

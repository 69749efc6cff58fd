import type { Node, NodeCondition, NodeStatus } from './node.ts';
import type { NodeSpec } from './node-spec.ts';
import type { Amounts } from './resources.ts';
import { timestamp } from './timestamps.ts';

/** What a kubelet registers itself as. Its status follows in a write of its own. */
export function registration(spec: NodeSpec): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: spec.name, labels: spec.labels },
    spec: spec.taints === undefined ? {} : { taints: spec.taints },
  };
}

export interface NodeState {
  readonly now: number;
  readonly bootId: string;
  readonly address: string;
  readonly diskFull: boolean;
  /** The extended resources that device plugins have registered. */
  readonly devices: Amounts;
}

/** A kubelet's whole status report. Conditions that did not change keep their time of transition. */
export function nodeStatus(spec: NodeSpec, state: NodeState, previous: NodeStatus | undefined): NodeStatus {
  const capacity: Record<string, string> = { ...spec.capacity };
  for (const [resource, count] of Object.entries(state.devices)) capacity[resource] = String(count);
  const condition = (
    type: string,
    status: 'True' | 'False',
    reason: string,
    message: string,
  ): NodeCondition => {
    const before = previous?.conditions?.find((each) => each.type === type);
    const now = timestamp(state.now);
    const since = before?.status === status ? before.lastTransitionTime : now;
    return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime: since };
  };
  return {
    capacity,
    allocatable: capacity,
    addresses: [
      { type: 'InternalIP', address: state.address },
      { type: 'Hostname', address: spec.name },
    ],
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      state.diskFull
        ? condition('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
        : condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    nodeInfo: {
      architecture: spec.architecture,
      operatingSystem: 'linux',
      machineID: `machine-${spec.name}`,
      systemUUID: `system-${spec.name}`,
      bootID: state.bootId,
      kernelVersion: '6.1.0-simulated',
      osImage: 'Simulated edge node',
      containerRuntimeVersion: 'containerd://2.4.0-simulated',
      kubeletVersion: 'v1.37.0-simulated',
      kubeProxyVersion: '',
    },
  };
}

/** Whether the API server shows something else than the kubelet would say; heartbeat times aside. */
export function differs(shown: NodeStatus | undefined, own: NodeStatus): boolean {
  return gist(shown) !== gist(own);
}

function gist(status: NodeStatus | undefined): string {
  return JSON.stringify([
    (status?.conditions ?? []).map((condition) => `${condition.type}=${condition.status}`).toSorted(),
    Object.entries(status?.allocatable ?? {})
      .map(([resource, quantity]) => `${resource}=${quantity}`)
      .toSorted(),
    status?.nodeInfo?.['bootID'],
  ]);
}

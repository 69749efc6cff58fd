import { LABEL } from '../api/names.ts';
import type { KubeObject } from '../api/object-meta.ts';
import type { Action, Decision } from '../core/decision.ts';
import type { Pod } from '../core/pods/serve-pod.ts';
import type { NodeView } from '../core/views/node-view.ts';
import type { ApiFailure } from './ports/api-failure.ts';
import type { ClusterChange, ClusterChanges, ClusterView } from './ports/cluster-view.ts';
import type { ClusterWriter } from './ports/cluster-writer.ts';
import type { Log } from './ports/log.ts';

/** Doubles of the ports, for the tests of the controller alone; src/sim is the whole cluster. */

export function apiFailure(
  code: ApiFailure['code'],
  fields: Partial<Pick<ApiFailure, 'status' | 'reason' | 'serverMessage'>> = {},
): ApiFailure {
  const { status = 409, reason = 'Conflict', serverMessage = 'no' } = fields;
  return Object.assign(new Error(serverMessage), { name: 'ApiError', code, status, reason, serverMessage });
}

export interface FakeView extends ClusterView {
  readonly stored: Map<string, KubeObject>;
  readonly storedRollouts: KubeObject[];
  readonly storedNodes: NodeView[];
}

/** Holds models by name in the namespace `vision`, rollouts and nodes; of everything else there is none. */
export function fakeView(...models: readonly KubeObject[]): FakeView {
  const stored = new Map(models.map((each) => [each.metadata.name, each]));
  const storedRollouts: KubeObject[] = [];
  const storedNodes: NodeView[] = [];
  return {
    stored,
    storedRollouts,
    storedNodes,
    model: (_, name) => stored.get(name),
    models: () => [...stored.values()],
    keys: () => [...stored.keys()].map((name) => `vision/${name}`),
    rollouts: () => storedRollouts,
    rollout: (_, name) => storedRollouts.find(({ metadata }) => metadata.name === name),
    nodes: () => storedNodes,
    pods: () => [],
    pulls: () => [],
    hasPod: () => false,
    revisions: () => [],
    configMaps: () => [],
    service: () => undefined,
  };
}

export interface FakeWriter extends ClusterWriter {
  /** Kinds of what was done, pods with their names, in order. */
  readonly done: string[];
  /** Asked before each write, with what would be added to `done`; throws to refuse. */
  before: (what: string) => void | Promise<void>;
  /** What findPods finds. */
  found: readonly KubeObject[];
  /** What readPod finds. */
  existing: KubeObject | undefined;
  existingService: KubeObject | undefined;
}

export function fakeWriter(): FakeWriter {
  const write = async (what: string): Promise<void> => {
    await writer.before(what);
    writer.done.push(what);
  };
  const named = (_: string, action: { readonly kind: string }): Promise<void> => write(action.kind);
  const writer: FakeWriter = {
    done: [],
    before: () => {},
    found: [],
    existing: undefined,
    existingService: undefined,
    createRevision: named,
    markRevision: named,
    deleteRevision: named,
    createConfigMap: named,
    deleteConfigMap: named,
    writeMemory: named,
    applyService: named,
    deleteService: named,
    writeModelStatus: named,
    writeRolloutStatus: named,
    createPod: (_, { pod }) => write(`CreatePod ${pod.metadata.name}`),
    deletePod: (_, { name }) => write(`DeletePod ${name}`),
    adoptPod: (_, { name }) => write(`AdoptPod ${name}`),
    setFinalizers: named,
    setOwner: named,
    tryPod: (_, pod) => write(`TryPod ${pod.metadata.name}`),
    findPods: async () => writer.found,
    readPod: async () => writer.existing,
    readService: async () => writer.existingService,
  };
  return writer;
}

export class FakeChanges implements ClusterChanges {
  readonly #listeners = new Set<(change: ClusterChange) => void>();

  subscribe(listener: (change: ClusterChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(change: ClusterChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function fakeLog(lines: LogLine[] = [], bindings: Readonly<Record<string, unknown>> = {}): Log {
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields: { ...bindings, ...fields }, message });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => fakeLog(lines, { ...bindings, ...fields }),
  };
}

export function storedModel(name: string, spec: object = {}): KubeObject {
  const metadata = { name, namespace: 'vision', uid: `uid-${name}`, resourceVersion: '1', generation: 1 };
  return { apiVersion: 'outrigger.dev/v1alpha1', kind: 'EdgeModel', metadata, spec } as KubeObject;
}

export function podOf(name: string, { variant = 'cpu', revision = 'r1', owner = 'uid-defects' } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'vision',
      labels: {
        [LABEL.model]: 'defects',
        [LABEL.revision]: revision,
        [LABEL.variant]: variant,
        [LABEL.role]: 'serve',
      },
      ownerReferences: [
        {
          apiVersion: 'outrigger.dev/v1alpha1',
          kind: 'EdgeModel',
          name: 'defects',
          uid: owner,
          controller: true,
        },
      ],
    },
    spec: { containers: [] },
  };
}

export function createPodAction(name: string, options: Parameters<typeof podOf>[1] = {}): Action {
  return { kind: 'CreatePod', pod: podOf(name, options), node: `node-of-${name}` };
}

/** A decision with nothing in it but what is given. */
export function decision(parts: Partial<Decision> = {}): Decision {
  return { needs: [], actions: [], requeueAt: undefined, waitsForPull: false, mismatched: [], ...parts };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '../../src/kube/client.ts';
import { isApiError } from '../../src/kube/errors.ts';
import { HttpsTransport } from '../../src/kube/https-transport.ts';
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts';
import { RESOURCES } from '../../src/kube/resource.ts';
import { feed } from '../../src/sim/fleet/feed.ts';
import { Gate } from '../../src/sim/fleet/gate.ts';
import { Heartbeat } from '../../src/sim/fleet/heartbeat.ts';
import { LEASE_NAMESPACE, type Node } from '../../src/sim/fleet/node.ts';
import { nodeStatus } from '../../src/sim/fleet/node-object.ts';
import { edgeNode } from '../../src/sim/fleet/node-spec.ts';
import { PodStatusWriter } from '../../src/sim/fleet/pod-status-writer.ts';
import { podStatus } from '../../src/sim/fleet/pod-status.ts';
import { systemClock } from '../../src/telemetry/system-clock.ts';
import { freePorts } from '../controlplane/ports.ts';
import type { RealParts } from '../setup/describe-real.ts';
import { OperatorContainer } from './operator-pods-container.ts';
import { mountCredentials } from './operator-pods-credentials.ts';
import { argsOf, asPod, environmentOf, type ServerPod } from './operator-pods-spec.ts';

/** As K3s labels the nodes that run its control plane. */
export const SERVER_LABEL = 'node-role.kubernetes.io/control-plane';

/** An operator's pod that runs here. */
export interface OperatorPod {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly container: OperatorContainer;
}

export interface Servers {
  /** Those with a process, oldest first. */
  readonly pods: readonly OperatorPod[];
  /** Kills what still runs, and removes the nodes. */
  stop(): Promise<void>;
}

/**
 * Nodes for the operator's own pods: the real scheduler binds pods to them, and each bound pod's container runs as
 * a process of this machine, from the spec that the API server stored, with the pod's own ServiceAccount token and
 * nothing else to go by. Whatever the image is called, it is this checkout. Not acted on: securityContext,
 * resources, volumes but the token's.
 */
export async function startServers(real: RealParts, names: readonly string[]): Promise<Servers> {
  const over = new AbortController();
  const load = () => loadKubeConfig({ kubeconfig: real.kubeconfig, env: {} });
  const transport = new HttpsTransport({ load, clock: systemClock });
  const client = new KubeClient(transport, { fieldManager: 'kubelet', clock: systemClock });
  const folder = await mkdtemp(join(tmpdir(), 'operator-pods-'));
  const servers = names.map((name, index) => new Server({ real, client, name, index, folder, over }));
  await Promise.all(servers.map((server) => server.start()));
  return {
    get pods() {
      return servers.flatMap((server) => server.pods);
    },
    stop: async () => {
      over.abort(new Error('the servers are stopped'));
      await Promise.all(servers.map((server) => server.remove()));
      await transport.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface ServerOptions {
  readonly real: RealParts;
  readonly client: KubeClient;
  readonly name: string;
  readonly index: number;
  readonly folder: string;
  readonly over: AbortController;
}

class Server {
  readonly #options: ServerOptions;
  readonly #pods = new Map<string, PodProcess>();
  #node: Node | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  get pods(): readonly OperatorPod[] {
    return [...this.#pods.values()].flatMap(({ running }) => (running === undefined ? [] : [running]));
  }

  async start(): Promise<void> {
    const { client, name, index, over } = this.#options;
    const base = edgeNode('x86', index + 1, index);
    const labels = {
      'kubernetes.io/arch': base.architecture,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/hostname': name,
      [SERVER_LABEL]: 'true',
    };
    const spec = { ...base, name, labels };
    const state = { bootId: name, address: `192.168.100.${index + 1}`, diskFull: false, devices: {} };
    const heartbeat = new Heartbeat({
      client,
      clock: systemClock,
      spec,
      online: new Gate(true),
      localTime: () => Date.now(),
      offset: index * 1_000,
      shown: () => this.#node,
      status: () => nodeStatus(spec, { ...state, now: Date.now() }, this.#node?.status),
      written: (node) => void (this.#node = node),
    });
    await heartbeat.register();
    void heartbeat.run(over.signal).catch(() => {});
    const bound = feed<ServerPod>(
      client,
      RESOURCES.pods,
      { set: (pod) => this.#observe(pod), gone: (pod) => this.#gone(pod) },
      { clock: systemClock, signal: over.signal, fieldSelector: `spec.nodeName=${name}` },
    );
    await bound.ready;
  }

  async remove(): Promise<void> {
    const { client, name } = this.#options;
    await Promise.all([...this.#pods.values()].map((pod) => pod.abandon()));
    await unlessGone(client.delete(RESOURCES.nodes, undefined, name));
    await unlessGone(client.delete(RESOURCES.leases, LEASE_NAMESPACE, name));
  }

  #observe(pod: ServerPod): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#pods.get(uid);
    if (known !== undefined) return known.observe(pod);
    const { phase } = pod.status ?? {};
    if (phase === 'Failed' || phase === 'Succeeded') return;
    const { real, client, name, index, folder } = this.#options;
    const ip = `10.42.${index + 1}.${this.#pods.size + 2}`;
    const hostIp = `192.168.100.${index + 1}`;
    this.#pods.set(uid, new PodProcess(pod, { real, client, node: name, ip, hostIp, folder }));
  }

  #gone(pod: ServerPod): void {
    const uid = pod.metadata.uid ?? '';
    void this.#pods.get(uid)?.abandon();
    this.#pods.delete(uid);
  }
}

interface PodOptions {
  readonly real: RealParts;
  readonly client: KubeClient;
  readonly node: string;
  readonly ip: string;
  readonly hostIp: string;
  readonly folder: string;
}

/** One pod's way from Pending to gone. */
class PodProcess {
  readonly #options: PodOptions;
  readonly #deleted = new AbortController();
  readonly #gone = new AbortController();
  readonly #startedAt = Date.now();
  readonly #writer: PodStatusWriter;
  readonly #done: Promise<void>;
  #pod: ServerPod;
  #container: OperatorContainer | undefined;
  #over = false;

  constructor(pod: ServerPod, options: PodOptions) {
    this.#pod = pod;
    this.#options = options;
    this.#writer = new PodStatusWriter(asPod(pod), {
      client: options.client,
      clock: systemClock,
      online: new Gate(true),
      signal: this.#gone.signal,
      status: () => this.#status(),
      written: () => {},
      gone: () => this.#gone.abort(),
    });
    this.#done = this.#live();
    this.observe(pod);
  }

  get running(): OperatorPod | undefined {
    const { name, uid = '' } = this.#pod.metadata;
    const container = this.#container;
    return container === undefined || this.#over
      ? undefined
      : { name, uid, node: this.#options.node, container };
  }

  observe(pod: ServerPod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#deleted.abort();
  }

  /** It is no longer there, or nobody is interested any more. */
  async abandon(): Promise<void> {
    this.#gone.abort();
    this.#deleted.abort();
    this.#container?.kill('SIGKILL');
    await this.#done;
  }

  async #live(): Promise<void> {
    const { client } = this.#options;
    const { name, namespace, uid = '' } = this.#pod.metadata;
    const container = await this.#prepare().catch((error: unknown) => {
      // As far as people see it: a pod that stays Pending, and why is here.
      process.stderr.write(`the pod ${namespace}/${name} cannot start: ${String(error)}\n`);
      return undefined;
    });
    if (container === undefined) return;
    this.#container = container;
    await container.run(this.#deleted.signal);
    this.#over = true;
    this.#writer.changed();
    await this.#writer.flushed();
    if (!this.#gone.signal.aborted)
      await unlessGone(client.delete(RESOURCES.pods, namespace, name, { uid, gracePeriodSeconds: 0 }));
  }

  async #prepare(): Promise<OperatorContainer> {
    const { real, folder } = this.#options;
    const pod = this.#pod;
    const [spec] = pod.spec.containers;
    if (spec === undefined || pod.spec.containers.length > 1) throw new Error('it has not one container');
    const own = join(folder, pod.metadata.uid ?? '');
    const kubeconfig = await mountCredentials(real, pod, own);
    const server = new URL(real.url);
    const [port = 0] = await freePorts(1);
    const env = environmentOf(pod, spec);
    return new OperatorContainer({
      spec,
      args: argsOf(spec, env),
      port,
      graceMs: (pod.spec.terminationGracePeriodSeconds ?? 30) * 1_000,
      changed: () => this.#writer.changed(),
      env: {
        HOME: own,
        KUBERNETES_SERVICE_HOST: server.hostname,
        KUBERNETES_SERVICE_PORT: server.port,
        ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
        ...env,
      },
    });
  }

  #status() {
    return podStatus(asPod(this.#pod), {
      now: Date.now(),
      hostIp: this.#options.hostIp,
      podIp: this.#options.ip,
      startedAt: this.#startedAt,
      init: [],
      containers: this.#container === undefined ? [] : [this.#container.status],
      stopping: this.#deleted.signal.aborted,
    });
  }
}

/** Somebody may have removed it before. */
async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (!isApiError(error, 'notFound') && !isApiError(error, 'conflict')) throw error;
  }
}

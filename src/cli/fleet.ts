import { parseArgs } from 'node:util';
import { KubeClient } from '../kube/client.ts';
import { HttpsTransport } from '../kube/https-transport.ts';
import { loadKubeConfig } from '../kube/kubeconfig.ts';
import { removeFleet } from '../sim/fleet/cleanup.ts';
import { FleetAgent } from '../sim/fleet/fleet-agent.ts';
import { FAULT_NAMES, serveFleet } from '../sim/fleet/fleet-server.ts';
import { edgeNodes, HARDWARE_CLASSES, type HardwareClass } from '../sim/fleet/node-spec.ts';
import type { RequestRates } from '../sim/inference/environment.ts';
import { systemClock } from '../telemetry/system-clock.ts';
import { type Io, UsageError } from './io.ts';

const USAGE = `outrigger fleet [flags]

  Gives a cluster simulated edge nodes, which run the pods bound to them: they pull, start, serve, crash and answer
  Prometheus as the annotations sim.outrigger.dev/* of the pods say (docs/simulated-fleet.md).

  --kubeconfig FILE    the cluster; otherwise KUBECONFIG, or as kubectl finds it
  --context NAME       a context other than the current one
  --nodes N            how many, in equal parts of the classes; default 30
  --classes A,B        of ${HARDWARE_CLASSES.join(', ')}; default all
  --requests LOW-HIGH  requests a second of the quietest and the busiest node; default 1-20
  --seed N             everything random follows from it; default 1
  --port N             where Prometheus finds /targets, and people /nodes; default 9464
  --cleanup            deletes the simulated nodes of the cluster, with their pods, and ends

  While it runs: curl -X POST http://127.0.0.1:9464/nodes/edge-orin-01/FAULT
  with a FAULT of ${FAULT_NAMES.join(', ')}.
`;

interface FleetFlags {
  readonly nodes: number;
  readonly classes: readonly HardwareClass[];
  readonly requestRates: RequestRates;
  readonly seed: string;
  readonly port: number;
}

/** Runs simulated nodes against a cluster until the signal; the exit code. */
export async function fleet(
  argv: readonly string[],
  io: Pick<Io, 'out' | 'err' | 'env' | 'signal'>,
): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      nodes: { type: 'string', default: '30' },
      classes: { type: 'string', default: HARDWARE_CLASSES.join(',') },
      requests: { type: 'string', default: '1-20' },
      seed: { type: 'string', default: '1' },
      port: { type: 'string', default: '9464' },
      cleanup: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    io.out(USAGE);
    return 0;
  }
  const flags: FleetFlags = {
    nodes: count('--nodes', values.nodes, 1, 5_000),
    classes: classesOf(values.classes),
    requestRates: ratesOf(values.requests),
    seed: values.seed,
    port: count('--port', values.port, 0, 65_535),
  };
  const { kubeconfig, context } = values;
  const load = () => loadKubeConfig({ kubeconfig, context, env: io.env });
  // Said now, in plain words, rather than by the first request that fails.
  await load();
  const transport = new HttpsTransport({ load, clock: systemClock });
  const client = new KubeClient(transport, { fieldManager: 'outrigger-fleet', clock: systemClock });
  try {
    if (values.cleanup) {
      const removed = await removeFleet(client);
      io.out(removed.length === 0 ? 'there were no simulated nodes' : `removed ${removed.join(', ')}`);
      return 0;
    }
    await runFleet(client, flags, io);
    return 0;
  } finally {
    await transport.close();
  }
}

async function runFleet(
  client: KubeClient,
  { nodes, classes, requestRates, seed, port }: FleetFlags,
  { out, signal }: Pick<Io, 'out' | 'signal'>,
): Promise<void> {
  const agents = new FleetAgent({
    client,
    clock: systemClock,
    nodes: edgeNodes(nodes, classes),
    seed,
    requestRates,
    note: (line) => out(`${new Date(systemClock.now()).toISOString().slice(11, 19)} ${line}`),
  });
  const server = await serveFleet(agents, port).catch((error: unknown) => {
    throw new Error(`port ${port} can't be used: choose another with --port`, { cause: error });
  });
  try {
    const { done } = await agents.start(signal);
    out(
      `${nodes} simulated nodes (${classes.join(', ')}) are up; http://127.0.0.1:${server.port}/targets lists what to scrape`,
    );
    await done;
  } finally {
    await server.close();
  }
}

function count(flag: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new UsageError(`${flag} is a number from ${low} to ${high}, not "${text}"`);
}

function classesOf(text: string): readonly HardwareClass[] {
  return text.split(',').map((name) => {
    const known = HARDWARE_CLASSES.find((each) => each === name.trim());
    if (known !== undefined) return known;
    throw new UsageError(`--classes: there is no class "${name}"; there are ${HARDWARE_CLASSES.join(', ')}`);
  });
}

function ratesOf(text: string): RequestRates {
  const [, low, high] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const rates = { lowest: Number(low), highest: Number(high) };
  if (rates.lowest > 0 && rates.highest >= rates.lowest) return rates;
  throw new UsageError(`--requests is two numbers such as 1-20, the smaller one first, not "${text}"`);
}

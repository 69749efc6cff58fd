import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildBinaries, type Binaries } from './kubernetes-binaries.ts';
import { cacheFolder } from '../binaries/cache.ts';
import {
  components,
  planCluster,
  readCa,
  startCluster,
  type Cluster,
  type ClusterSettings,
} from './cluster.ts';
import type { Component } from './component.ts';
import { withLock } from '../binaries/lock.ts';
import { OwnedProcess } from './owned-process.ts';
import { Reaper } from './reaper.ts';

export interface ControlPlaneOptions {
  /** Default: a Prometheus that asks the fleet on port 9464 and scrapes every 5 s. */
  readonly prometheus?:
    | { readonly fleetPort?: number; readonly scrapeInterval?: string; readonly preferredPort?: number }
    | false;
  /** How long a node may be silent before it is NotReady, as a Go duration. Default 20s. */
  readonly nodeMonitorGracePeriod?: string;
  /** Writes each request to the API server to `auditLog`. Default false. */
  readonly audit?: boolean;
  /** Where progress and the death of a component are told. Default: standard error. */
  readonly log?: (line: string) => void;
}

export interface ControlPlane {
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string;
  readonly url: string;
  /** PEM of the CA, and the bearer token of the kubeconfig. */
  readonly ca: string;
  readonly token: string;
  readonly prometheus?: { readonly url: string };
  /** Path of the audit log, one JSON object a line, where `audit` was asked for. */
  readonly auditLog?: string;
  /** Kills everything and removes its data. */
  stop(): Promise<void>;
  /** Kills the API server as a crash would; etcd keeps its data, and `startApiServer` brings it back. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** The API server stops answering while its connections stay open. */
  pauseApiServer(): void;
  resumeApiServer(): void;
  stopPrometheus(): Promise<void>;
  startPrometheus(): Promise<void>;
}

const PORT_ATTEMPTS = 3;

/**
 * Builds what is missing and starts etcd, the three Kubernetes components and Prometheus on free ports of
 * 127.0.0.1, with data in a fresh temporary folder. All of it ends with this process, however that ends.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const log = options.log ?? ((line: string) => process.stderr.write(`[controlplane] ${line}\n`));
  const settings = clusterSettings(options);
  const binaries = await buildBinaries({ prometheus: settings.prometheus !== false, log });
  return withStartLock(() => retryOnTakenPort(() => startOnce(binaries, settings, log)));
}

export function clusterSettings(options: ControlPlaneOptions): ClusterSettings {
  return {
    nodeMonitorGracePeriod: options.nodeMonitorGracePeriod ?? '20s',
    audit: options.audit ?? false,
    prometheus: options.prometheus !== false && {
      fleetPort: options.prometheus?.fleetPort ?? 9464,
      scrapeInterval: options.prometheus?.scrapeInterval ?? '5s',
      ...(options.prometheus?.preferredPort !== undefined && {
        preferredPort: options.prometheus.preferredPort,
      }),
    },
  };
}

/**
 * One start at a time: a port is free when it is chosen and taken a second later, and a harness that found its
 * port answered by the etcd of another one would share that one's data.
 */
export function withStartLock<T>(start: () => Promise<T>): Promise<T> {
  return withLock(join(cacheFolder(), 'start.lock'), () => {}, start);
}

/** A program of somebody else may still take a chosen port first; then all ports are chosen again. */
export async function retryOnTakenPort<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !String(error).includes('address already in use')) throw error;
    }
  }
}

async function startOnce(
  binaries: Binaries,
  settings: ClusterSettings,
  log: (line: string) => void,
): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  const reaper = new Reaper(folder);
  const processes = new Map<string, OwnedProcess>();
  const processOf = (component: Component): OwnedProcess => {
    const known = processes.get(component.name) ?? new OwnedProcess(component, reaper, log);
    processes.set(component.name, known);
    return known;
  };
  const stop = async (): Promise<void> => {
    // The clients of a component go before it, so that no log ends in a page of refused connections.
    for (const running of [...processes.values()].toReversed()) await running.stop();
    reaper.release();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const cluster = await planCluster(folder, binaries, settings);
    for (const component of components(cluster)) processOf(component);
    await startCluster(cluster, (component) => processOf(component).start());
    return controlPlane(cluster, await readCa(cluster), processOf, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function controlPlane(
  cluster: Cluster,
  ca: string,
  processOf: (component: Component) => OwnedProcess,
  stop: () => Promise<void>,
): ControlPlane {
  const apiServer = processOf(cluster.apiServer);
  const prometheus = (): OwnedProcess => {
    if (cluster.prometheus) return processOf(cluster.prometheus);
    throw new Error('this control plane was started without Prometheus');
  };
  return {
    kubeconfig: cluster.kubeconfig,
    url: cluster.url,
    ca,
    token: cluster.tokens.admin,
    ...(cluster.prometheus && { prometheus: { url: cluster.prometheus.url } }),
    ...(cluster.auditLog !== undefined && { auditLog: cluster.auditLog }),
    stop,
    stopApiServer: () => apiServer.stop(),
    startApiServer: () => apiServer.start(),
    pauseApiServer: () => apiServer.pause(),
    resumeApiServer: () => apiServer.resume(),
    stopPrometheus: () => prometheus().stop(),
    startPrometheus: () => prometheus().start(),
  };
}

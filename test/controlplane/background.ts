import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { buildBinaries } from './kubernetes-binaries.ts';
import { cacheFolder } from '../binaries/cache.ts';
import { components, planCluster, startCluster, type Cluster, type ClusterSettings } from './cluster.ts';
import { isProcessOf, killProcess, spawnComponent, waitHealthy, type Component } from './component.ts';
import { withLock } from '../binaries/lock.ts';
import { retryOnTakenPort, withStartLock } from './start.ts';

/** What `up` leaves for the next command. */
export interface State {
  readonly settings: ClusterSettings;
  readonly cluster: Cluster;
  /** By component name. */
  readonly pids: Readonly<Record<string, number>>;
}

const runFolder = (): string => join(cacheFolder(), 'run');
const clusterFolder = (): string => join(runFolder(), 'cluster');
const stateFile = (): string => join(runFolder(), 'state.json');

/**
 * Starts a control plane that outlives this process, or completes the one that is there: components that died
 * are started again on their data. `settings` is undefined where the caller takes whatever runs.
 */
export function up(
  settings: ClusterSettings,
  explicit: boolean,
  log: (line: string) => void,
): Promise<Cluster> {
  return alone(log, async () => {
    const state = await readState();
    if (state === undefined) return startFresh(settings, log);
    if (explicit && !isDeepStrictEqual(state.settings, settings)) {
      throw new Error(
        `a control plane with other options is up (${JSON.stringify(state.settings)}); ` +
          'stop it first: npm run controlplane -- down',
      );
    }
    await ensureAll(state, log);
    return state.cluster;
  });
}

/** Kills what runs and removes its data. False if there was nothing. */
export function down(log: (line: string) => void): Promise<boolean> {
  return alone(log, async () => {
    const state = await readState();
    if (state) await killAll(state);
    await removeData();
    return state !== undefined;
  });
}

/** The state and, by component name, whether it runs; undefined if nothing was started. */
export async function status(): Promise<{ state: State; running: ReadonlyMap<string, boolean> } | undefined> {
  const state = await readState();
  if (state === undefined) return undefined;
  const running = new Map(
    components(state.cluster).map((component) => [component.name, runs(state, component)]),
  );
  return { state, running };
}

function alone<T>(log: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const waiting = (): void => log('another controlplane command is running; waiting for it');
  return withLock(join(runFolder(), 'lock'), waiting, work);
}

async function startFresh(settings: ClusterSettings, log: (line: string) => void): Promise<Cluster> {
  const binaries = await buildBinaries({ prometheus: settings.prometheus !== false, log });
  return withStartLock(() =>
    retryOnTakenPort(async () => {
      await removeData();
      await mkdir(clusterFolder(), { recursive: true });
      const cluster = await planCluster(clusterFolder(), binaries, settings);
      const state: State = { settings, cluster, pids: {} };
      await writeState(state);
      try {
        await ensureAll(state, log);
      } catch (error) {
        await killAll((await readState()) ?? state);
        await removeData();
        throw error;
      }
      return cluster;
    }),
  );
}

async function ensureAll(state: State, log: (line: string) => void): Promise<void> {
  const pids: Record<string, number> = { ...state.pids };
  await startCluster(state.cluster, async (component) => {
    if (!runs(state, component)) {
      if (state.pids[component.name] !== undefined) log(`${component.name} had died; starting it again`);
      const { pid } = spawnComponent(component);
      if (pid === undefined)
        throw new Error(`cannot run ${component.binary}; is it there, and for this machine?`);
      pids[component.name] = pid;
      // At once, not at the end: were this command killed now, `down` would still find the process.
      await writeState({ ...state, pids });
    }
    await waitHealthy(component, () => isProcessOf(component, pids[component.name] ?? 0));
  });
}

function runs(state: State, component: Component): boolean {
  const pid = state.pids[component.name];
  return pid !== undefined && isProcessOf(component, pid);
}

async function killAll(state: State): Promise<void> {
  for (const component of components(state.cluster).toReversed()) {
    const pid = state.pids[component.name];
    if (pid !== undefined) await killProcess(component, pid);
  }
}

async function readState(): Promise<State | undefined> {
  try {
    return JSON.parse(await readFile(stateFile(), 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`cannot read ${stateFile()}`, { cause: error });
  }
}

let lastWrite: Promise<void> = Promise.resolve();

/** Components start side by side: writes go one after the other, and a reader never sees half a file. */
function writeState(state: State): Promise<void> {
  lastWrite = writeAfter(lastWrite, JSON.stringify(state, undefined, 2));
  return lastWrite;
}

async function writeAfter(earlier: Promise<void>, text: string): Promise<void> {
  await earlier;
  await writeFile(`${stateFile()}.new`, text, { mode: 0o600 });
  await rename(`${stateFile()}.new`, stateFile());
}

async function removeData(): Promise<void> {
  await rm(clusterFolder(), { recursive: true, force: true });
  await rm(stateFile(), { force: true });
}

import { createServer, type Server } from 'node:http';

import type { TestProject } from 'vitest/node';

import { TOOLS } from '../binaries/binaries.ts';
import { binaryPath, missingParts } from '../binaries/build.ts';
import { missingControlPlane } from '../controlplane/kubernetes-binaries.ts';
import { freePorts } from '../controlplane/ports.ts';
import { startControlPlane, type ControlPlane } from '../controlplane/start.ts';

/** What test files need to know of the control plane; JSON. */
export interface RealPartsInfo {
  readonly kubeconfig: string;
  readonly url: string;
  readonly ca: string;
  readonly token: string;
  readonly prometheus: string;
  /** Port on 127.0.0.1 where Prometheus asks for `/targets`; the test that needs scrapes listens there. */
  readonly fleetPort: number;
  readonly auditLog: string;
}

const TOOL_BINARIES = Object.values(TOOLS);

/** Either what to ask for the control plane, or the reason why this machine has none. */
export type RealPartsOffer = { readonly conductor: string } | { readonly missing: string };

declare module 'vitest' {
  interface ProvidedContext {
    realParts: RealPartsOffer;
  }
}

/** A fault that a test file may cause, as a path of the conductor. */
export type Command =
  | 'stop-api-server'
  | 'start-api-server'
  | 'pause-api-server'
  | 'resume-api-server'
  | 'stop-prometheus'
  | 'start-prometheus';

/**
 * One control plane for a whole vitest run. It is built and started when the first test file asks for it, not
 * before: a run of unit tests alone never waits. Test files live in other processes, so they ask over HTTP.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const missing = (await missingControlPlane({ prometheus: true })) ?? (await missingParts(TOOL_BINARIES));
  if (missing !== undefined) {
    process.stderr.write(`Tests on the real control plane cannot run here: ${missing}\n`);
    project.provide('realParts', { missing });
    return () => Promise.resolve();
  }
  let started: Promise<RunningParts> | undefined;
  const server = createServer((request, response) => {
    started ??= start();
    answer(started, request.url?.slice(1) ?? '').then(
      (info) => response.end(JSON.stringify(info)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  // The first answer may take as long as a first build.
  server.requestTimeout = 0;
  project.provide('realParts', { conductor: await listen(server) });
  return async () => {
    server.closeAllConnections();
    server.close();
    // A start that failed was told to the test files already.
    const parts = await started?.catch(() => undefined);
    await parts?.controlPlane.stop();
  };
}

interface RunningParts {
  readonly controlPlane: ControlPlane;
  readonly info: RealPartsInfo;
}

async function start(): Promise<RunningParts> {
  // Here, where a first build may take its time: a test that called a tool first would run into its own time limit.
  for (const tool of TOOL_BINARIES)
    await binaryPath(tool, (line) => void process.stderr.write(`[${tool.name}] ${line}\n`));
  // Of its own, so that two runs at once, or a fleet that a person runs, do not meet.
  const [fleetPort = 0] = await freePorts(1);
  const controlPlane = await startControlPlane({
    audit: true,
    prometheus: { fleetPort, scrapeInterval: '1s' },
  });
  const { kubeconfig, url, ca, token, prometheus, auditLog } = controlPlane;
  if (prometheus === undefined || auditLog === undefined)
    throw new Error('started without Prometheus or audit log');
  return {
    controlPlane,
    info: { kubeconfig, url, ca, token, prometheus: prometheus.url, fleetPort, auditLog },
  };
}

async function answer(started: Promise<RunningParts>, command: string): Promise<RealPartsInfo> {
  const { controlPlane, info } = await started;
  if (command !== '') await run(controlPlane, command as Command);
  return info;
}

function run(controlPlane: ControlPlane, command: Command): Promise<void> | void {
  switch (command) {
    case 'stop-api-server':
      return controlPlane.stopApiServer();
    case 'start-api-server':
      return controlPlane.startApiServer();
    case 'pause-api-server':
      return controlPlane.pauseApiServer();
    case 'resume-api-server':
      return controlPlane.resumeApiServer();
    case 'stop-prometheus':
      return controlPlane.stopPrometheus();
    case 'start-prometheus':
      return controlPlane.startPrometheus();
    default:
      throw new Error(`the conductor knows no ${String(command satisfies never)}`);
  }
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the conductor has no port'));
      else resolve(`http://127.0.0.1:${address.port}/`);
    });
  });
}

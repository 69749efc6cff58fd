import { afterAll, beforeAll, describe, inject } from 'vitest';

import { releaseObjects } from '../api/release-objects.ts';
import { request } from '../controlplane/request.ts';
import { apiCall, type ApiReply, newNamespace } from './api-call.ts';
import type { Command, RealPartsInfo } from './real-parts.ts';

export type { ApiReply } from './api-call.ts';

export interface RealParts extends RealPartsInfo {
  /** A namespace of its own, with its ServiceAccount, deleted after the block. `labels` for pod security and such. */
  namespace(labels?: Readonly<Record<string, string>>): Promise<string>;
  /** A request as administrator; throws on no status: the test judges it. */
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiReply>;
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** The API server hangs: connections stay open, no answers. */
  pauseApiServer(): Promise<void>;
  resumeApiServer(): Promise<void>;
  stopPrometheus(): Promise<void>;
  startPrometheus(): Promise<void>;
}

/** A first build of everything on two slow cores. */
const FIRST_BUILD_MS = 45 * 60_000;

/**
 * `describe` for tests on a real API server and Prometheus. `real()` is there from the first `beforeAll` or test on.
 * Without Go the block is skipped, and reported by name; where the variable CI is set it fails.
 */
export function describeReal(name: string, body: (real: () => RealParts) => void): void {
  const offer = inject('realParts');
  // oxlint-disable-next-line vitest/valid-title -- the title is the caller's
  describe.skipIf('missing' in offer && !isCi())(name, () => {
    let parts: RealParts | undefined;
    const namespaces: string[] = [];
    beforeAll(async () => {
      if ('missing' in offer) throw new Error(`CI may not skip these tests. ${offer.missing}`);
      parts = connect(offer.conductor, await conduct(offer.conductor, ''), namespaces);
    }, FIRST_BUILD_MS);
    afterAll(async () => {
      if (parts) await restore(parts, namespaces);
    });
    body(() => parts ?? notStarted());
  });
}

const isCi = (): boolean => !['', '0', 'false'].includes(process.env['CI'] ?? '');

function notStarted(): never {
  throw new Error('real() is for hooks and tests; while tests are collected nothing runs yet');
}

async function conduct(conductor: string, command: Command | ''): Promise<RealPartsInfo> {
  const reply = await request(conductor + command, { timeoutMs: FIRST_BUILD_MS });
  if (reply.status !== 200) throw new Error(reply.text);
  return JSON.parse(reply.text);
}

function connect(conductor: string, info: RealPartsInfo, namespaces: string[]): RealParts {
  const command = (command: Command) => async (): Promise<void> => {
    await conduct(conductor, command);
  };
  const call = apiCall(info);
  return {
    ...info,
    call,
    namespace: async (labels = {}) => {
      const name = await newNamespace(call, labels);
      namespaces.push(name);
      return name;
    },
    stopApiServer: command('stop-api-server'),
    startApiServer: command('start-api-server'),
    pauseApiServer: command('pause-api-server'),
    resumeApiServer: command('resume-api-server'),
    stopPrometheus: command('stop-prometheus'),
    startPrometheus: command('start-prometheus'),
  };
}

/** The next file finds everything running, whatever this one broke. */
async function restore(parts: RealParts, namespaces: readonly string[]): Promise<void> {
  await parts.resumeApiServer();
  await parts.startApiServer();
  await parts.startPrometheus();
  for (const namespace of namespaces) {
    await parts.call('DELETE', `/api/v1/namespaces/${namespace}`);
    await releaseObjects(parts.call, namespace);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

import { customResourceDefinition } from '../../src/api/custom-resource-definition.ts';
import { CUSTOM_RESOURCES } from '../../src/api/resource.ts';
import type { ApiReply } from '../setup/describe-real.ts';

export type Call = (method: string, path: string, body?: unknown, contentType?: string) => Promise<ApiReply>;

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Gives an API server our CRDs and waits until it serves them. Doing so again changes nothing. */
export async function installCrds(call: Call): Promise<void> {
  for (const resource of CUSTOM_RESOURCES) {
    const definition = customResourceDefinition(resource);
    const path = `${DEFINITIONS}/${definition.metadata.name}`;
    const reply = await call(
      'PATCH',
      `${path}?fieldManager=outrigger-tests&force=true`,
      definition,
      'application/apply-patch+yaml',
    );
    if (reply.status > 201) throw new Error(`the API server refuses ${path}: ${JSON.stringify(reply.body)}`);
  }
  await served(call);
}

async function served(call: Call): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const replies = await Promise.all(CUSTOM_RESOURCES.map(({ plural }) => isServed(call, plural)));
    if (replies.every(Boolean)) return;
    await sleep(50);
  }
  throw new Error('the API server has not served the new kinds after 30 s');
}

async function isServed(call: Call, plural: string): Promise<boolean> {
  try {
    const { status } = await call('GET', `/apis/outrigger.dev/v1alpha1/${plural}`);
    return status === 200;
  } catch (error) {
    // The "404 page not found" of a path that is not served yet is no JSON.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

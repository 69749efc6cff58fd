import { randomBytes } from 'node:crypto';

import { request } from '../controlplane/request.ts';

export interface ApiReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request as administrator; throws on no status: who asks judges it. */
export type ApiCall = (
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
) => Promise<ApiReply>;

export function apiCall(server: {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}): ApiCall {
  const { url, ca, token } = server;
  return async (method, path, body, contentType) => {
    const reply = await request(url + path, {
      method,
      ca,
      token,
      ...(body !== undefined && { body }),
      ...(contentType !== undefined && { contentType }),
    });
    return { status: reply.status, body: JSON.parse(reply.text) };
  };
}

/** Makes a namespace with a name of its own, and resolves when it has its ServiceAccount. */
export async function newNamespace(
  call: ApiCall,
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `test-${randomBytes(5).toString('hex')}`;
  const reply = await call('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  });
  if (reply.status !== 201) throw new Error(`cannot make a namespace: ${JSON.stringify(reply.body)}`);
  await serviceAccountOf(name, call);
  return name;
}

/** Pods are refused until the controller manager has made the namespace's ServiceAccount. */
async function serviceAccountOf(namespace: string, call: ApiCall): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { status } = await call('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`);
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`the namespace ${namespace} has no ServiceAccount after 30 s`);
}

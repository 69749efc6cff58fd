import { expect, it } from 'vitest';
import type { ApiRequest, ApiResponse } from '../../src/kube/transport.ts';
import { AgedNodes } from './aged-nodes.ts';

const BODY =
  '{"metadata":{"name":"edge-1","creationTimestamp":"2026-03-02T10:00:00Z"},"at":"2026-03-02T10:00:00Z"}';
const AGED = BODY.replace('03-02T10:00:00Z"},', '03-01T10:00:00Z"},');

async function* oneLine(): AsyncIterable<string> {
  yield BODY;
}

const transport = new AgedNodes({
  send: async (): Promise<ApiResponse> => ({
    status: 200,
    headers: {},
    text: async () => BODY,
    lines: oneLine,
  }),
  close: async () => {},
});

async function asked(request: ApiRequest): Promise<readonly string[]> {
  const response = await transport.send(request);
  const lines: string[] = [];
  for await (const line of response.lines()) lines.push(line);
  return [await response.text(), ...lines];
}

it('makes Nodes a day older, in lists and in watches, and changes nothing else of them', async () => {
  expect(await asked({ method: 'GET', path: '/api/v1/nodes' })).toEqual([AGED, AGED]);
  expect(await asked({ method: 'GET', path: '/api/v1/nodes/edge-1' })).toEqual([AGED, AGED]);
});

it.each([
  { method: 'GET', path: '/api/v1/namespaces/default/pods' },
  { method: 'PATCH', path: '/api/v1/nodes/edge-1' },
] as const)('leaves $method $path alone', async (request) => {
  expect(await asked(request)).toEqual([BODY, BODY]);
});

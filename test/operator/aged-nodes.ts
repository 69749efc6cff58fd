import type { ApiRequest, ApiResponse, Transport } from '../../src/kube/transport.ts';
import { resourcePath, RESOURCES } from '../../src/kube/resource.ts';

const DAY_MS = 86_400_000;
const NODES = resourcePath(RESOURCES.nodes, undefined);

/**
 * Makes the Nodes of a real API server a day older on their way to an operator. It takes a Node of the last minutes for
 * one that has just joined, nobody can give an API server another time of creation, and no test waits for five minutes.
 * Nothing else of an answer is changed.
 */
export class AgedNodes implements Transport {
  readonly #inner: Transport;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    const response = await this.#inner.send(request);
    const isOfNodes = request.path === NODES || request.path.startsWith(`${NODES}/`);
    if (request.method !== 'GET' || !isOfNodes) return response;
    return {
      ...response,
      text: async () => aged(await response.text()),
      lines: () => agedLines(response.lines()),
    };
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

async function* agedLines(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield aged(line);
}

/** A Node has one such field, in its metadata. */
function aged(json: string): string {
  return json.replaceAll(/"creationTimestamp":\s*"([^"]+)"/g, (_whole, time: string) => {
    const earlier = new Date(Date.parse(time) - DAY_MS).toISOString().replace(/\.\d+/, '');
    return `"creationTimestamp":"${earlier}"`;
  });
}

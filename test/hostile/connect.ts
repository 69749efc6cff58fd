import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../../src/controller/clock.ts';
import { KubeClient, type RequestRecord } from '../../src/kube/client.ts';
import { HttpsTransport } from '../../src/kube/https-transport.ts';

export interface Connection {
  readonly transport: HttpsTransport;
  readonly client: KubeClient;
  readonly records: RequestRecord[];
}

export interface Credentials {
  readonly token?: string;
  readonly caFile?: string;
}

/** The client as production wires it, with what a test wants of a kubeconfig. Asks `credentials` at each load. */
export function connect(url: string, clock: Clock, credentials: () => Credentials = () => ({})): Connection {
  const load = async (): Promise<KubeConfig> => kubeConfig(url, credentials());
  const transport = new HttpsTransport({ load, clock });
  const records: RequestRecord[] = [];
  const onRequest = (record: RequestRecord): void => void records.push(record);
  const client = new KubeClient(transport, { fieldManager: 'test', clock, random: () => 0, onRequest });
  return { transport, client, records };
}

function kubeConfig(server: string, { token, caFile }: Credentials): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'test', server, skipTLSVerify: caFile === undefined, caFile }],
    users: [{ name: 'test', token }],
    contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
    currentContext: 'test',
  });
  return config;
}

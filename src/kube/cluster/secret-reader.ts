import type { KubeObject } from '../../api/object-meta.ts';
import type { SecretSource } from '../../controller/ports/secret-source.ts';
import type { KubeClient } from '../client.ts';
import { RESOURCES } from '../resource.ts';

/** Reads Secrets by GET: the right to one of them, by name, is all that it needs. */
export function secretReader(client: Pick<KubeClient, 'get'>): SecretSource {
  return {
    async read(namespace, name) {
      const secret = await client.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(
        RESOURCES.secrets,
        namespace,
        name,
      );
      const data = Object.entries(secret.data ?? {}).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString(),
      ]);
      return { annotations: secret.metadata.annotations ?? {}, data: Object.fromEntries(data) };
    },
  };
}

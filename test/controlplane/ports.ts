import { createServer } from 'node:net';

/** `count` different TCP ports that are free on 127.0.0.1 now; all are held until the last is known. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            if (address === null || typeof address === 'string') reject(new Error('the server has no port'));
            else resolve(address.port);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The port itself where nobody listens on it, otherwise the other one. */
export function preferPort(preferred: number | undefined, other: number): Promise<number> {
  if (preferred === undefined) return Promise.resolve(other);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(other));
    server.listen(preferred, '127.0.0.1', () => server.close(() => resolve(preferred)));
  });
}

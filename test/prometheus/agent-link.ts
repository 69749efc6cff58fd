import { createServer, request as forward, type Server } from 'node:http';

/** The network between an agent and the centre: a proxy that can be cut. `/NAME/rest` goes to `targets[NAME]/rest`. */
export class Link {
  readonly #server: Server;
  #cut = false;

  private constructor(targets: Readonly<Record<string, string>>) {
    this.#server = createServer((incoming, response) => {
      const [, name = '', rest = ''] = /^\/([^/]+)(\/.*)$/u.exec(incoming.url ?? '') ?? [];
      const target = targets[name];
      if (this.#cut || target === undefined) {
        incoming.socket.destroy();
        return;
      }
      const onward = forward(
        `${target}${rest}`,
        { method: incoming.method, headers: incoming.headers },
        (reply) => {
          response.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(response);
        },
      );
      onward.on('error', () => incoming.socket.destroy());
      incoming.pipe(onward);
    });
  }

  static open(targets: Readonly<Record<string, string>>): Promise<Link> {
    const link = new Link(targets);
    return new Promise((resolve, reject) => {
      link.#server.once('error', reject);
      link.#server.listen(0, '127.0.0.1', () => resolve(link));
    });
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the link is closed');
    return `http://127.0.0.1:${address.port}`;
  }

  cut(): void {
    this.#cut = true;
    this.#server.closeAllConnections();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

import { request } from '../controlplane/request.ts';
import type { ApiReply, RealParts } from '../setup/describe-real.ts';

export type PatchType = 'merge-patch+json' | 'json-patch+json' | 'apply-patch+yaml';

/** Somebody other than the administrator, with the rights that RBAC gives to this name; no account is needed. */
export class Person {
  readonly name: string;
  readonly #real: RealParts;

  constructor(real: RealParts, name: string) {
    this.#real = real;
    this.name = name;
  }

  get(path: string): Promise<ApiReply> {
    return this.#call('GET', path);
  }

  create(path: string, body: unknown): Promise<ApiReply> {
    return this.#call('POST', path, body);
  }

  replace(path: string, body: unknown): Promise<ApiReply> {
    return this.#call('PUT', path, body);
  }

  patch(path: string, body: unknown, type: PatchType = 'merge-patch+json'): Promise<ApiReply> {
    return this.#call('PATCH', path, body, `application/${type}`);
  }

  /** Server-side, taking fields that others own. */
  apply(path: string, body: unknown, manager: string): Promise<ApiReply> {
    return this.patch(`${path}?fieldManager=${manager}&force=true`, body, 'apply-patch+yaml');
  }

  delete(path: string, body?: unknown): Promise<ApiReply> {
    return this.#call('DELETE', path, body);
  }

  async #call(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiReply> {
    const { url, ca, token } = this.#real;
    const reply = await request(url + path, {
      method,
      ca,
      token,
      headers: { 'impersonate-user': this.name },
      ...(body !== undefined && { body }),
      ...(contentType !== undefined && { contentType }),
    });
    return { status: reply.status, body: JSON.parse(reply.text) };
  }
}

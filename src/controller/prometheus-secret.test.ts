import { describe, expect, it } from 'vitest';
import { apiFailure } from './fakes.ts';
import type { SecretView } from './ports/secret-source.ts';
import { prometheusSecret } from './prometheus-secret.ts';

const ADDRESS = 'https://prometheus.example';

function ask(found: SecretView | Error) {
  const read = (): Promise<SecretView> =>
    found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
  return prometheusSecret({ read }, 'vision', 'prometheus', ADDRESS);
}

describe('the Secret of a Prometheus', () => {
  const data = { token: 'secret-token' };

  it('is used where it says that it may be sent there', async () => {
    const annotations = { 'outrigger.dev/prometheus-address': ADDRESS };
    expect(await ask({ annotations, data })).toEqual({ data });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'says nothing',
      {},
      /does not say where it may be sent: annotate it with outrigger.dev\/prometheus-address: https:\/\/prometheus.example/,
    ],
    [
      'is for another',
      { 'outrigger.dev/prometheus-address': 'https://other' },
      /may be sent to https:\/\/other only/,
    ],
    [
      'is for an address that only begins alike',
      { 'outrigger.dev/prometheus-address': `${ADDRESS}.evil` },
      /only/,
    ],
  ])('stays where it is where it %s', async (_, annotations, sentence) => {
    const answer = await ask({ annotations, data });
    expect(answer).toEqual({ error: expect.stringMatching(sentence) });
    expect(JSON.stringify(answer)).not.toContain('secret-token');
  });

  it('that may not be read: prints the Role that is missing', async () => {
    const answer = await ask(apiFailure('forbidden', { status: 403 }));
    expect(answer).toEqual({
      error: expect.stringMatching(
        /kind: Role, metadata: \{namespace: vision.*resourceNames: \[prometheus\], verbs: \[get\]/,
      ),
    });
  });

  it('that is not there, or cannot be read now, is said to be so', async () => {
    expect(await ask(apiFailure('notFound'))).toEqual({
      error: expect.stringMatching(/there is no Secret vision\/prometheus/),
    });
    expect(await ask(apiFailure('transient', { serverMessage: 'etcd is away' }))).toEqual({
      error: expect.stringMatching(/etcd is away/),
    });
  });
});

import { describe, expect, it } from 'vitest';
import { UsageError } from './io.ts';
import { parseOperatorFlags } from './operator-flags.ts';

describe('the flags of the operator', () => {
  it('has defaults that fit a K3s cluster', () => {
    expect(parseOperatorFlags([], { KUBERNETES_SERVICE_HOST: '10.43.0.1' })).toEqual({
      kubeconfig: undefined,
      context: undefined,
      namespace: undefined,
      prometheus: undefined,
      pauseImage: 'rancher/mirrored-pause:3.6',
      lease: { namespace: 'default', name: 'outrigger' },
      listen: { host: undefined, port: 8080 },
      listenNeeded: true,
      logLevel: 'info',
      concurrency: 4,
      maxPrefetching: undefined,
    });
  });

  it('keeps the lease in the namespace of its own pod', () => {
    expect(parseOperatorFlags([], { POD_NAMESPACE: 'outrigger-system' })).toMatchObject({
      lease: { namespace: 'outrigger-system' },
    });
  });

  it('bounds pulls only where it is told to', () => {
    expect(parseOperatorFlags(['--max-prefetching', '20'], {})).toMatchObject({ maxPrefetching: 20 });
  });

  it.each([['--leader-elect=false'], ['--no-leader-elect']])('takes %s', (flag) => {
    expect(parseOperatorFlags([flag], {})).toMatchObject({ lease: undefined });
  });

  it.each([['--leader-elect=true'], ['--leader-elect']])('takes %s', (flag) => {
    expect(parseOperatorFlags([flag], {})).toMatchObject({ lease: { name: 'outrigger' } });
  });

  it('serves nothing where --listen is empty', () => {
    expect(parseOperatorFlags(['--listen', ''], {})).toMatchObject({ listen: undefined });
  });

  it('looks for a Prometheus of its own only outside a cluster', () => {
    expect(parseOperatorFlags([], {})).toMatchObject({
      prometheus: 'http://127.0.0.1:9090',
      listenNeeded: false,
    });
  });

  it.each([
    [['--leader-elect=perhaps'], /--leader-elect is true or false/],
    [['--listen', 'everywhere'], /--listen "everywhere"/],
    [['--listen', ':99999'], /--listen ":99999"/],
    [['--log-level', 'loud'], /debug, info, warn, error/],
    [['--concurrency', '0'], /from 1 to 64/],
    [['--max-prefetching', '0'], /--max-prefetching "0" is no number from 1 to 100000/],
    [['--max-prefetching', '10%'], /is no number/],
    [['--prometheus', 'prometheus:9090'], /http:\/\/ or https:\/\//],
    [['--prometheus', 'http://user:secret@prometheus:9090'], /without credentials/],
  ])('refuses %j with a sentence', (argv, sentence) => {
    const parse = (): unknown => parseOperatorFlags(argv, {});
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(sentence);
  });

  it('refuses a flag that it does not know', () => {
    expect(() => parseOperatorFlags(['--kubeconfg', 'x'], {})).toThrow(/--kubeconfg/);
  });
});

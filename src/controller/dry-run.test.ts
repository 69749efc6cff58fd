import { describe, expect, it } from 'vitest';
import type { DryRunNeed } from '../core/decision.ts';
import { tryRevision } from './dry-run.ts';
import { apiFailure, fakeWriter, podOf } from './fakes.ts';
import type { ApiFailure } from './ports/api-failure.ts';

const AT = 1_000;

function need(prefetch = false): DryRunNeed {
  return {
    kind: 'DryRun',
    revision: 'r1',
    pods: [
      { variant: 'gpu', pod: podOf('gpu') },
      { variant: 'cpu', pod: podOf('cpu') },
    ],
    prefetch: prefetch ? podOf('prefetch') : undefined,
    tries: 0,
  };
}

function ask(failures: Readonly<Record<string, ApiFailure>>, prefetch = false) {
  const writer = fakeWriter();
  writer.before = (what) => {
    const failure = failures[what.replace('TryPod ', '')];
    if (failure !== undefined) throw failure;
  };
  return tryRevision(writer, 'vision', need(prefetch), 2, () => AT);
}

const forbidden = (serverMessage: string): ApiFailure =>
  apiFailure('forbidden', { status: 403, reason: 'Forbidden', serverMessage });
const invalid = (serverMessage: string): ApiFailure =>
  apiFailure('invalid', { status: 422, reason: 'Invalid', serverMessage });

describe('a revision tried as a dry run', () => {
  it('is accepted where the server takes every variant', async () => {
    expect(await ask({}, true)).toEqual({ status: 'Accepted', at: AT });
  });

  it.each<[string, ApiFailure]>([
    ['422', invalid('spec.containers[0].image: Required value')],
    [
      '400',
      apiFailure('invalid', {
        status: 400,
        reason: 'BadRequest',
        serverMessage: 'unknown field "spec.contaners"',
      }),
    ],
    [
      'pod security',
      forbidden('pods "x" is forbidden: violates PodSecurity "restricted:latest": hostNetwork'),
    ],
  ])('is refused in the words of the server: %s', async (_, failure) => {
    expect(await ask({ cpu: failure })).toEqual({
      status: 'Refused',
      variant: 'cpu',
      message: failure.serverMessage,
      at: AT,
      tries: 3,
    });
  });

  it.each<[string, ApiFailure]>([
    ['quota', forbidden('pods "x" is forbidden: exceeded quota: edge, requested: pods=1')],
    ['a missing service account', forbidden('error looking up service account vision/model')],
    [
      'a namespace that ends',
      forbidden('unable to create new content in namespace vision because it is being terminated'),
    ],
    ['a missing namespace', apiFailure('notFound', { status: 404, reason: 'NotFound' })],
    ['a server in trouble', apiFailure('transient', { status: 503, reason: 'ServiceUnavailable' })],
    ['no answer', apiFailure('transient', { status: 0, reason: 'ConnectionFailed' })],
    ['a proxy that speaks for itself', apiFailure('invalid', { status: 400, reason: 'Http400' })],
  ])('is unknown, to be tried again: %s', async (_, failure) => {
    expect(await ask({ gpu: failure })).toMatchObject({ status: 'Unknown', variant: 'gpu', tries: 3 });
  });

  it('is refused where one variant is and of another nothing is known', async () => {
    const failures = { gpu: forbidden('exceeded quota'), cpu: invalid('bad') };
    expect(await ask(failures)).toMatchObject({ status: 'Refused', variant: 'cpu' });
  });

  it('is accepted where a pod of the name is there already: only valid ones get so far', async () => {
    expect(await ask({ gpu: apiFailure('alreadyExists', { reason: 'AlreadyExists' }) })).toMatchObject({
      status: 'Accepted',
    });
  });

  it('cannot be fetched ahead where the server takes no image volumes', async () => {
    const failure = invalid('spec.volumes[0]: Required value: must specify a volume type');
    expect(await ask({ prefetch: failure }, true)).toEqual({
      status: 'PrefetchUnavailable',
      message: failure.serverMessage,
      at: AT,
    });
    expect(await ask({ prefetch: forbidden('exceeded quota') }, true)).toMatchObject({ status: 'Unknown' });
  });
});

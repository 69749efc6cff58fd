import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../api/object-meta.ts';
import { ApiError } from '../errors.ts';
import { nodeLeaseReader } from './node-lease-reader.ts';

const AT = Date.parse('2026-03-01T12:00:30Z');
const RENEWED = { 'f:spec': { 'f:renewTime': {} } };
const LABELLED = { 'f:metadata': { 'f:labels': {} } };

function read(lease: object | ApiError, answeredAt: number | undefined = AT) {
  const asked: unknown[] = [];
  const reader = nodeLeaseReader({
    getDated: async <T extends KubeObject>(...call: readonly unknown[]) => {
      asked.push(call.slice(1));
      if (lease instanceof ApiError) throw lease;
      return { object: lease as T, answeredAt };
    },
  });
  return { asked, answer: reader.read('edge-1') };
}

const spec = { renewTime: '2026-03-01T13:00:20.000000Z', leaseDurationSeconds: 40 };
const lease = (...managedFields: readonly object[]) => ({
  metadata: { name: 'edge-1', managedFields },
  spec,
});

describe('the Lease of a node', () => {
  it('is as old as the API server says, whatever the clock of the node', async () => {
    const { asked, answer } = read(lease({ time: '2026-03-01T12:00:21Z', fieldsV1: RENEWED }));
    expect(await answer).toEqual({ renewTime: spec.renewTime, durationMs: 40_000, age: 9_000 });
    expect(asked).toEqual([['kube-node-lease', 'edge-1']]);
  });

  it('is no younger because somebody else wrote a label', async () => {
    const { answer } = read(
      lease(
        { time: '2026-03-01T12:00:00Z', fieldsV1: RENEWED },
        { time: '2026-03-01T12:00:29Z', fieldsV1: LABELLED },
      ),
    );
    expect((await answer)?.age).toBe(30_000);
  });

  it.each([
    {
      what: 'nobody is said to have renewed it',
      of: lease({ time: '2026-03-01T12:00:29Z', fieldsV1: LABELLED }),
      at: AT,
    },
    { what: 'the server notes no owners', of: { metadata: { name: 'edge-1' }, spec }, at: AT },
    { what: 'its time is none', of: lease({ time: 'then', fieldsV1: RENEWED }), at: AT },
  ])('has no age where $what', async ({ of, at }) => {
    expect(await read(of, at).answer).toEqual({
      renewTime: spec.renewTime,
      durationMs: 40_000,
      age: undefined,
    });
  });

  it('is never of the future', async () => {
    const { answer } = read(lease({ time: '2026-03-01T12:00:31Z', fieldsV1: RENEWED }));
    expect((await answer)?.age).toBe(0);
  });

  it('is none where there is none, or one that was never renewed', async () => {
    const gone = new ApiError('get leases', 'not found', {
      code: 'notFound',
      status: 404,
      reason: 'NotFound',
    });
    expect(await read(gone).answer).toBeUndefined();
    expect(await read({ metadata: { name: 'edge-1' }, spec: {} }).answer).toBeUndefined();
  });

  it('that may not be read is an error', async () => {
    const refused = new ApiError('get leases', 'no', { code: 'forbidden', status: 403, reason: 'Forbidden' });
    await expect(read(refused).answer).rejects.toBe(refused);
  });
});

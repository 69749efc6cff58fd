import { beforeEach, expect, it } from 'vitest';
import { WatchRecord } from './watch-health.ts';

let record: WatchRecord;

beforeEach(() => {
  record = new WatchRecord('pods', 1_000);
});

it('has no answer before the first, and knows why', () => {
  record.failed('refused');
  expect(record.health(9_000)).toEqual({
    resource: 'pods',
    connected: false,
    answered: false,
    lastAnswerAt: 1_000,
    error: 'refused',
  });
});

it('takes an answer as the end of trouble', () => {
  record.failed('refused');
  record.answered(5_000);
  expect(record.health(9_000)).toMatchObject({ answered: true, lastAnswerAt: 5_000, error: undefined });
});

it('counts a quiet stream as alive for as long as it is open', () => {
  record.answered(5_000);
  record.opened(6_000);
  expect(record.health(100_000)).toMatchObject({ connected: true, lastAnswerAt: 100_000 });
  record.closed(200_000);
  expect(record.health(300_000)).toMatchObject({ connected: false, lastAnswerAt: 200_000 });
});

it('takes a stream that is dropped at once for no answer, however often it is opened', () => {
  record.answered(5_000);
  for (let at = 6_000; at < 60_000; at += 1_000) {
    record.opened(at);
    record.closed(at + 500);
    record.failed('the server ended the stream at once');
  }
  expect(record.health(60_000)).toMatchObject({
    lastAnswerAt: 5_000,
    error: 'the server ended the stream at once',
  });
});

import { expect, it } from 'vitest';
import { createLog } from './log.ts';

it('writes one JSON line for each record, with the fields of its parents and the causes of errors', () => {
  const lines: string[] = [];
  const log = createLog('info', (line) => lines.push(line)).child({ namespace: 'vision' });
  log.debug({}, 'unseen');
  log.info({ pod: 'a' }, 'pod created');
  log.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'a pass failed');
  expect(lines).toHaveLength(2);
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({ level: 'info', namespace: 'vision', pod: 'a', msg: 'pod created' });
  expect(Date.parse(String(first?.['time']))).toBeGreaterThan(0);
  expect(JSON.stringify(second)).toContain('inner');
});

it('tells of an error its message, place and code, and nothing that a client hung on it', () => {
  const lines: string[] = [];
  const log = createLog('info', (line) => lines.push(line));
  const request = { headers: { Authorization: 'Bearer hunter2' } };
  const cause = Object.assign(new Error('inner'), { request });
  const error = Object.assign(new Error('outer', { cause }), {
    code: 'ECONNRESET',
    request,
    token: 'hunter2',
  });
  log.error({ err: error }, 'a pass failed');
  log.error({ err: { request } }, 'a pass failed');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    err: {
      type: 'Error',
      message: 'outer: inner',
      code: 'ECONNRESET',
      stack: expect.stringContaining('log.test'),
    },
  });
  expect(lines.join('')).not.toContain('hunter2');
});

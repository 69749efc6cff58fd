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

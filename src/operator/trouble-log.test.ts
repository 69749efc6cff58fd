import { describe, expect, it } from 'vitest';
import { fakeLog, type LogLine } from '../controller/fakes.ts';
import { NO_METER } from '../controller/ports/meter.ts';
import { ApiError, type ApiErrorCode } from '../kube/errors.ts';
import { type Resource, RESOURCES } from '../kube/resource.ts';
import { watchFailureLog } from './trouble-log.ts';

function told(resource: Resource, code: ApiErrorCode, status: number, count: number): readonly LogLine[] {
  const lines: LogLine[] = [];
  const log = watchFailureLog(fakeLog(lines), NO_METER);
  for (let failures = 1; failures <= count; failures++) {
    const error = new ApiError('list', 'no', { code, status, reason: 'R' });
    log({ resource, next: 'Empty', failures, delayMs: 500, error });
  }
  return lines.filter(({ level }) => level === 'warn');
}

describe('a watch that fails', () => {
  it('because the CustomResourceDefinition is missing says how to install it, and reminds of it', () => {
    const lines = told(RESOURCES.edgeModels, 'notFound', 404, 20);
    expect(lines).toHaveLength(2);
    expect(lines[0]?.message).toMatch(/kubectl apply -f crds/);
    expect(lines[0]?.fields).toMatchObject({ resource: 'edgemodels', failures: 1 });
  });

  it('for want of a right says so', () => {
    expect(told(RESOURCES.nodes, 'forbidden', 403, 1)[0]?.message).toMatch(/may not list and watch/);
  });

  it('once, because a connection broke, is no news', () => {
    expect(told(RESOURCES.pods, 'transient', 0, 1)).toEqual([]);
    expect(told(RESOURCES.pods, 'transient', 0, 3)).toHaveLength(1);
  });

  it('because history was forgotten is never news', () => {
    expect(told(RESOURCES.pods, 'gone', 410, 5)).toEqual([]);
  });
});

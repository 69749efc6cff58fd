import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OTHER_REASON, REASON_CODES, reasonLabel } from './reason-codes.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Codes of the rows of a page's tables: the first cell, where it holds nothing but codes. */
function documented(path: string): readonly string[] {
  return read(path)
    .split('\n')
    .flatMap((line) => /^\| ((?:[A-Z][A-Za-z]+(?:, )?)+) \|/.exec(line)?.[1]?.split(', ') ?? []);
}

const SOURCES = ['src/core', 'src/judge', 'src/controller']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((name) => `${folder}/${String(name)}`),
  )
  .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|fixtures|fakes/.test(path))
  .map(read)
  .join('\n');

/** Answers of a verdict's own column, events, and what is said where all is well. */
const NO_HOLD = new Set([
  'Pass',
  'Fail',
  'Accepted',
  'CandidateStarted',
  'CohortSetAside',
  'RevisionCreated',
  'SoakStarted',
  'WaveStarted',
  'WavePassed',
  'PromotedByPerson',
  'PodsHealthy',
  'WithinBound',
  'WithinMargin',
]);

it('holds every reason that the pages tell of', () => {
  const codes = [...documented('docs/reasons.md'), ...documented('docs/judging.md')];
  expect(codes.length).toBeGreaterThan(60);
  expect(codes.filter((code) => !REASON_CODES.has(code) && !NO_HOLD.has(code))).toEqual([]);
});

it('holds every reason that the sources give', () => {
  const given = [...SOURCES.matchAll(/\breason\(\s*'([A-Z][A-Za-z]+)'/g)].map(([, code = '']) => code);
  expect(given.length).toBeGreaterThan(30);
  expect(given.filter((code) => !REASON_CODES.has(code) && !NO_HOLD.has(code))).toEqual([]);
});

it('holds none that nothing gives', () => {
  expect([...REASON_CODES].filter((code) => !new RegExp(`'${code}'`).test(SOURCES))).toEqual([]);
});

it('gives one label to all that is no code', () => {
  expect(reasonLabel('NoData')).toBe('NoData');
  expect(reasonLabel('node edge-1 exploded')).toBe(OTHER_REASON);
});

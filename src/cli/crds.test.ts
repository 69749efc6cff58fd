import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadAll } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { customResourceDefinition } from '../api/custom-resource-definition.ts';
import { CUSTOM_RESOURCES } from '../api/resource.ts';
import { crds } from './crds.ts';

const FILES = ['outrigger.dev_edgemodels.yaml', 'outrigger.dev_edgerollouts.yaml'];
const IN_CHART = join('charts', 'outrigger', 'files', 'crds');

describe('crds', () => {
  let path = '';
  let lines: string[] = [];
  const run = (...argv: string[]): Promise<number> => {
    lines = [];
    return crds(argv, (line) => lines.push(line), pathToFileURL(`${path}/`));
  };

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'outrigger-crds-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  test('prints what the schemas say, as YAML documents', async () => {
    expect(await run()).toBe(0);
    expect(loadAll(lines.join('\n'))).toEqual(CUSTOM_RESOURCES.map(customResourceDefinition));
  });

  test('writes one file for each kind, and the same into the chart, which then pass the check', async () => {
    expect(await run('--write')).toBe(0);
    for (const folder of ['crds', IN_CHART]) {
      expect((await readdir(join(path, folder))).toSorted()).toEqual(FILES);
    }
    expect(await run('--check')).toBe(0);
    expect(lines).toEqual([]);
  });

  test('tells a missing file from one that was edited, and what to do', async () => {
    await run('--write');
    await rm(join(path, 'crds', 'outrigger.dev_edgemodels.yaml'));
    const edited = join(path, IN_CHART, 'outrigger.dev_edgerollouts.yaml');
    await appendFile(edited, '# mine\n');
    expect(await run('--check')).toBe(1);
    expect(lines).toEqual([
      'crds/outrigger.dev_edgemodels.yaml is missing: run `npm run crds` and commit the result',
      'charts/outrigger/files/crds/outrigger.dev_edgerollouts.yaml differs from the schemas in src/api: run `npm run crds` and commit the result',
    ]);
    expect(await readFile(edited, 'utf8')).toContain('# mine');
  });

  test('takes --write or --check, not both', async () => {
    expect(await run('--write', '--check')).toBe(2);
    expect(await readdir(path)).toEqual([]);
  });

  test('the files that are checked in are those of the schemas', async () => {
    const out: string[] = [];
    expect(await crds(['--check'], (line) => out.push(line))).toBe(0);
    expect(out).toEqual([]);
  });
});

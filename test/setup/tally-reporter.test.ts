import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

it('counts tests, hooks and files that do not load, and names what was skipped or took two tries', async () => {
  // Inside the work tree, for its node_modules, but in a folder that git and the test projects pass over.
  const folder = await mkdtemp(join(root, 'node_modules', '.tally-'));
  const tally = join(await mkdtemp(join(tmpdir(), 'tally-')), 'line');
  onTestFinished(async () => {
    await rm(folder, { recursive: true });
    await rm(join(tally, '..'), { recursive: true });
  });
  const vitest = `import { beforeAll, describe, expect, it } from 'vitest';\n`;
  const files = {
    'mixed.spec.mjs': `${vitest} it('a', () => {}); it('b', () => { expect(1).toBe(2); }); it.skip('c', () => {});`,
    'hook.spec.mjs': `${vitest} describe('d', () => { beforeAll(() => { throw new Error('no'); }); it('e', () => {}); });`,
    'broken.spec.mjs': `throw new Error('does not load');`,
    'flaky.spec.mjs': `${vitest} let tries = 0; it('h', { retry: 1 }, () => { expect(++tries).toBe(2); });`,
    'away.spec.mjs': `${vitest} describe.skip('f', () => { it('g', () => {}); });`,
    'vitest.config.mjs': `import { TallyReporter } from ${JSON.stringify(join(root, 'test/setup/tally-reporter.ts'))};
      export default { test: { include: ['**/*.spec.mjs'], exclude: [], reporters: [new TallyReporter()] } };`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const stderr = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder],
      { env: { ...process.env, OUTRIGGER_TALLY: tally } },
      (_error, _stdout, errors) => resolve(errors),
    );
  });
  expect(stderr).toContain('SKIPPED away.spec.mjs: 1 tests');
  expect(stderr).not.toContain('SKIPPED mixed');
  expect(stderr).toContain('FLAKY flaky.spec.mjs: h\n');
  // Failed: the test b, the hook, the file; skipped: c, g, and e, which its hook kept from running.
  expect(await readFile(tally, 'utf8')).toBe('2 passed, 3 failed, 3 skipped\n');
});

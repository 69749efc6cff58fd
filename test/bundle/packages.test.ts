import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { billOfMaterials } from '../../deploy/image/bill-of-materials.ts';
import { packagesOf } from '../../deploy/image/packages.ts';
import { thirdPartyLicenses } from '../../deploy/image/third-party-licenses.ts';

describe('the packages in a bundle', () => {
  let root = '';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'outrigger-packages-'));
    await write('package.json', '{"name": "own", "version": "1.0.0", "license": "Apache-2.0"}');
  });
  afterEach(() => rm(root, { recursive: true }));

  async function write(path: string, text: string): Promise<void> {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }

  /** The id of a module of a package that is there now. */
  async function install(
    name: string,
    manifest: Readonly<Record<string, unknown>>,
    files: readonly string[],
  ): Promise<string> {
    const folder = `node_modules/${name}`;
    await write(`${folder}/package.json`, JSON.stringify({ name, version: '2.0.0', ...manifest }));
    for (const file of files) await write(`${folder}/${file}`, `the ${file} of ${name}\n`);
    await write(`${folder}/dist/index.js`, '');
    return join(root, folder, 'dist/index.js');
  }

  test('are each named once with all their texts, without the own one', async () => {
    const one = await install('@scope/one', { license: 'Apache-2.0' }, [
      'LICENSE',
      'NOTICE.txt',
      'README.md',
    ]);
    const two = await install('two', { license: 'MIT' }, ['license.md']);
    await write('node_modules/two/dist/package.json', '{"type": "module"}');
    const found = await packagesOf([join(root, 'src/main.ts'), two, one, one], root);
    expect(found).toEqual([
      {
        name: '@scope/one',
        version: '2.0.0',
        license: 'Apache-2.0',
        texts: ['the LICENSE of @scope/one\n', 'the NOTICE.txt of @scope/one\n'],
      },
      { name: 'two', version: '2.0.0', license: 'MIT', texts: ['the license.md of two\n'] },
    ]);
    const text = thirdPartyLicenses(found);
    for (const { texts } of found) for (const each of texts) expect(text).toContain(each);
    const bom: unknown = JSON.parse(
      billOfMaterials({ name: 'own', version: '1.0.0', license: 'MIT' }, found),
    );
    expect(bom).toMatchObject({
      components: [{ purl: 'pkg:npm/%40scope/one@2.0.0' }, { purl: 'pkg:npm/two@2.0.0' }],
    });
  });

  test('of two versions are both named', async () => {
    const outer = await install('two', { license: 'MIT' }, ['LICENSE']);
    const inner = await install('one/node_modules/two', { name: 'two', version: '1.0.0', license: 'ISC' }, [
      'COPYING',
    ]);
    expect(await packagesOf([outer, inner], root)).toMatchObject([
      { name: 'two', version: '1.0.0', license: 'ISC' },
      { name: 'two', version: '2.0.0', license: 'MIT' },
    ]);
  });

  test("bring the bundler's own licence where its helpers are used", async () => {
    expect(await packagesOf(['\0rolldown/runtime.js'], root)).toMatchObject([
      { name: 'rolldown', license: 'MIT' },
    ]);
  });

  test('may not lack a licence text, nor have a licence that asks for more than a notice', async () => {
    const modules = [
      await install('silent', { license: 'MIT' }, ['README.md']),
      await install('viral', { license: 'GPL-3.0-only' }, ['LICENSE']),
      await install('odd', { license: { type: 'MIT' } }, ['LICENSE']),
    ];
    const message = await packagesOf(modules, root).then(String, (error: Error) => error.message);
    expect(message).toContain('silent 2.0.0 comes without a licence text');
    expect(message).toContain('viral 2.0.0 has the licence "GPL-3.0-only", which is none of');
    expect(message).toContain('odd 2.0.0 has the licence "none in its package.json"');
  });
});

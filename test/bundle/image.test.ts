import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type BuiltImage, buildImage, ROOT } from './built-image.ts';
import { contentTable } from './content-table.ts';
import { CREDENTIALS, kubeconfig } from './kubeconfigs.ts';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SOURCES = join(ROOT, 'src/main.ts');

/** A process with nothing of this one's environment, which would lead to a cluster or to node_modules. */
function start(cwd: string, program: string, ...argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd, env: {}, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [program, ...argv], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** Says at the end whether undici, the HTTP library of the Kubernetes client, has been evaluated: it leaves a mark. So does the
 * copy within Node, which an `import` of node:http evaluates. */
const PROBE = `--import=data:text/javascript,${encodeURIComponent(
  `process.on('exit', () => console.error('undici ' + (globalThis[Symbol.for('undici.globalDispatcher.1')] !== undefined)))`,
)}`;

/** A wave of three minutes: one candidate beside four. */
const EVIDENCE = {
  horizonMinutes: 3,
  metrics: [{ name: 'errors', kind: 'ratio' }],
  nodes: Array.from({ length: 5 }, (_, index) => ({
    name: `edge-${index}`,
    cohort: 'orin',
    candidate: index === 0,
    minutes: [-2, -1, 0, 1, 2],
    series: { errors: { total: [100, 100, 100, 100, 100], bad: [1, index, 2, index, 1] } },
  })),
};

describe('the content of the image', () => {
  let image: BuiltImage;

  beforeAll(async () => {
    image = await buildImage();
  }, 120_000);
  afterAll(() => image.remove());

  const bundled = (...argv: readonly string[]): Promise<Outcome> =>
    start(join(image.program, '..'), image.program, ...argv);

  test('is what docs/image.md lists, in about the sizes that it gives', async () => {
    const entries = await readdir(image.root, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    const table = await contentTable();
    expect(files.map((file) => `/${relative(image.root, file)}`).toSorted()).toEqual(
      [...table.keys()].toSorted(),
    );
    const apart: string[] = [];
    for (const file of files) {
      const kib = (await stat(file)).size / 1024;
      const told = table.get(`/${relative(image.root, file)}`) ?? 0;
      if (Math.abs(kib - told) > Math.max(1, told / 10)) apart.push(`${file}: ${kib} KiB, told ${told}`);
    }
    expect(apart).toEqual([]);
  });

  test('names no folder of the machine that built it', async () => {
    const text = await readFile(image.program, 'utf8');
    expect(text).not.toContain(ROOT);
    expect(text).not.toContain(join(image.root, '..'));
  });

  test('says how it is called, and its version', async () => {
    const help = await bundled('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['operator', 'demo', 'fleet', 'judge', 'crds'])
      expect(help.stdout).toContain(`  ${command} `);
    expect(await bundled('operator', '--version')).toEqual({
      code: 0,
      stdout: `${packageJson.version}\n`,
      stderr: '',
    });
  });

  test('plays a story to the same end as the sources, to the byte', async () => {
    const argv = ['demo', '--scenario', 'one-class-bad', '--json'];
    const [own, sources] = await Promise.all([bundled(...argv), start(ROOT, SOURCES, ...argv)]);
    expect(own).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(own.stdout)).toMatchObject({ rollout: { status: { phase: 'RolledBack' } } });
    expect(own.stdout).toBe(sources.stdout);
  }, 60_000);

  test('judges a file as the sources do, to the byte', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'outrigger-evidence-'));
    try {
      const file = join(folder, 'wave.json');
      await writeFile(file, JSON.stringify(EVIDENCE));
      const argv = ['judge', '--evidence', file, '--json'];
      const [own, sources] = await Promise.all([bundled(...argv), start(ROOT, SOURCES, ...argv)]);
      expect(own).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(own.stdout)).toMatchObject({ looks: [{ minute: 2 }, { minute: 3 }] });
      expect(own.stdout).toBe(sources.stdout);
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 60_000);

  test('prints the CRDs that are checked in', async () => {
    const { code, stdout } = await bundled('crds');
    expect(code).toBe(0);
    const files = ['outrigger.dev_edgemodels.yaml', 'outrigger.dev_edgerollouts.yaml'];
    const texts = await Promise.all(files.map((name) => readFile(join(ROOT, 'crds', name), 'utf8')));
    expect(stdout).toBe(texts.join('---\n'));
  });

  test('evaluates the Kubernetes library only where there is a cluster to speak to', async () => {
    const demo = await start(ROOT, PROBE, image.program, 'demo', '--help');
    expect(demo).toMatchObject({ code: 0, stderr: 'undici false\n' });
    const operator = await start(ROOT, PROBE, image.program, 'operator', '--kubeconfig', '/nowhere');
    expect(operator).toMatchObject({ code: 1 });
    expect(operator.stderr).toContain('the kubeconfig /nowhere cannot be read');
    expect(operator.stderr).toContain('undici true\n');
  });

  test.each(CREDENTIALS)('speaks to a cluster with $name', async (credentials) => {
    const seen: { readonly url: string; readonly authorization: string | undefined }[] = [];
    const server = createServer(({ url = '', headers }, response) => {
      seen.push({ url, authorization: headers.authorization });
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items: [] }),
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const folder = await mkdtemp(join(tmpdir(), 'outrigger-kubeconfig-'));
    try {
      await writeFile(join(folder, 'token'), 'from-file');
      await writeFile(join(folder, 'config'), kubeconfig(credentials, url));
      const outcome = await bundled('fleet', '--cleanup', '--kubeconfig', join(folder, 'config'));
      expect(outcome).toEqual({ code: 0, stdout: 'there were no simulated nodes\n', stderr: '' });
      expect(seen.length).toBeGreaterThan(0);
      for (const each of seen) {
        expect(each.authorization).toBe(credentials.authorization);
        // A proxy is asked with the whole address.
        expect(each.url.startsWith(url)).toBe(credentials.throughProxy === true);
      }
    } finally {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    }
  });

  test('shows a stack with the names of functions', async () => {
    const env = { OUTRIGGER_DEBUG: '1' };
    const argv = [image.program, 'operator', '--kubeconfig', '/nowhere'];
    const stderr = await new Promise<string>((resolve) => {
      execFile(process.execPath, argv, { env }, (_error, _stdout, text) => resolve(text));
    });
    expect(stderr).toMatch(/at (async )?(readInto|loadKubeConfig) /);
  });

  test('has a licence text and an entry of the bill of materials for each package', async () => {
    const folder = join(image.program, '..');
    const licences = await readFile(join(folder, 'THIRD-PARTY-LICENSES'), 'utf8');
    const bom = JSON.parse(await readFile(join(folder, 'outrigger.cdx.json'), 'utf8')) as {
      readonly metadata: { readonly component: { readonly version: string } };
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    expect(bom.metadata.component.version).toBe(packageJson.version);
    const names = bom.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(packageJson.dependencies)));
    for (const { name, version } of bom.components) expect(licences).toContain(`\n${name} ${version}\n`);
    // Tests and checkers are not passed on.
    expect(names).not.toContain('vitest');
  });
});

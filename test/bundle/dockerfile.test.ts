import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type Copy, copies, labels, only, readDockerfile, type Stage } from './dockerfile.ts';

const CONTENT = ['LICENSE', 'THIRD-PARTY-LICENSES', 'outrigger.cdx.json', 'outrigger.mjs'];

describe('the Dockerfile', () => {
  let builder: Stage;
  let final: Stage;

  beforeAll(async () => {
    ({ builder, final } = await readDockerfile());
  });

  test('builds on the architecture of the machine, and takes the base of each platform', () => {
    expect(builder.platform).toBe('$BUILDPLATFORM');
    expect(final.platform).toBeUndefined();
  });

  test('names both bases by registry and tag, with the Node that the project asks for', () => {
    const major = packageJson.devDependencies.node.split('.')[0];
    expect(builder.base).toMatch(new RegExp(`^docker\\.io/library/node:${major}-`));
    expect(final.base).toMatch(new RegExp(`^gcr\\.io/distroless/nodejs${major}-debian\\d+:nonroot$`));
  });

  test('copies exactly the content list into the image', () => {
    const names = copies(final).flatMap(({ sources }: Copy) => sources.map((path) => path.split('/').at(-1)));
    expect(names.toSorted()).toEqual(CONTENT);
    expect(new Set(copies(final).map(({ target }) => target))).toEqual(new Set(['/app/']));
  });

  test('runs as a user that a kubelet knows not to be root', () => {
    expect(only(final, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  test('starts the file that it copies, as the operator where nothing else is asked for', () => {
    expect(JSON.parse(only(final, 'ENTRYPOINT'))).toEqual(['/nodejs/bin/node', '/app/outrigger.mjs']);
    expect(JSON.parse(only(final, 'CMD'))).toEqual(['operator']);
  });

  test('says what it is', () => {
    expect(labels(final)).toMatchObject({
      'org.opencontainers.image.title': packageJson.name,
      'org.opencontainers.image.description': packageJson.description,
      'org.opencontainers.image.version': packageJson.version,
      'org.opencontainers.image.licenses': packageJson.license,
      'org.opencontainers.image.source': 'https://github.com/outrigger-dev/outrigger',
      'org.opencontainers.image.base.name': final.base,
    });
  });
});

test('the chart installs the version of package.json', async () => {
  const chart = await readFile(new URL('../../charts/outrigger/Chart.yaml', import.meta.url), 'utf8');
  expect(/^appVersion: *["']?([^"'\s]+)/m.exec(chart)?.[1]).toBe(packageJson.version);
});

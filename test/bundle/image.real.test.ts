import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quickstart } from '../operator/manifests.ts';
import { OperatorProcess, Site, startFleet } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';
import { type BuiltImage, buildImage } from './built-image.ts';
import { readOnlyRoot } from './read-only-root.ts';

const NODES = 6;

describeReal('the bundled operator on a real API server', (real) => {
  let image: BuiltImage;
  let fleet: { stop(): Promise<void> };
  let site: Site;
  let operator: OperatorProcess;
  let home: string;

  beforeAll(async () => {
    image = await buildImage();
    site = new Site(real(), await real().namespace());
    fleet = await startFleet(real(), NODES);
    home = join(image.root, 'home');
    await mkdir(home, { mode: 0o555 });
    await chmod(image.root, 0o555);
    const readOnly = await readOnlyRoot(image.root);
    if (readOnly === undefined) process.stderr.write('no read-only root here: only HOME and cwd are\n');
    operator = new OperatorProcess(real(), site.namespace, [], {
      command: [...(readOnly ?? (['env'] as const)), process.execPath, image.program],
      cwd: home,
      env: { PATH: process.env['PATH'] ?? '', HOME: home },
    });
  });

  afterAll(async () => {
    await operator.end('SIGTERM');
    await fleet.stop();
    await chmod(image.root, 0o755);
    await image.remove();
  });

  it('brings up a first revision with nothing on the disk that it may write to', async () => {
    await operator.untilLeading();
    await site.apply(quickstart('01-model'));
    await site.apply(quickstart('02-rollout'));
    await site.untilReady('2.4.0');
    expect(await site.versions()).toEqual({ '2.4.0': NODES });
    expect(await readdir(home)).toEqual([]);
    await operator.end('SIGTERM');
    expect(operator.log).toContain('"stopped by SIGTERM"');
  }, 200_000);
});

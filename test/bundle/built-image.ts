import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildContext } from './build-context.ts';
import { allOf, copies, only, readDockerfile, type Stage } from './dockerfile.ts';

const run = promisify(execFile);
export const ROOT = resolve(import.meta.dirname, '../..');

export interface BuiltImage {
  /** Folder that holds what the final stage copies, at its place in the image. */
  readonly root: string;
  /** The bundle in that folder. */
  readonly program: string;
  remove(): Promise<void>;
}

/**
 * What `docker build` would put above the base image, made by the Dockerfile's own COPY and RUN lines in temporary
 * folders, with node_modules linked where the Dockerfile runs `npm ci`. No container engine is needed.
 */
export async function buildImage(): Promise<BuiltImage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'outrigger-image-')));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  try {
    const { builder, final } = await readDockerfile();
    const stages = { [builder.name ?? '']: join(folder, 'builder') };
    const root = join(folder, 'image');
    await copyAll(builder, join(folder, 'builder'), stages);
    await runAll(builder, join(folder, 'builder'));
    await copyAll(final, root, stages);
    const [, path] = JSON.parse(only(final, 'ENTRYPOINT')) as readonly string[];
    return { root, program: join(root, path ?? ''), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function copyAll(stage: Stage, root: string, stages: Readonly<Record<string, string>>): Promise<void> {
  const inContext = await buildContext();
  const workdir = only(stage, 'WORKDIR');
  for (const { sources, target, from } of copies(stage)) {
    const origin = from === undefined ? ROOT : stages[from];
    if (origin === undefined) throw new Error(`COPY --from=${from} names no stage`);
    const folder = join(root, resolve(workdir, target));
    await mkdir(folder, { recursive: true });
    for (const source of sources) {
      const path = join(origin, source);
      // A folder's content, a file as itself.
      const into = (await stat(path)).isDirectory() ? folder : join(folder, basename(path));
      const filter = (file: string): boolean =>
        from !== undefined || file === path || inContext(relative(ROOT, file));
      if (from === undefined && !inContext(relative(ROOT, path))) {
        throw new Error(`COPY ${source}: the Dockerfile.dockerignore leaves it out`);
      }
      await cp(path, into, { recursive: true, filter });
    }
  }
}

async function runAll(stage: Stage, root: string): Promise<void> {
  const cwd = join(root, only(stage, 'WORKDIR'));
  for (const text of allOf(stage, 'RUN')) {
    const command = text.replace(/^--mount=\S+ /, '');
    if (command.startsWith('npm ci')) await symlink(join(ROOT, 'node_modules'), join(cwd, 'node_modules'));
    else if (command.startsWith('npm run ')) await run('npm', command.split(' ').slice(1), { cwd });
    else throw new Error(`RUN ${text}: this test cannot carry it out`);
  }
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Makes the root file system read-only for what follows, in a mount namespace of its own. */
const READ_ONLY = [
  'unshare',
  '--mount',
  '--map-root-user',
  'sh',
  '-c',
  'mount -o remount,bind,ro / && exec "$@"',
  'sh',
] as const;

/**
 * A command to put before another one, which then sees what a container with readOnlyRootFilesystem sees of its disk;
 * undefined where this machine or its user is not allowed to. `folder` is tried out: it has to be on that disk.
 */
export async function readOnlyRoot(folder: string): Promise<readonly [string, ...string[]] | undefined> {
  const [file, ...before] = READ_ONLY;
  const touch =
    'if touch "$1/written" 2>/dev/null; then rm "$1/written"; echo writable; else echo read-only; fi';
  const run = promisify(execFile)(file, [...before, 'sh', '-c', touch, 'sh', folder]);
  const outcome = await run.catch(() => undefined);
  return outcome?.stdout === 'read-only\n' ? READ_ONLY : undefined;
}

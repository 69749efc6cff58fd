import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where binaries and the state of `controlplane up` are kept: never in the work tree. */
export function cacheFolder(environment: Environment = process.env): string {
  const own = environment['OUTRIGGER_CACHE'];
  if (own) return resolve(own);
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'outrigger');
}

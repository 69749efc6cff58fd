import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 5_000;
/** A holder that has not touched its lock for this long is gone, even if its pid was given to someone else. */
const STALE_MS = 60_000;
const POLL_MS = 250;

/**
 * Runs `work` while holding the lock file `path`. Waits for another process that holds it; takes over the lock
 * of a process that died. `onWait` is called once if there is somebody to wait for.
 */
export async function withLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  while (!(await take(path))) {
    if (await isStale(path)) {
      await steal(path);
      continue;
    }
    if (!told) onWait();
    told = true;
    await sleep(POLL_MS);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw new Error(`cannot make the lock ${path}: is its folder writable?`, { cause: error });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    const holder = await readFile(path, 'utf8');
    // An empty file is a lock whose holder has not written its pid yet.
    return age > STALE_MS || (holder !== '' && !isRunning(Number(holder)));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Only one waiter may remove a stale lock, and only after a second look: else it could remove a fresh one. */
async function steal(path: string): Promise<void> {
  const guard = `${path}.steal`;
  if (!(await take(guard))) {
    if (await isStale(guard)) await rm(guard, { force: true });
    await sleep(POLL_MS);
    return;
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

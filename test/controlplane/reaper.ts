import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Ends the processes that it was told of when the harness ends in whatever way, SIGKILL included: the shell sees
 * the end of its input, kills them and removes the folder. No handler in our own process could promise that.
 */
export class Reaper {
  readonly #shell: ChildProcess;

  constructor(folder: string) {
    // A group of its own: Ctrl-C goes to the whole foreground group and would end the reaper first.
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'reaper', folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.unref();
    const stdin = this.#shell.stdin;
    if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  }

  add(pid: number): void {
    this.#shell.stdin?.write(`add ${pid}\n`);
  }

  remove(pid: number): void {
    this.#shell.stdin?.write(`remove ${pid}\n`);
  }

  /** Everything was ended in order; the reaper goes without doing anything. */
  release(): void {
    this.#shell.stdin?.end('done\n');
  }
}

const SCRIPT = `
pids=
while read -r verb pid; do
  case $verb in
    add) pids="$pids $pid" ;;
    remove) rest=; for p in $pids; do [ "$p" = "$pid" ] || rest="$rest $p"; done; pids=$rest ;;
    done) exit 0 ;;
  esac
done
[ -z "$pids" ] || kill -9 $pids
sleep 0.2
rm -rf "$1"
`;

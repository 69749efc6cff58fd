import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import { runCommand } from './cli/command.ts';

/** The command line's end: what the process gives and takes is here and nowhere else. */
const stop = new AbortController();
const FORCED = 130;

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // Asked twice: the person does not want to wait for the end in good order.
    if (stop.signal.aborted) process.exit(FORCED);
    stop.abort(new Error(`stopped by ${name}`));
  });
}
// The reader of a pipe may leave first (`| head`): no reason to fail.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  process.exitCode = await runCommand(process.argv.slice(2), {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    env: process.env,
    signal: stop.signal,
    stdin: () => text(process.stdin),
    identity: `${process.env['POD_NAME'] ?? hostname()}_${randomBytes(4).toString('hex')}`,
  });
} catch (error) {
  process.stderr.write(`outrigger: ${sentence(error)}\n`);
  process.exitCode = 1;
}

/** The message and its causes; a stack says nothing to the person who typed the command, but is there on demand. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (process.env['OUTRIGGER_DEBUG'] !== undefined) return error.stack ?? error.message;
  const cause = error.cause === undefined ? '' : sentence(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

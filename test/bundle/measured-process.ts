import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface Measurement {
  /** From the start of the process. */
  readonly wallMs: number;
  /** User and system time of the process so far. */
  readonly cpuMs: number;
  /** The most memory that it has held. */
  readonly peakMiB: number;
  /** The memory that it holds. */
  readonly rssMiB: number;
}

/** What the probe writes, one line of JSON for each time that it is asked. */
interface Report {
  readonly userCPUTime: number;
  readonly systemCPUTime: number;
  /** KiB */
  readonly maxRSS: number;
  readonly rss: number;
}

/** Loaded into the process before its program: answers on descriptor 3, at SIGUSR2 and at the end. */
const PROBE = `
import { writeSync } from 'node:fs';
const report = () => void writeSync(3, JSON.stringify({ ...process.resourceUsage(), rss: process.memoryUsage.rss() }) + '\\n');
process.on('SIGUSR2', report);
process.on('exit', report);
`;

/** A program on this Node, which says of itself what it uses. */
export class MeasuredProcess {
  readonly #startedAt = performance.now();
  readonly #child: ChildProcess;
  readonly #reports: AsyncIterator<string>;
  readonly #exit: Promise<unknown>;
  #errors = '';

  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const probe = `--import=data:text/javascript,${encodeURIComponent(PROBE)}`;
    this.#child = spawn(process.execPath, [probe, ...argv], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').resume();
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#exit = once(this.#child, 'exit');
    const input = this.#child.stdio[3] as Readable;
    this.#reports = createInterface({ input })[Symbol.asyncIterator]();
  }

  /** At its end. Rejects where that was not a good one. */
  async ended(): Promise<Measurement> {
    const report = this.#next();
    await this.#exit;
    const wallMs = performance.now() - this.#startedAt;
    if (this.#child.exitCode !== 0) throw new Error(`ended with ${this.#child.exitCode}: ${this.#errors}`);
    return measurement(wallMs, await report);
  }

  /** As soon as its standard output holds the text. Rejects where the process ends before. */
  async when(text: string): Promise<Measurement> {
    let seen = '';
    await new Promise<void>((resolve, reject) => {
      this.#child.stdout?.on('data', (part: string) => {
        seen += part;
        if (seen.includes(text)) resolve();
      });
      this.#child.once('exit', () =>
        reject(new Error(`ended before it said ${text}: ${seen}${this.#errors}`)),
      );
    });
    return this.now();
  }

  async now(): Promise<Measurement> {
    const wallMs = performance.now() - this.#startedAt;
    const report = this.#next();
    this.#child.kill('SIGUSR2');
    return measurement(wallMs, await report);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exit;
  }

  async #next(): Promise<Report> {
    const { value, done } = await this.#reports.next();
    if (done === true) throw new Error(`ended without a report: ${this.#errors}`);
    return JSON.parse(value) as Report;
  }
}

function measurement(wallMs: number, { userCPUTime, systemCPUTime, maxRSS, rss }: Report): Measurement {
  return {
    wallMs,
    cpuMs: (userCPUTime + systemCPUTime) / 1_000,
    peakMiB: maxRSS / 1_024,
    rssMiB: rss / 1_048_576,
  };
}

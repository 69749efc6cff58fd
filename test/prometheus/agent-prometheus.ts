import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dump } from 'js-yaml';

import { PROMETHEUS } from '../binaries/binaries.ts';
import { binaryPath } from '../binaries/build.ts';
import { OwnedProcess } from '../controlplane/owned-process.ts';
import { freePorts } from '../controlplane/ports.ts';
import { Reaper } from '../controlplane/reaper.ts';
import { request } from '../controlplane/request.ts';
import type { PrometheusConfig } from './deploy-manifests.ts';

export interface PrometheusPlan {
  readonly name: string;
  readonly config: PrometheusConfig;
  readonly mode?: 'agent' | 'server';
  readonly flags?: readonly string[];
}

/** One process of Prometheus of a test's own. */
export interface OwnPrometheus {
  readonly address: string;
  /** Kills it as a power cut would; its data stays. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** The value of one expression, at one moment (ms) or now; undefined where it has no series. */
  value(expr: string, at?: number): Promise<number | undefined>;
  /** Its own metrics page, summed up over the series of that name. */
  ownMetric(name: string, matching?: string): Promise<number>;
}

/** Processes of Prometheus beside the one that all tests share; all of them end with `close`. */
export class PrometheusGroup {
  readonly #folder: string;
  readonly #reaper: Reaper;
  readonly #running: OwnedProcess[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#reaper = new Reaper(folder);
  }

  static async open(): Promise<PrometheusGroup> {
    return new PrometheusGroup(await mkdtemp(join(tmpdir(), 'outrigger-prometheus-')));
  }

  /** A file for a configuration to name. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.#folder, name);
    await writeFile(path, text);
    return path;
  }

  async start({ name, config, mode = 'server', flags = [] }: PrometheusPlan): Promise<OwnPrometheus> {
    const [port = 0] = await freePorts(1);
    const binary = await binaryPath(PROMETHEUS, (line) => void process.stderr.write(`[${name}] ${line}\n`));
    const data = join(this.#folder, `${name}-data`);
    await mkdir(data);
    const address = `http://127.0.0.1:${port}`;
    const owned = new OwnedProcess(
      {
        name,
        binary,
        args: [
          ...(mode === 'agent'
            ? ['--agent', `--storage.agent.path=${data}`]
            : [`--storage.tsdb.path=${data}`]),
          `--config.file=${await this.file(`${name}.yaml`, dump(config))}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--log.level=warn',
          ...flags,
        ],
        log: join(this.#folder, `${name}.log`),
        health: `${address}/-/ready`,
      },
      this.#reaper,
      (line) => process.stderr.write(`${line}\n`),
    );
    this.#running.push(owned);
    await owned.start();
    return {
      address,
      stop: () => owned.stop(),
      start: () => owned.start(),
      value: async (expr, at) => {
        const time = at === undefined ? '' : `&time=${(at / 1000).toFixed(3)}`;
        const { text } = await request(`${address}/api/v1/query?query=${encodeURIComponent(expr)}${time}`);
        const answer = JSON.parse(text) as {
          readonly error?: string;
          readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
        };
        if (answer.data === undefined) throw new Error(`${expr}: ${answer.error}`);
        const [only, second] = answer.data.result;
        if (second !== undefined) throw new Error(`${expr} has more than one series`);
        return only === undefined ? undefined : Number(only.value[1]);
      },
      ownMetric: async (metric, matching = '') => {
        const { text } = await request(`${address}/metrics`);
        return text
          .split('\n')
          .filter(
            (line) =>
              (line.startsWith(`${metric}{`) || line.startsWith(`${metric} `)) && line.includes(matching),
          )
          .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
      },
    };
  }

  async close(): Promise<void> {
    for (const running of this.#running.toReversed()) await running.stop();
    this.#reaper.release();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

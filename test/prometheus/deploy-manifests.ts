import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { load, loadAll } from 'js-yaml';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'prometheus');

export type Manifest = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: { readonly name: string };
};

/** The objects of one file of deploy/prometheus, in its order. */
export function manifests(file: string): readonly Manifest[] {
  return loadAll(readFileSync(join(FOLDER, file), 'utf8')) as Manifest[];
}

/** The one object of that kind in the file. */
export function manifest(file: string, kind: string): Manifest {
  const [found, second] = manifests(file).filter((each) => each.kind === kind);
  if (found === undefined || second !== undefined) throw new Error(`${file} has not exactly one ${kind}`);
  return found;
}

/** The one file within the file's only ConfigMap. */
export function configText(file: string): string {
  const [text, second] = Object.values(manifest(file, 'ConfigMap')['data'] as Record<string, string>);
  if (text === undefined || second !== undefined)
    throw new Error(`the ConfigMap of ${file} holds not one file`);
  return text;
}

/** A configuration of Prometheus, of which the tests change a few fields. */
export type PrometheusConfig = Readonly<Record<string, unknown>>;

export function configOf(file: string): PrometheusConfig {
  return load(configText(file)) as PrometheusConfig;
}

export interface RelabelRule {
  readonly source_labels?: readonly string[];
  readonly target_label?: string;
  readonly regex?: string;
  readonly replacement?: string;
  readonly action?: string;
}

export interface ScrapeConfig {
  readonly job_name: string;
  readonly scrape_interval: string;
  readonly scrape_timeout: string;
  readonly honor_labels: boolean;
  readonly metrics_path?: string;
  readonly kubernetes_sd_configs: readonly {
    readonly role: string;
    readonly selectors?: readonly { readonly role: string; readonly label: string }[];
  }[];
  readonly relabel_configs: readonly RelabelRule[];
}

/** The one scrape of scrape-config.yaml. */
export function modelScrape(): ScrapeConfig {
  const [only, second] = configOf('scrape-config.yaml')['scrape_configs'] as readonly ScrapeConfig[];
  if (only === undefined || second !== undefined) throw new Error('scrape-config.yaml has not one scrape');
  return only;
}

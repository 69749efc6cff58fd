import { dump } from 'js-yaml';

import type { Component } from './component.ts';
import type { Layout } from './layout.ts';

export interface PrometheusSettings {
  /** Taken where it is free; otherwise any. */
  readonly preferredPort?: number;
  /** Port on 127.0.0.1 where the fleet simulator lists its targets, as HTTP service discovery reads them. */
  readonly fleetPort: number;
  /** A Prometheus duration. */
  readonly scrapeInterval: string;
}

export function prometheusConfig(settings: PrometheusSettings): string {
  return dump({
    global: {
      scrape_interval: settings.scrapeInterval,
      // A scrape may not outlast its interval.
      scrape_timeout: settings.scrapeInterval,
      evaluation_interval: settings.scrapeInterval,
    },
    storage: {
      // Nodes that were dark send what they kept; the judge has to cope with samples that come late.
      tsdb: { out_of_order_time_window: '30m', retention: { time: '1d' } },
    },
    scrape_configs: [
      {
        job_name: 'fleet',
        honor_labels: true,
        http_sd_configs: [{ url: `http://127.0.0.1:${settings.fleetPort}/targets`, refresh_interval: '2s' }],
      },
    ],
  });
}

export function prometheus(binary: string, files: Layout, port: number): Component {
  return {
    name: 'prometheus',
    binary,
    args: [
      `--config.file=${files.prometheusConfig}`,
      `--storage.tsdb.path=${files.prometheusData}`,
      `--web.listen-address=127.0.0.1:${port}`,
      // Tests write samples of the past (remote write) and take series away (admin).
      '--web.enable-remote-write-receiver',
      '--web.enable-admin-api',
      '--log.level=warn',
    ],
    log: files.log('prometheus'),
    health: `http://127.0.0.1:${port}/-/ready`,
  };
}

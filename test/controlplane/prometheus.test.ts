import { load } from 'js-yaml';
import { expect, it } from 'vitest';

import { kubeconfig } from './kubeconfig.ts';
import { prometheusConfig } from './prometheus.ts';

it('asks the fleet for its targets, keeps their labels, and takes samples that come late', () => {
  expect(load(prometheusConfig({ fleetPort: 9999, scrapeInterval: '2s' }))).toMatchObject({
    global: { scrape_interval: '2s', scrape_timeout: '2s' },
    storage: { tsdb: { out_of_order_time_window: '30m' } },
    scrape_configs: [
      {
        honor_labels: true,
        http_sd_configs: [{ url: 'http://127.0.0.1:9999/targets', refresh_interval: '2s' }],
      },
    ],
  });
});

it('puts the certificate into the kubeconfig, so that the file alone is enough', () => {
  const config = load(kubeconfig({ url: 'https://127.0.0.1:1', ca: 'PEM', token: 'secret' }));
  expect(config).toMatchObject({
    clusters: [{ cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 'UEVN' } }],
    users: [{ user: { token: 'secret' } }],
  });
});

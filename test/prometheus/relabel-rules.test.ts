import { describe, expect, it } from 'vitest';

import { LABEL } from '../../src/api/names.ts';
import { modelScrape } from './deploy-manifests.ts';
import { podMonitor, podMonitorRules } from './relabel-podmonitor.ts';

const PROMISED = ['node', 'model', 'revision', 'variant', 'cohort', 'site'];

describe('the relabel rules with the prometheus-operator and without it', () => {
  it('are the same beyond what the prometheus-operator adds itself', () => {
    const rules = modelScrape().relabel_configs;
    expect(rules.slice(-podMonitorRules().length)).toEqual(podMonitorRules());
    expect(
      rules.flatMap(({ target_label }) => target_label ?? []).slice(0, -podMonitorRules().length),
    ).toEqual(['namespace', 'container', 'pod']);
    expect(podMonitorRules().map(({ target_label }) => target_label)).toEqual(PROMISED);
  });

  it('read the labels that Outrigger puts on pods', () => {
    const read = podMonitorRules().flatMap(({ source_labels }) => source_labels ?? []);
    for (const label of [LABEL.model, LABEL.revision, LABEL.variant, LABEL.cohort]) {
      expect(read).toContain(`__meta_kubernetes_pod_label_${label.replaceAll(/[./]/gu, '_')}`);
    }
  });

  it('select the same pods and scrape them in the same way', () => {
    const scrape = modelScrape();
    const { spec, endpoint } = podMonitor();
    expect(spec.selector).toEqual({
      matchLabels: { [LABEL.role]: 'serve' },
      matchExpressions: [{ key: LABEL.model, operator: 'Exists' }],
    });
    expect(scrape.kubernetes_sd_configs).toEqual([
      { role: 'pod', selectors: [{ role: 'pod', label: `${LABEL.role}=serve,${LABEL.model}` }] },
    ]);
    expect(endpoint).toMatchObject({
      interval: scrape.scrape_interval,
      scrapeTimeout: scrape.scrape_timeout,
      honorLabels: scrape.honor_labels,
      path: scrape.metrics_path ?? '/metrics',
    });
    expect(scrape.honor_labels).toBe(false);
    expect(scrape.relabel_configs).toContainEqual({
      source_labels: ['__meta_kubernetes_pod_container_port_name'],
      regex: endpoint.port,
      action: 'keep',
    });
  });
});

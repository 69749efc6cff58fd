import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { runTool } from '../binaries/run-tool.ts';
import { describeReal } from '../setup/describe-real.ts';
import { configText, manifest } from './deploy-manifests.ts';

describeReal('the configurations of deploy/prometheus', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outrigger-prometheus-'));
    await mkdir(join(folder, 'scrape'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The file as the pod mounts it, with its folders moved here. */
  const check = async (name: string, text: string, ...flags: readonly string[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text.replaceAll('/etc/prometheus', folder));
    const { code, stdout, stderr } = await runTool('promtool', ['check', 'config', ...flags, path]);
    return code === 0 ? 'SUCCESS' : `${stdout}${stderr}`;
  };

  it('are valid to promtool, the scrape of the model pods too', async () => {
    expect(await check('scrape/models.yaml', configText('scrape-config.yaml'))).toBe('SUCCESS');
    // Reads the scrape file that was just written by its scrape_config_files.
    expect(await check('agent.yaml', configText('agent.yaml'), '--agent')).toBe('SUCCESS');
    expect(await check('central.yaml', configText('central.yaml'))).toBe('SUCCESS');
  });

  it('would not be, with a field that Prometheus does not know', async () => {
    const text = configText('scrape-config.yaml').replace('kubernetes_sd_configs', 'kubernetes_sds');
    expect(await check('scrape/models.yaml', text)).toContain('kubernetes_sds');
    expect(await check('agent.yaml', configText('agent.yaml'), '--agent')).toContain('kubernetes_sds');
  });

  it('let in at the centre what the agents still send, and keep it until then', () => {
    const { out_of_order_time_window: window } =
      /out_of_order_time_window: (?<out_of_order_time_window>\d+)h/u.exec(configText('central.yaml'))
        ?.groups ?? {};
    const { limit } = /sample_age_limit: (?<limit>\d+)h/u.exec(configText('agent.yaml'))?.groups ?? {};
    const flags = JSON.stringify(manifest('agent.yaml', 'Deployment')['spec']);
    const { period } = /wal-truncate-frequency=(?<period>\d+)h/u.exec(flags)?.groups ?? {};
    const { kept } = /retention\.max-time=(?<kept>\d+)h/u.exec(flags)?.groups ?? {};
    expect(Number(window)).toBeGreaterThan(0);
    expect(Number(limit)).toBeLessThanOrEqual(Number(window));
    expect(Number(kept)).toBeGreaterThanOrEqual(Number(limit));
    expect(2 * Number(period)).toBeGreaterThanOrEqual(Number(limit));
  });
});

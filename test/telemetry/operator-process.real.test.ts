import { expect, it } from 'vitest';
import { samples } from '../../src/telemetry/fakes.ts';
import { installCrds } from '../api/install-crds.ts';
import { eventually, OperatorProcess } from '../operator/real-cluster.ts';
import { describeReal } from '../setup/describe-real.ts';

const isReady = ({ status }: { readonly status: number }) => status === 200;

describeReal('the operator as a process', (real) => {
  it('says in /readyz that the API server is away, stays healthy, and is ready again with it', async () => {
    await installCrds(real().call);
    const operator = new OperatorProcess(real(), await real().namespace(), ['--listen=127.0.0.1:0']);
    try {
      await operator.untilLeading();
      const port = /"listen":(\d+)/.exec(operator.log)?.[1];
      const get = async (path: string) => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`);
        return { status: response.status, text: await response.text() };
      };
      await eventually('ready', () => get('/readyz'), isReady);
      const { text } = await get('/metrics');
      expect(samples(text, 'outrigger_leader')).toEqual(['outrigger_leader 1']);
      expect(samples(text, 'outrigger_watch_connected')).toHaveLength(7);
      expect(text).toMatch(
        /outrigger_api_requests_total\{verb="list",resource="nodes",code="200",dry_run="false"\} 1/,
      );

      await real().stopApiServer();
      const away = await eventually(
        'not ready',
        () => get('/readyz'),
        (said) => !isReady(said),
        240_000,
      );
      expect(away).toMatchObject({
        status: 503,
        text: expect.stringMatching(/^\w+: the watch is dead, last answer \S+Z \(\d+ s\): .*ECONNREFUSED/m),
      });
      expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
      expect(samples((await get('/metrics')).text, 'outrigger_ready')).toEqual(['outrigger_ready 0']);

      await real().startApiServer();
      await eventually('ready again', () => get('/readyz'), isReady, 120_000);
    } finally {
      await operator.end('SIGTERM');
    }
  }, 420_000);
});

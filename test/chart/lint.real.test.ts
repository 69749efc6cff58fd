import { expect, test } from 'vitest';

import { runTool } from '../binaries/run-tool.ts';
import { describeReal } from '../setup/describe-real.ts';
import { CHART } from './helm.ts';
import { valueSets } from './value-sets.ts';

describeReal('helm lint --strict', () => {
  test.each(Object.entries(valueSets('monitoring')))('passes with %s', async (_, values) => {
    const args = ['lint', '--strict', CHART, '--namespace', 'outrigger-system', '--values', '-'];
    const { code, stdout, stderr } = await runTool('helm', args, { input: JSON.stringify(values) });
    expect({ code, said: stdout + stderr }).toEqual({
      code: 0,
      said: expect.not.stringMatching(/WARNING|ERROR/),
    });
  });
});

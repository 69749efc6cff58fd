import { expect, it } from 'vitest';
import { GaugeFamily, labelText } from './gauge-family.ts';

it('writes the text format', () => {
  const family = new GaugeFamily('outrigger_test', 'A test.', ['namespace', 'state']);
  family.add(labelText({ namespace: 'a' }), 1.5, 'ready');
  family.add(labelText({ namespace: 'b"\\\n' }), 0, 'off');
  family.add(labelText({ namespace: 'c' }), undefined, 'off');
  family.add(labelText({ namespace: 'c' }), Number.NaN, 'off');
  const heading = '# HELP outrigger_test A test.\n# TYPE outrigger_test gauge\n';
  expect(family.text()).toBe(
    `${heading}outrigger_test{namespace="a",state="ready"} 1.5\n` +
      String.raw`outrigger_test{namespace="b\"\\\n",state="off"} 0` +
      '\n',
  );
});

import { expect, it } from 'vitest';
import { ServiceLedger } from './service-ledger.ts';

const SERVES = { nodeReady: true, serving: true, byOutrigger: false };
const TAKEN = { nodeReady: true, serving: false, byOutrigger: true };
const LOST = { nodeReady: true, serving: false, byOutrigger: false };
const DARK = { nodeReady: false, serving: false, byOutrigger: false };

it.each([
  {
    name: 'a switch is Outrigger’s',
    seen: [
      [1_000, TAKEN],
      [4_000, SERVES],
    ],
    gap: [3_000, 0],
  },
  {
    name: 'a crash is the fault’s',
    seen: [
      [1_000, LOST],
      [3_000, SERVES],
    ],
    gap: [0, 2_000],
  },
  {
    name: 'darkness does not count, and the rest after it is the fault’s',
    seen: [
      [1_000, TAKEN],
      [2_000, DARK],
      [60_000, LOST],
      [63_000, SERVES],
    ],
    gap: [1_000, 3_000],
  },
] as const)('$name', ({ seen, gap: [outrigger, fault] }) => {
  const ledger = new ServiceLedger();
  ledger.see('edge-1', 0, SERVES);
  for (const [at, what] of seen) ledger.see('edge-1', at, what);
  ledger.end(100_000);
  expect(ledger.gaps).toEqual([{ node: 'edge-1', from: 1_000, outrigger, fault, open: false }]);
});

it('charges what comes after a fault in a switch to the fault', () => {
  const ledger = new ServiceLedger();
  ledger.see('edge-1', 0, SERVES);
  ledger.see('edge-1', 1_000, TAKEN);
  ledger.fault('edge-1', 3_000);
  ledger.end(10_000);
  expect(ledger.gaps).toMatchObject([{ outrigger: 2_000, fault: 7_000, open: true }]);
});

it('sees no gap on a node that was dark while nothing else happened, or that never served', () => {
  const ledger = new ServiceLedger();
  ledger.see('edge-1', 0, SERVES);
  ledger.see('edge-1', 1_000, DARK);
  ledger.see('edge-1', 60_000, SERVES);
  ledger.see('edge-2', 0, LOST);
  ledger.end(100_000);
  expect(ledger.gaps).toEqual([]);
});

it('counts the nodes that are out at one moment', () => {
  const ledger = new ServiceLedger();
  for (const node of ['edge-1', 'edge-2', 'edge-3']) ledger.see(node, 0, SERVES);
  ledger.see('edge-1', 1_000, TAKEN);
  ledger.see('edge-2', 1_000, LOST);
  ledger.see('edge-3', 1_000, DARK);
  ledger.count();
  ledger.see('edge-1', 2_000, SERVES);
  ledger.count();
  expect(ledger.mostOut).toEqual({ outrigger: 1, fault: 1, any: 2 });
});

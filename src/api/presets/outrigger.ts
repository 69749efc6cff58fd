import type { Preset } from './preset.ts';

/** The names that docs/presets.md asks of a server of one's own; the simulated fleet exports them. Seconds. */
export const OUTRIGGER: Preset = [
  {
    suffix: 'errors',
    kind: 'errors',
    bad: 'model_requests_total{code=~"5.."}',
    total: 'model_requests_total',
  },
  { suffix: 'latency', kind: 'latency', histogram: 'model_request_seconds' },
  { suffix: 'confidence', kind: 'quality', sum: 'model_confidence_sum', count: 'model_confidence_count' },
];

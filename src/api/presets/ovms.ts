import type { Preset } from './preset.ts';

/** ModelInfer is KServe's protocol, Predict TensorFlow Serving's; the others are of health checks and metadata. */
const INFERENCE = 'method=~"ModelInfer|Predict"';

/**
 * OpenVINO Model Server, models and DAGs. Requests are counted as those that succeeded and those that failed, and the
 * histogram takes those that succeeded. Microseconds, in buckets that grow by 1.8.
 *
 * Source: openvinotoolkit/model_server, docs/metrics.md and src/model_metric_reporter.cpp of v2022.2 to v2026.3.
 */
export const OVMS: Preset = [
  {
    suffix: 'errors',
    kind: 'errors',
    bad: `ovms_requests_fail{${INFERENCE}}`,
    total: `ovms_requests_success{${INFERENCE}} + ovms_requests_fail{${INFERENCE}}`,
  },
  { suffix: 'latency', kind: 'latency', histogram: 'ovms_request_time_us' },
];

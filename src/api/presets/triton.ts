import type { Preset } from './preset.ts';

/**
 * NVIDIA Triton. Requests are counted as those that succeeded and those that failed, and the time only of those that
 * succeeded. Microseconds. Its one histogram (nv_inference_first_response_histogram_ms) is off by default and has five
 * buckets from 100 ms on, so that the mean says more.
 *
 * Source: triton-inference-server/server, docs/user_guide/metrics.md of August 2026; core, src/metrics.cc and
 * src/infer_stats.cc.
 */
export const TRITON: Preset = [
  {
    suffix: 'errors',
    kind: 'errors',
    bad: 'nv_inference_request_failure',
    total: 'nv_inference_request_success + nv_inference_request_failure',
  },
  {
    suffix: 'latency',
    kind: 'meanTime',
    sum: 'nv_inference_request_duration_us',
    count: 'nv_inference_request_success',
  },
];

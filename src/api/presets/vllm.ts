import type { Preset } from './preset.ts';

/**
 * vLLM. Its own counter, vllm:request_success_total, knows no failures, so that errors are those of the HTTP server in
 * it, which leaves out /metrics and the health checks. The label handler tells them from a sidecar's. Seconds.
 *
 * Source: vllm-project/vllm, docs/design/metrics.md, vllm/v1/metrics/loggers.py and
 * vllm/entrypoints/serve/instrumentator/metrics.py; prometheus-fastapi-instrumentator 7.1.0 for the labels.
 */
export const VLLM: Preset = [
  {
    suffix: 'errors',
    kind: 'errors',
    bad: 'http_requests_total{handler!="",status="5xx"}',
    total: 'http_requests_total{handler!=""}',
  },
  { suffix: 'latency', kind: 'latency', histogram: 'vllm:e2e_request_latency_seconds' },
  { suffix: 'first-token', kind: 'latency', histogram: 'vllm:time_to_first_token_seconds' },
];

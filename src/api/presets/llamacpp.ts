import type { Preset } from './preset.ts';

/**
 * llama.cpp's server. It counts tokens and the seconds that they took, no requests, no failures and no histogram: the
 * means are seconds for each token, and the health of the pods stands in for errors.
 *
 * Source: ggml-org/llama.cpp, tools/server/README.md, "GET /metrics" (July 2026).
 */
export const LLAMACPP: Preset = [
  {
    suffix: 'latency',
    kind: 'meanTime',
    sum: 'llamacpp:tokens_predicted_seconds_total',
    count: 'llamacpp:tokens_predicted_total',
  },
  {
    suffix: 'prompt-latency',
    kind: 'meanTime',
    sum: 'llamacpp:prompt_seconds_total',
    count: 'llamacpp:prompt_tokens_total',
  },
  { suffix: 'health', kind: 'pods', signals: ['restarts', 'notReady'] },
];

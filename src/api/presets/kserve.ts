import type { Preset } from './preset.ts';

/**
 * MLServer, which KServe runs for scikit-learn, XGBoost, LightGBM and MLflow. The duration is a summary without
 * quantiles around every inference, also one that fails, over REST and gRPC alike: its count is the total. Seconds.
 * KServe's own Python servers count no failures (docs/presets.md says what to do there).
 *
 * Source: SeldonIO/MLServer, mlserver/handlers/dataplane.py of 1.1.0 to 1.7.1; the Python client adds _total to counters.
 */
export const KSERVE: Preset = [
  {
    suffix: 'errors',
    kind: 'errors',
    bad: 'model_infer_request_failure_total',
    total: 'model_infer_request_duration_count',
  },
  {
    suffix: 'latency',
    kind: 'meanTime',
    sum: 'model_infer_request_duration_sum',
    count: 'model_infer_request_duration_count',
  },
];

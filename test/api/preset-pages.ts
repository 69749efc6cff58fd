import type { PresetName } from '../../src/api/metric.ts';

/**
 * A page of /metrics of each kind of server, in the form that its documentation or source gives it (docs/presets.md), with
 * neighbours that a preset must not count: other methods, health checks, a sidecar's series of the same name.
 */
export const PRESET_PAGES: Readonly<Record<PresetName, string>> = {
  triton: `
# HELP nv_inference_request_success Number of successful inference requests, all batch sizes
# TYPE nv_inference_request_success counter
nv_inference_request_success{model="defect",version="1"} 90
nv_inference_request_success{model="resize",version="1"} 50
# HELP nv_inference_request_failure Number of failed inference requests, all batch sizes
# TYPE nv_inference_request_failure counter
nv_inference_request_failure{model="defect",reason="REJECTED",version="1"} 2
nv_inference_request_failure{model="defect",reason="CANCELED",version="1"} 0
nv_inference_request_failure{model="defect",reason="BACKEND",version="1"} 7
nv_inference_request_failure{model="defect",reason="OTHER",version="1"} 1
# HELP nv_inference_count Number of inferences performed (does not include cached requests)
# TYPE nv_inference_count counter
nv_inference_count{model="defect",version="1"} 720
# HELP nv_inference_request_duration_us Cumulative inference request duration in microseconds (includes cached requests)
# TYPE nv_inference_request_duration_us counter
nv_inference_request_duration_us{model="defect",version="1"} 1800000
nv_inference_request_duration_us{model="resize",version="1"} 200000
# HELP nv_inference_queue_duration_us Cumulative inference queuing duration in microseconds (includes cached requests)
# TYPE nv_inference_queue_duration_us counter
nv_inference_queue_duration_us{model="defect",version="1"} 50000
`,

  kserve: `
# HELP model_infer_request_success_total Model infer request success count
# TYPE model_infer_request_success_total counter
model_infer_request_success_total{model="defect",version="v1"} 95.0
# HELP model_infer_request_failure_total Model infer request failure count
# TYPE model_infer_request_failure_total counter
model_infer_request_failure_total{model="defect",version="v1"} 5.0
# HELP model_infer_request_duration Model infer request duration
# TYPE model_infer_request_duration summary
model_infer_request_duration_count{model="defect",version="v1"} 100.0
model_infer_request_duration_sum{model="defect",version="v1"} 4.5
# HELP rest_server_requests_total Total HTTP requests
# TYPE rest_server_requests_total counter
rest_server_requests_total{app_name="mlserver",method="POST",path="/v2/models/defect/infer",status_code="200"} 95.0
rest_server_requests_total{app_name="mlserver",method="GET",path="/v2/models/defect/ready",status_code="200"} 400.0
`,

  ovms: `
# HELP ovms_requests_success Number of successful requests to a model or a DAG.
# TYPE ovms_requests_success counter
ovms_requests_success{api="KServe",interface="REST",method="ModelInfer",name="defect",version="1"} 60
ovms_requests_success{api="KServe",interface="gRPC",method="ModelInfer",name="defect",version="1"} 30
ovms_requests_success{api="TensorFlowServing",interface="gRPC",method="Predict",name="defect",version="1"} 6
ovms_requests_success{api="KServe",interface="REST",method="ModelReady",name="defect"} 1000
ovms_requests_success{api="KServe",interface="gRPC",method="ModelMetadata",name="defect",version="1"} 500
# HELP ovms_requests_fail Number of failed requests to a model or a DAG.
# TYPE ovms_requests_fail counter
ovms_requests_fail{api="KServe",interface="REST",method="ModelInfer",name="defect",version="1"} 4
ovms_requests_fail{api="KServe",interface="gRPC",method="ModelInfer",name="defect",version="1"} 0
ovms_requests_fail{api="KServe",interface="REST",method="ModelReady",name="defect"} 70
# HELP ovms_request_time_us Processing time of requests to a model or a DAG.
# TYPE ovms_request_time_us histogram
ovms_request_time_us_count{interface="REST",name="defect",version="1"} 60
ovms_request_time_us_sum{interface="REST",name="defect",version="1"} 900000
ovms_request_time_us_bucket{interface="REST",name="defect",version="1",le="10"} 0
ovms_request_time_us_bucket{interface="REST",name="defect",version="1",le="18"} 20
ovms_request_time_us_bucket{interface="REST",name="defect",version="1",le="+Inf"} 60
ovms_request_time_us_count{interface="gRPC",name="defect",version="1"} 30
ovms_request_time_us_sum{interface="gRPC",name="defect",version="1"} 300000
ovms_request_time_us_bucket{interface="gRPC",name="defect",version="1",le="10"} 0
ovms_request_time_us_bucket{interface="gRPC",name="defect",version="1",le="18"} 15
ovms_request_time_us_bucket{interface="gRPC",name="defect",version="1",le="+Inf"} 30
`,

  vllm: `
# HELP http_requests_total Total number of requests by method, status and handler.
# TYPE http_requests_total counter
http_requests_total{handler="/v1/chat/completions",method="POST",status="2xx"} 80.0
http_requests_total{handler="/v1/completions",method="POST",status="2xx"} 10.0
http_requests_total{handler="/v1/completions",method="POST",status="4xx"} 4.0
http_requests_total{handler="/v1/chat/completions",method="POST",status="5xx"} 6.0
http_requests_total{code="502",proxy="sidecar"} 900.0
# HELP vllm:request_success_total Count of successfully processed requests.
# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="defect"} 85.0
vllm:request_success_total{engine="0",finished_reason="length",model_name="defect"} 5.0
vllm:request_success_total{engine="0",finished_reason="abort",model_name="defect"} 1.0
# HELP vllm:time_to_first_token_seconds Histogram of time to first token in seconds.
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.1",model_name="defect"} 40.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="defect"} 90.0
vllm:time_to_first_token_seconds_count{engine="0",model_name="defect"} 90.0
vllm:time_to_first_token_seconds_sum{engine="0",model_name="defect"} 12.0
# HELP vllm:e2e_request_latency_seconds Histogram of e2e request latency in seconds.
# TYPE vllm:e2e_request_latency_seconds histogram
vllm:e2e_request_latency_seconds_bucket{engine="0",le="1.0",model_name="defect"} 30.0
vllm:e2e_request_latency_seconds_bucket{engine="0",le="+Inf",model_name="defect"} 90.0
vllm:e2e_request_latency_seconds_count{engine="0",model_name="defect"} 90.0
vllm:e2e_request_latency_seconds_sum{engine="0",model_name="defect"} 200.0
`,

  llamacpp: `
# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 2000
# HELP llamacpp:prompt_seconds_total Prompt process time
# TYPE llamacpp:prompt_seconds_total counter
llamacpp:prompt_seconds_total 4
# HELP llamacpp:tokens_predicted_total Number of generation tokens processed.
# TYPE llamacpp:tokens_predicted_total counter
llamacpp:tokens_predicted_total 500
# HELP llamacpp:tokens_predicted_seconds_total Predict process time
# TYPE llamacpp:tokens_predicted_seconds_total counter
llamacpp:tokens_predicted_seconds_total 25
# HELP llamacpp:predicted_tokens_seconds Average generation throughput in tokens/s.
# TYPE llamacpp:predicted_tokens_seconds gauge
llamacpp:predicted_tokens_seconds 20
`,

  outrigger: `
# TYPE model_requests_total counter
model_requests_total{code="200"} 97
model_requests_total{code="404"} 1
model_requests_total{code="500"} 2
# TYPE model_request_seconds histogram
model_request_seconds_bucket{le="0.1"} 70
model_request_seconds_bucket{le="+Inf"} 100
model_request_seconds_count 100
model_request_seconds_sum 9
# TYPE model_confidence_sum counter
model_confidence_sum 88
# TYPE model_confidence_count counter
model_confidence_count 97
`,
};

{{- define "outrigger.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "outrigger.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- /* Cluster-scoped objects of a release that works on one namespace: the same release name may stand in another one. */ -}}
{{- define "outrigger.clusterName" -}}
{{- $full := include "outrigger.fullname" . -}}
{{- eq .Values.scope "Namespace" | ternary (printf "%s-%s" $full .Release.Namespace) $full -}}
{{- end -}}

{{- define "outrigger.serviceAccountName" -}}
{{- default (.Values.serviceAccount.create | ternary (include "outrigger.fullname" .) "default") .Values.serviceAccount.name -}}
{{- end -}}

{{- define "outrigger.selectorLabels" -}}
app.kubernetes.io/name: {{ include "outrigger.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "outrigger.labels" -}}
{{ include "outrigger.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{- define "outrigger.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end -}}

{{- /*
V8's heap in MiB: three quarters of the memory limit, as it does not count buffers, code and stacks. Empty where there
is no limit, and where extraEnv has NODE_OPTIONS of its own.
*/ -}}
{{- define "outrigger.heapMiB" -}}
{{- $limit := dig "limits" "memory" "" .Values.resources | toString -}}
{{- $own := false -}}
{{- range .Values.extraEnv }}{{ if eq .name "NODE_OPTIONS" }}{{ $own = true }}{{ end }}{{ end -}}
{{- if $own -}}
{{- else if regexMatch "^[0-9]+Mi$" $limit -}}
{{- div (mul (trimSuffix "Mi" $limit | int) 3) 4 -}}
{{- else if regexMatch "^[0-9]+Gi$" $limit -}}
{{- mul (trimSuffix "Gi" $limit | int) 768 -}}
{{- end -}}
{{- end -}}

{{- /* A file of the chart; an empty one would make an object that says nothing. */ -}}
{{- define "outrigger.file" -}}
{{- $text := .context.Files.Get .path -}}
{{- if not $text -}}
{{- fail (printf "%s is not in this chart: %s cannot be enabled" .path .value) -}}
{{- end -}}
{{- $text -}}
{{- end -}}

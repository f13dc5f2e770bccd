{{- define "clickhour.labels" -}}
app.kubernetes.io/name: clickhour
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "clickhour.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "clickhour.secret" -}}
{{ .Values.existingSecret | default .Release.Name }}
{{- end }}

{{- /* What the service and the migration job both need to reach ClickHouse. */}}
{{- define "clickhour.clickhouse" -}}
- name: CLICKHOUSE_URL
  value: {{ required "clickhouse.url: expected http://HOST:PORT of your ClickHouse" .Values.clickhouse.url | quote }}
- name: CLICKHOUSE_CLUSTER
  value: {{ .Values.clickhouse.cluster | quote }}
- name: CLICKHOUSE_DATABASE
  value: {{ .Values.clickhouse.database | quote }}
- name: CLICKHOUSE_USER
  value: {{ .Values.clickhouse.user | quote }}
- name: CLICKHOUSE_INGEST_USER
  value: {{ .Values.clickhouse.ingestUser | quote }}
- name: CLICKHOUSE_QUERY_USER
  value: {{ .Values.clickhouse.queryUser | quote }}
- name: CLICKHOUSE_ANALYST_USER
  value: {{ .Values.clickhouse.analystUser | quote }}
- name: CLICKHOUSE_PASSWORD_FILE
  value: /run/secrets/clickhour/clickhouse-password
- name: API_KEYS_FILE
  value: /run/secrets/clickhour/api-keys
- name: ALLOW_ANONYMOUS
  value: {{ ternary "1" "0" .Values.allowAnonymous | quote }}
{{- end }}

{{- /* Open to everybody, a server answers to no name with a dot that is not listed. With keys a list would shut out all others. */}}
{{- define "clickhour.allowed-hosts" -}}
{{- if and .Values.allowAnonymous (not .Values.secrets.apiKeys) (not (hasKey .Values.env "ALLOWED_HOSTS")) }}
{{- $name := printf "%s.%s" .Release.Name .Release.Namespace -}}
- name: ALLOWED_HOSTS
  value: {{ printf "%s,%s.svc,%s.svc.cluster.local" $name $name $name | quote }}
{{- end }}
{{- end }}

{{- define "clickhour.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "clickhour.pod-security" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

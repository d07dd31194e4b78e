{{- define "notifier.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "notifier.fullname" -}}
{{- $name := include "notifier.name" . -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $full | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "notifier.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- /* Of objects without a namespace: two releases of one name must not share them. */ -}}
{{- define "notifier.clusterName" -}}
{{- include "notifier.fullname" . }}-{{ include "notifier.namespace" . -}}
{{- end -}}

{{- define "notifier.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "notifier.fullname" .) "default") -}}
{{- end -}}

{{- define "notifier.image" -}}
{{- with .Values.image.registry }}{{ . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end -}}
{{- end -}}

{{- define "notifier.selectorLabels" -}}
app.kubernetes.io/name: {{ include "notifier.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "notifier.labels" -}}
{{- $ours := dict "app.kubernetes.io/version" .Chart.AppVersion
      "app.kubernetes.io/managed-by" .Release.Service
      "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- $selector := include "notifier.selectorLabels" . | fromYaml -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.commonLabels) $ours $selector) -}}
{{- end -}}

{{- /* Name, namespace and labels of an object of ours in the release's namespace. */ -}}
{{- define "notifier.metadata" -}}
name: {{ include "notifier.fullname" . }}
namespace: {{ include "notifier.namespace" . }}
labels: {{- include "notifier.labels" . | nindent 2 }}
{{- end -}}

{{- define "notifier.subject" -}}
kind: ServiceAccount
name: {{ include "notifier.serviceAccountName" . }}
namespace: {{ include "notifier.namespace" . }}
{{- end -}}

{{- /* Where ConfigMap and Secret are. */ -}}
{{- define "notifier.configurationNamespace" -}}
{{- dig "configuration" "namespace" "" .Values.config | default (include "notifier.namespace" .) -}}
{{- end -}}

{{- /* Namespaces that are watched one by one, as {namespaces: [...]}. */ -}}
{{- define "notifier.watched" -}}
{{- $given := dig "cluster" "namespaces" list .Values.config -}}
{{- toYaml (dict "namespaces" ($given | default (list (include "notifier.namespace" .)))) -}}
{{- end -}}

{{- /* "true" if a Lease decides who observes. */ -}}
{{- define "notifier.elects" -}}
{{- if and (eq .Values.store.type "postgres") .Values.leaderElection.enabled }}true{{ end -}}
{{- end -}}

{{- define "notifier.teamConfigMap" -}}
{{- .Values.selfService.configMap | default .Values.configMap.name -}}
{{- end -}}

{{- define "notifier.teamSecret" -}}
{{- .Values.selfService.secret | default .Values.secret.name -}}
{{- end -}}

{{- /* The public port: health and metrics. */ -}}
{{- define "notifier.port" -}}
{{- dig "web" "port" 8080 .Values.config | int -}}
{{- end -}}

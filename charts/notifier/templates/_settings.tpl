{{- /* Settings that other values decide: by path in `config`, the value that decides it. */ -}}
{{- define "notifier.settled" -}}
cluster.name: clusterName
configuration.config_map: configMap.name
configuration.secret: secret.name
store.type: store.type
store.path: store.sqlite.persistence
store.url: store.postgres.url
store.password_file: store.postgres.existingSecret
election.enabled: leaderElection.enabled
election.lease: fullnameOverride
election.namespace: namespaceOverride
self_service.enabled: selfService.enabled
self_service.mode: selfService.mode
self_service.namespaces: selfService.namespaces
self_service.namespace_selector: selfService.namespaceSelector
self_service.config_map: selfService.configMap
self_service.secret: selfService.secret
{{- end -}}

{{- /* The daemon's settings: `config` verbatim, and what other values decide. */ -}}
{{- define "notifier.settings" -}}
{{- $ours := dict "cluster" (dict "name" .Values.clusterName)
      "configuration" (dict "config_map" .Values.configMap.name "secret" .Values.secret.name) -}}
{{- if not .Values.clusterWide }}
{{- $_ := set $ours.cluster "namespaces" (include "notifier.watched" . | fromYaml).namespaces -}}
{{- end }}
{{- if eq .Values.store.type "postgres" }}
{{- $store := dict "type" "postgres" -}}
{{- if .Values.store.postgres.url }}
{{- $_ := set $store "url" .Values.store.postgres.url -}}
{{- $_ := set $store "password_file" (printf "/etc/notifier-database/%s" .Values.store.postgres.passwordKey) -}}
{{- end }}
{{- $_ := set $ours "store" $store -}}
{{- if include "notifier.elects" . }}
{{- $_ := set $ours "election" (dict "enabled" true "lease" (include "notifier.fullname" .)) -}}
{{- end }}
{{- end }}
{{- if .Values.selfService.enabled }}
{{- $_ := set $ours "self_service" (dict "enabled" true
      "mode" .Values.selfService.mode
      "namespaces" .Values.selfService.namespaces
      "namespace_selector" .Values.selfService.namespaceSelector
      "config_map" (include "notifier.teamConfigMap" .)
      "secret" (include "notifier.teamSecret" .)) -}}
{{- end }}
{{- toYaml (mergeOverwrite (deepCopy .Values.config) $ours) -}}
{{- end -}}

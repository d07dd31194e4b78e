{{- /* What is wrong although each value alone is fine. The schema sees to single values. */ -}}
{{- define "notifier.check" -}}
{{- if hasKey .Values "persistence" }}
{{- fail "persistence: is now store.sqlite.persistence. Move it there." }}
{{- end }}
{{- $postgres := eq .Values.store.type "postgres" -}}
{{- if and (gt (int .Values.replicaCount) 1) (not $postgres) }}
{{- fail "replicaCount: SQLite has one replica, because one process owns the file. Set replicaCount to 1, or store.type to postgres." }}
{{- end }}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.leaderElection.enabled) }}
{{- fail "leaderElection.enabled: several replicas would all observe. Set it to true, or replicaCount to 1." }}
{{- end }}
{{- if $postgres }}
{{- if not .Values.store.postgres.existingSecret }}
{{- fail "store.postgres.existingSecret: name a Secret with the password of the database (key store.postgres.passwordKey) or its URL (store.postgres.urlKey)." }}
{{- end }}
{{- if eq (empty .Values.store.postgres.url) (empty .Values.store.postgres.urlKey) }}
{{- fail "store.postgres: give either url (postgresql://user@host:5432/name) or urlKey, the key of the Secret that holds it." }}
{{- end }}
{{- end }}
{{- range $path, $value := include "notifier.settled" . | fromYaml }}
{{- $words := splitList "." $path -}}
{{- if hasKey (dig (first $words) dict $.Values.config) (last $words) }}
{{- fail (printf "config.%s: decided by the value %s, because other objects depend on it. Set that one." $path $value) }}
{{- end }}
{{- end }}
{{- $drain := dig "delivery" "drain_s" 20 .Values.config -}}
{{- if le (float64 .Values.terminationGracePeriodSeconds) (float64 $drain) }}
{{- fail "terminationGracePeriodSeconds: must be greater than config.delivery.drain_s (default 20), or attempts are cut off." }}
{{- end }}
{{- include "notifier.checkSelfService" . }}
{{- include "notifier.checkOptional" . }}
{{- end -}}

{{- define "notifier.checkSelfService" -}}
{{- with .Values.selfService }}
{{- if .enabled }}
{{- if and (eq .mode "strict") (not .namespaces) (not .namespaceSelector) }}
{{- fail "selfService: strict mode needs namespaces or namespaceSelector: nobody takes part." }}
{{- end }}
{{- if and (not $.Values.clusterWide) (or (eq .mode "simple") .namespaceSelector) }}
{{- fail "selfService: simple mode and namespaceSelector read objects of the whole cluster. Set clusterWide to true, or list namespaces in strict mode." }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "notifier.checkOptional" -}}
{{- $create := or .Values.secret.create (dig "secret" "create" false .Values.notifications) -}}
{{- if and $create .Values.externalSecret.enabled }}
{{- fail "secret.create and externalSecret.enabled would both make the Secret. Choose one." }}
{{- end }}
{{- if and .Values.externalSecret.enabled (not .Values.externalSecret.data) (not .Values.externalSecret.dataFrom) }}
{{- fail "externalSecret: give data or dataFrom, or the Secret stays empty." }}
{{- end }}
{{- if and .Values.externalSecret.enabled (not .Values.externalSecret.secretStoreRef.name) }}
{{- fail "externalSecret.secretStoreRef: name the store that it reads from." }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled }}
{{- fail "metrics: serviceMonitor and podMonitor would read everything twice. Choose one." }}
{{- end }}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.apiServer.cidrs) }}
{{- fail "networkPolicy.apiServer.cidrs: without the API server the daemon sees nothing. Its addresses: kubectl get endpointslices -n default kubernetes" }}
{{- end }}
{{- end -}}

{{- /* What is read of every namespace that is watched. */ -}}
{{- define "notifier.observingRules" -}}
- apiGroups: [argoproj.io]
  resources: [rollouts, analysisruns, experiments]
  verbs: [get, list, watch]
# On-scaling-replica-set, and which revision a pod hash belongs to.
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get, list, watch]
# The pod template behind spec.workloadRef.
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get]
- apiGroups: [""]
  resources: [podtemplates]
  verbs: [get]
{{- end -}}

{{- /* What is read of a team's namespace: these two objects, by name. */ -}}
{{- define "notifier.teamRules" -}}
{{- if eq .Values.selfService.mode "strict" -}}
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [{{ include "notifier.teamConfigMap" . }}]
  verbs: [get, list, watch]
{{ end -}}
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "notifier.teamSecret" . }}]
  verbs: [get]
{{- end -}}

{{- /* What teams need of the whole cluster, "" if nothing. */ -}}
{{- define "notifier.teamClusterRules" -}}
{{- if .Values.selfService.enabled -}}
{{- if .Values.selfService.namespaceSelector }}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, list, watch]
{{- end }}
{{- if eq .Values.selfService.mode "simple" }}
# The daemon asks for labelled ones only; the right is to all of them.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [list, watch]
{{- end }}
{{- end -}}
{{- end -}}

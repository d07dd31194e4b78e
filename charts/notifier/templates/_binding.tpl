{{- /* A RoleBinding to a role of the same name. Takes (list root kind name namespace). */ -}}
{{- define "notifier.roleBinding" -}}
{{- $root := index . 0 -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ index . 2 }}
  namespace: {{ index . 3 }}
  labels: {{- include "notifier.labels" $root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ index . 1 }}
  name: {{ index . 2 }}
subjects:
  - {{ include "notifier.subject" $root | nindent 4 | trim }}
{{- end -}}

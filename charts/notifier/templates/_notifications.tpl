{{- /*
The keys of the central ConfigMap as JSON, "" if there are none: from values by plain name and from
the form of the argo-rollouts chart. Texts of messages never pass through Helm's engine: what is given
is written as it is.
*/ -}}
{{- define "notifier.notifications" -}}
{{- $found := dict -}}
{{- range $prefix, $items := dict "service" .Values.services "trigger" .Values.triggers "template" .Values.templates }}
{{- range $name, $item := $items }}
{{- $_ := set $found (printf "%s.%s" $prefix $name) $item -}}
{{- end }}
{{- end }}
{{- range $key := list "subscriptions" "defaultTriggers" "context" }}
{{- with index $.Values $key }}
{{- $_ := set $found $key . -}}
{{- end }}
{{- end }}
{{- $given := .Values.notifications -}}
{{- $verbatim := omit $given "notifiers" "triggers" "templates" "configmap" "secret" -}}
{{- range $items := list $given.notifiers $given.triggers $given.templates $verbatim }}
{{- range $key, $item := $items }}
{{- if hasKey $found $key }}
{{- fail (printf "%s is given twice: as a value by plain name and under notifications. Keep one." $key) }}
{{- end }}
{{- if or $item (not (kindIs "slice" $item)) }}
{{- $_ := set $found $key $item -}}
{{- end }}
{{- end }}
{{- end }}
{{- range $key, $item := $found }}
{{- if not (kindIs "string" $item) }}
{{- /* toYaml cuts the last line break off, which may be one of a text. */ -}}
{{- $_ := set $found $key (printf "%s\n" (toYaml $item)) -}}
{{- end }}
{{- end }}
{{- if $found }}{{ toJson $found }}{{ end -}}
{{- end -}}

{{- /* Keys of the Secret that the services refer to, one a line. */ -}}
{{- define "notifier.secretKeys" -}}
{{- range $key, $text := include "notifier.notifications" . | default "{}" | fromJson }}
{{- if hasPrefix "service." $key }}
{{- range regexFindAll "\\$[A-Za-z][-A-Za-z0-9_.]*" $text -1 }}
{{ trimPrefix "$" . }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

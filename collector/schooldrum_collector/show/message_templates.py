"""How Alertmanager's messages read: level and place, since when and evidence, what to do, where there is more."""

from schooldrum_collector.show.alertmanager import ALERT
from schooldrum_collector.speech import Say

FILE = "schooldrum.tmpl"
# Go's templates, with the words of either language for what stands in <…>.
_TEXT = """{{ define "schooldrum.one" -}}
{{ if eq .Status "resolved" }}<over>{{ end }}{{ .Annotations.summary_<language> }}
{{- end }}

{{ define "schooldrum.subject" -}}
{{ range $number, $alert := .Alerts }}{{ if eq $number 0 }}{{ template "schooldrum.one" $alert }}{{ end }}{{ end -}}
{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }} <messages>){{ end }}
{{- end }}

{{ define "schooldrum.todo" -}}
{{ if and (eq .Status "resolved") (ne .Labels.alertname "<incident>") }}<nothing>
{{- else }}{{ .Annotations.description_<language> }}{{ end }}
{{- end }}

{{ define "schooldrum.text" -}}
{{ range .Alerts -}}
{{ template "schooldrum.one" . }}
{{ template "schooldrum.todo" . }}
{{ with .Annotations.dashboard }}{{ . }}
{{ end }}
{{ end -}}
{{- end }}
"""


def templates(say: Say) -> str:
    """The file of templates `schooldrum.subject` and `schooldrum.text`, for incidents and measurements alike."""
    words = {
        "over": say("Đã hết: ", "Over: "),
        "messages": say("tin", "messages"),
        "nothing": say("Không cần làm gì thêm.", "Nothing more to do."),
        "incident": ALERT,
        "language": say.language,
    }
    text = _TEXT
    for name, word in words.items():
        text = text.replace(f"<{name}>", word)
    return text

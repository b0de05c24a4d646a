"""What Grafana is given beside the dashboards: where Prometheus is, and in which folder the dashboards lie."""

from grafana.boards.board import Words
from grafana.boards.drawing import LANGUAGES

FOLDER = "Schooldrum"
_KEEP: Words = (
    "# Nguồn số liệu: Prometheus của deploy/. Đặt biến môi trường này cho Grafana nếu Prometheus ở máy khác.",
    "# The data source: the Prometheus of deploy/. Grafana takes its address from this environment variable.",
)
_WHERE: Words = (
    "# Bản tiếng Việt. Bản tiếng Anh nằm ở thư mục en: chỉ đưa một trong hai cho Grafana.",
    "# The English dashboards. The Vietnamese ones lie in vi: give Grafana one of the two.",
)


def datasource(language: str) -> str:
    """The file for Grafana's provisioning/datasources."""
    return f"""{_KEEP[LANGUAGES.index(language)]}
apiVersion: 1
datasources:
  - name: Schooldrum
    uid: schooldrum
    type: prometheus
    access: proxy
    url: ${{SCHOOLDRUM_PROMETHEUS_URL}}
    isDefault: true
    editable: false
    jsonData:
      httpMethod: POST
      timeInterval: 60s
      prometheusType: Prometheus
"""


def dashboards(language: str) -> str:
    """The file for Grafana's provisioning/dashboards."""
    return f"""{_WHERE[LANGUAGES.index(language)]}
apiVersion: 1
providers:
  - name: schooldrum
    folder: {FOLDER}
    folderUid: schooldrum
    type: file
    disableDeletion: true
    allowUiUpdates: false
    updateIntervalSeconds: 60
    options:
      path: /etc/grafana/dashboards/schooldrum/{language}
"""

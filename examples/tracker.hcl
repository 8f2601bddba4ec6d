# Issues of Yandex Tracker as files, and a report that must exist there.

provider "yandex_tracker" {
  org_id = "7012345" # the token comes from YANDEX_TRACKER_TOKEN
}

# Every issue of a queue. After the first time only what has changed is read; ids are compared once a week.
export "yandex_tracker_issues" "support" {
  queue = "SUPPORT"
  sync  = "incremental"
  every = "1h"
  path  = "support/${version.id}.csv"

  retention {
    keep_last  = 3
    keep_daily = 30
  }
}

# The columns that somebody needs, and a second file with every change of these issues.
export "yandex_tracker_issues" "critical" {
  filter  = { queue = ["DEV", "TREK"], type = "bug", priority = ["critical", "blocker"] }
  fields  = ["key", "summary", "status", "status.key", "assignee", "assignee.id", "created", "updated", "tags"]
  include = ["changelog"]
  path    = "critical.csv"
}

# What a saved filter finds.
export "yandex_tracker_issues" "requests" {
  filter_id = "101"
  format    = "jsonl"
  path      = "requests.jsonl"
}

# A report on the pages of Tracker: a new one every week, the last four stay.
export "yandex_tracker_report" "backlog" {
  summary       = "Support backlog"
  report_format = "xlsx"
  query         = "Queue: SUPPORT Resolution: empty()"
  fields        = ["key", "summary", "status", "assignee", "updated"]
  every         = "7d"

  sort {
    by        = "updated"
    ascending = false
  }

  retention {
    keep_last = 4
  }
}

data "yandex_tracker_fields" "all" {}

output "backlog_page" {
  value = yandex_tracker_report.backlog.url
}

output "number_of_fields" {
  value = length(data.yandex_tracker_fields.all.fields)
}

# What to export, and how. Documentation of every block: docs/language.md.
#
# Try it without credentials:  reportsync apply -sandbox
# Then for real:               export PLANFIX_TOKEN=...  &&  reportsync apply

provider "planfix" {
  # The address of your account's REST API.
  base_url = "https://example.planfix.com/rest"

  # token = var.planfix_token   # or PLANFIX_TOKEN in the environment
}

# All reports that the token's user can see.
data "planfix_reports" "all" {}

# A local copy of every saved version of each of them.
export "planfix_report" "saved" {
  for_each  = { for r in data.planfix_reports.all.reports : r.id => r.name }
  report_id = each.key

  # One file a version. Without `path` it would be planfix_report.saved.KEY/VERSION.csv.
  path = "${each.value}/${version.id}.csv"

  # What to keep. Without this block everything is kept.
  # retention {
  #   keep_last    = 30
  #   keep_monthly = 12
  # }
}

# A report that is generated once a day instead of waiting for its schedule.
# Generation needs the service's top tariff, and works once in ten minutes.
#
# export "planfix_report" "fresh" {
#   report_id = "26000"
#   mode      = "generate"
#   every     = "24h"
# }

output "newest" {
  value = { for id, e in planfix_report.saved : id => try(e.latest.path, null) }
}

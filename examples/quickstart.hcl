# A local copy of every saved version of two reports. Try it without credentials:
#
#   reportsync apply -sandbox -config=examples/quickstart.hcl

provider "planfix" {
  base_url = "https://example.planfix.com/rest" # the token comes from PLANFIX_TOKEN
}

data "planfix_reports" "all" {
  name_regex = "^(Weekly sales|Leads by source)$"
}

export "planfix_report" "saved" {
  for_each  = { for r in data.planfix_reports.all.reports : r.name => r.id }
  report_id = each.value
  path      = "${each.key}/${version.id}.csv"

  retention {
    keep_last = 30
  }
}

output "newest" {
  description = "The newest file of each report"
  value       = { for name, e in planfix_report.saved : name => e.latest.path }
}

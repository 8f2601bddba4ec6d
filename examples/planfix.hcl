# Most of what the Planfix provider can do, on one account.

variable "planfix_token" {
  type        = string
  description = "Token with the scope report_readonly"
  sensitive   = true
}

variable "formats" {
  type    = map(string)
  default = { "26014" = "csv", "26033" = "jsonl" }
}

locals {
  excel = { delimiter = ";", bom = true }
}

provider "planfix" {
  base_url = "https://example.planfix.com/rest"
  token    = var.planfix_token
}

# Several reports by id, each in the format that its readers want.
export "planfix_report" "mirrored" {
  for_each  = var.formats
  report_id = each.key
  format    = each.value
  rows      = each.key == "26033" ? "all" : "normal" # grouped: keep group and total rows
  path      = "mirrored/${each.key}/${version.date}-${version.id}.${each.value}"

  retention {
    keep_last    = 2
    keep_monthly = 12
  }
}

# By name, for people who open it in a spreadsheet.
export "planfix_report" "plan_fact" {
  report_name = "План/факт по менеджерам"
  versions    = "latest"
  path        = "plan-fact.csv" # mentions no version: holds the newest only

  csv {
    delimiter       = local.excel.delimiter
    bom             = local.excel.bom
    escape_formulas = true
  }
}

# Byte for byte as the service sent it.
export "planfix_report" "archive" {
  report_id = "26040"
  versions  = 1
  format    = "raw"
}

# Generated when the newest version is older than a day. Needs the top tariff.
export "planfix_report" "payroll" {
  report_id  = "26052"
  mode       = "generate"
  every      = "24h"
  min_rows   = 1
  max_shrink = 0.5

  lifecycle {
    prevent_destroy = true

    postcondition {
      condition     = self.latest.rows > 0
      error_message = "The payroll is empty."
    }
  }
}

# A save made by the schedule if it is young enough, else a new one.
export "planfix_report" "leads" {
  report_id     = "26066"
  mode          = "auto"
  versions      = "latest"
  every         = "14d"
  include_links = true
  depends_on    = [planfix_report.payroll]
}

data "planfix_saves" "sales" {
  report_id = "26000"
}

output "sales_saves" {
  value = [for s in data.planfix_saves.sales.saves : s.id]
}

output "payroll" {
  value = planfix_report.payroll.latest.path
}

# Lists of the older XML API: tasks, comments, time spent, and a handbook.

provider "planfix_xml" {
  base_url = "https://api.planfix.com/xml/" # the region's; account, api_key and token come from PLANFIX_XML_*
  timezone = "Asia/Yekaterinburg"
}

# Every task. After the first time only what has changed is read, and every task once a week.
export "planfix_xml_list" "tasks" {
  method = "task.getList"
  sync   = "incremental"
  every  = "24h"
  path   = "tasks/${version.id}.csv"

  retention {
    keep_last    = 2
    keep_monthly = 12
  }
}

# The columns that somebody needs, open tasks of one project.
export "planfix_xml_list" "site" {
  method = "task.getList"
  params = {
    project = { id = "9830" }
    filters = {
      filter = [
        { type = 12, operator = "equal", value = { datetype = "anotherperiod", datefrom = "01-01-2025", dateto = "31-12-2030" } },
      ]
    }
  }
  fields = ["id", "general", "title", "owner.name", "customData.Output, min", "customData.Next contact"]
  path   = "site.csv"
}

export "planfix_xml_list" "comments" {
  method = "action.getListByPeriod"
  params = { fromDate = "01-01-2025 00:00" }
  sync   = "incremental"
  every  = "1h"
  path   = "comments.jsonl"
  format = "jsonl"
}

export "planfix_xml_list" "time_spent" {
  method     = "analitic.getDataByCondition"
  params     = { analitic = { id = "263" } }
  date_field = "743"
  sync       = "incremental"
  every      = "24h"
  path       = "time-spent.csv"
}

# All levels of a tree.
export "planfix_xml_list" "kinds_of_work" {
  method = "handbook.getRecords"
  params = { handbook = { id = "131" } }
  path   = "kinds-of-work.csv"
}

# The small lists, one file each.
export "planfix_xml_list" "directory" {
  for_each = toset(["user.getList", "userGroup.getList", "project.getList", "contact.getList"])
  method   = each.value
  path     = "directory/${each.value}.csv"
}

output "tasks" {
  value = planfix_xml_list.tasks.latest.rows
}

# Reports and documents of a seller's cabinet on Yandex Market. Try it without a
# cabinet of your own:
#
#   reportsync apply -sandbox -auto-approve -config=examples/market.hcl
#
# With one, put a key with the scope all-methods:read-only into YANDEX_MARKET_API_KEY.

provider "yandex_market" {
  # Without these the cabinet and its subscription are asked for.
  # business_id  = "987654"
  # subscription = "none"
}

# Shops whose API is switched off are left out.
data "yandex_market_campaigns" "all" {}

locals {
  shops = { for c in data.yandex_market_campaigns.all.campaigns : c.name => c }
  fby   = { for name, c in local.shops : name => c if c.placement_type == "FBY" }
  fbs   = { for name, c in local.shops : name => c if c.placement_type == "FBS" }
}

# --- month by month, back-filled --------------------------------------------

# Two years of sales, a file for each shop, month and sheet. Each month is asked for
# once; the newest again until it is there.
export "yandex_market_report" "realization" {
  for_each = { for name, c in local.shops : name => c if c.placement_type != "LAAS" }
  report   = "goods_realization"
  params   = { campaign_id = each.value.id }

  period {
    every = "month"
    from  = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-17520h"))
    lag   = "5d"
  }
}

# Money is late by some days: a month is asked for again until it has settled.
export "yandex_market_report" "services" {
  report   = "united_marketplace_services"
  language = "RU"

  period {
    every  = "month"
    from   = formatdate("YYYY-MM-DD", timeadd(plantimestamp(), "-2160h"))
    settle = "4d"
  }
}

export "yandex_market_report" "payments" {
  report = "united_netting"
  params = { placement_programs = ["FBY", "FBS"] }

  period {
    every = "month"
  }
}

# The same report asked for in another way gives other sheets.
export "yandex_market_report" "bonus_points" {
  report = "united_netting"
  params = { month_of_year = { year = period.year, month = period.month } }

  period {
    every = "month"
  }
}

export "yandex_market_report" "reconciliation" {
  for_each = local.fby
  report   = "closure_documents_detalization"
  params   = { campaign_id = each.value.id, contract_type = "INCOME" }

  period {
    every = "month"
    lag   = "6d"
  }
}

export "yandex_market_report" "marketing" {
  report = "marketing_detalization"

  period {
    every = "month"
    lag   = "6d"
  }
}

# --- by day and week -----------------------------------------------------------

export "yandex_market_report" "orders" {
  report = "united_orders"
  params = { campaign_ids = [for c in local.shops : c.id if c.placement_type != "LAAS"] }

  period {
    every  = "week"
    settle = "4d"
  }
}

export "yandex_market_report" "returns" {
  report = "united_returns"

  period {
    every = "week"
  }
}

# The stock at the end of each day.
export "yandex_market_report" "stocks_fby" {
  for_each = local.fby
  report   = "stocks_on_warehouses"
  params   = { campaign_id = each.value.id }
  path     = "stocks/${each.key}/${period.name}.csv"

  period {
    every = "day"
  }
}

export "yandex_market_report" "turnover" {
  for_each = local.fby
  report   = "goods_turnover"
  params   = { campaign_id = each.value.id }

  period {
    every = "day"
  }
}

export "yandex_market_report" "movement" {
  for_each = local.fby
  report   = "goods_movement"
  params   = { campaign_id = each.value.id }

  period {
    every = "week"
  }
}

export "yandex_market_report" "jewelry" {
  for_each = local.fby
  report   = "jewelry_fiscal"
  params   = { campaign_id = each.value.id }

  period {
    every = "month"
  }
}

export "yandex_market_report" "funnel" {
  report = "shows_sales"
  params = { grouping = "OFFERS" }

  period {
    every = "week"
  }
}

export "yandex_market_report" "competitors" {
  report = "competitors_position"
  params = { category_id = 91491 }

  period {
    every = "week"
  }
}

export "yandex_market_report" "geography" {
  report = "sales_geography"

  period {
    every = "week"
  }
}

# --- advertising -----------------------------------------------------------------

export "yandex_market_report" "boost" {
  report      = "boost_consolidated"
  source_type = "SELLER"

  period {
    every = "week"
  }
}

export "yandex_market_report" "shelf" {
  report = "shelf_statistics"
  params = { attribution_type = "CLICKS" }

  period {
    every = "week"
  }
}

export "yandex_market_report" "shows" {
  report = "shows_boost"
  params = { attribution_type = "SHOWS" }

  period {
    every = "week"
  }
}

export "yandex_market_report" "banners" {
  report = "banners_statistics"

  period {
    every = "week"
  }
}

# --- as things are now -------------------------------------------------------------

export "yandex_market_report" "prices" {
  report = "goods_prices"
  every  = "24h"

  retention {
    keep_daily  = 30
    keep_weekly = 52
  }
}

export "yandex_market_report" "feedback" {
  report = "goods_feedback"
  format = "jsonl"
  every  = "7d"
}

export "yandex_market_report" "indicators" {
  report = "key_indicators"
  params = { detalization_level = "WEEK" }
  every  = "7d"
}

# A workbook as the service makes it.
export "yandex_market_report" "stocks_own" {
  report = "stocks"
  params = { has_stocks = true }
  format = "raw"
  every  = "24h"
}

# --- documents ----------------------------------------------------------------------

export "yandex_market_report" "closing_documents" {
  for_each = local.fby
  report   = "closure_documents"
  params   = { campaign_id = each.value.id }
  format   = "raw"

  period {
    every = "month"
    lag   = "6d"
  }
}

export "yandex_market_report" "labels" {
  report = "documents_labels"
  params = { order_ids = ["1000001", "1000002"], format = "A7" }
  format = "raw"
}

export "yandex_market_report" "picking_list" {
  for_each = local.fbs
  report   = "documents_shipment_list"
  params   = { campaign_id = each.value.id, order_ids = ["1000001"] }
  format   = "raw"
}

export "yandex_market_report" "barcodes" {
  for_each = local.fby
  report   = "documents_barcodes"
  format   = "raw"

  params = {
    campaign_id         = each.value.id
    barcode_format      = "F_30_20"
    barcode_offer_infos = [{ offer_id = "sku-1", barcode_count = 3 }]
  }
}

output "newest_realization" {
  value = { for name, e in yandex_market_report.realization : name => try(e.latest.id, null) }
}

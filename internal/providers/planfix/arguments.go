package planfix

import (
	"fmt"
	"strconv"

	"reportsync/internal/export"
	"reportsync/internal/providers"
	"reportsync/internal/schema"
)

// policy tells the planner how versions of the export come to be.
func policy(args schema.Values) export.Policy {
	newest, _ := newest(args.String("versions")) // validated
	p := export.Policy{Source: export.SourceMirror, Newest: newest}
	switch args.String("mode") {
	case modeGenerate:
		p.Source = export.SourceGenerate
	case modeAuto:
		p.Source = export.SourceAuto
	}
	return p
}

// newest reads the argument versions; 0 means all.
func newest(s string) (int, error) {
	switch s {
	case "", "all":
		return 0, nil
	case "latest":
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("versions = %q must be \"all\", \"latest\" or a number from 1", s)
	}
	return n, nil
}

func validateReport(t providers.Target) []providers.Problem {
	args := t.Args
	var out []providers.Problem
	if _, err := newest(args.String("versions")); err != nil {
		out = append(out, providers.Problem{Attribute: "versions", Summary: "Value not allowed", Detail: err.Error() + "."})
	}
	if args.Has("report_id") {
		if err := checkID(args.String("report_id")); err != nil {
			out = append(out, providers.Problem{Attribute: "report_id", Summary: "Value not allowed", Detail: err.Error() + "."})
		}
	}
	if args.Has("report_name") && args.String("report_name") == "" {
		out = append(out, providers.Problem{
			Attribute: "report_name", Summary: "Value not allowed",
			Detail: "report_name must not be empty; the data source planfix_reports lists the names.",
		})
	}
	return out
}

// checkID refuses what cannot be the id of a report: the service's ids are
// positive 64-bit integers.
func checkID(id string) error {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != id {
		return fmt.Errorf("report_id = %q must be a positive whole number, as in the address bar of the report; for a name use report_name", id)
	}
	return nil
}

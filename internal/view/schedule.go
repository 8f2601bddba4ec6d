package view

import (
	"fmt"
	"strings"
)

// Schedule is what makes a configuration run by itself.
type Schedule struct {
	// Every is the schedule in a word, Cron and Calendar in the notations of cron and
	// systemd.
	Every, Cron, Calendar string
	// Dir is the absolute folder of the configuration; File is its single file, empty
	// for a folder.
	Dir, File string
	// State and Exports are below Dir where they can be.
	State, Exports string
	// Secrets are names of environment variables.
	Secrets []string
}

// Text prints text as it is.
func (v *View) Text(s string) { v.print(s) }

func (s *Schedule) flags() string {
	if s.File == "" {
		return ""
	}
	return " -config=" + shell(s.File)
}

// shell quotes a word for a POSIX shell.
func shell(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Cron is a line for a crontab. In a crontab a percent sign ends the command.
func Cron(s *Schedule) string {
	var b strings.Builder
	b.WriteString("# Put this into your crontab (crontab -e). reportsync must be on its PATH.\n")
	if len(s.Secrets) > 0 {
		fmt.Fprintf(&b, "# Secrets come from ~/.config/reportsync/env (chmod 600), a line NAME=VALUE each: %s\n", strings.Join(s.Secrets, ", "))
	}
	command := fmt.Sprintf("cd %s && set -a && . ~/.config/reportsync/env && reportsync apply -auto-approve -no-color -lock-timeout=10m%s", shell(s.Dir), s.flags())
	if len(s.Secrets) == 0 {
		command = strings.Replace(command, " && set -a && . ~/.config/reportsync/env", "", 1)
	}
	fmt.Fprintf(&b, "%s %s\n", s.Cron, strings.ReplaceAll(command, "%", `\%`))
	return b.String()
}

// Systemd are a service and a timer for a user's systemd.
func Systemd(s *Schedule) string {
	var b strings.Builder
	quote := func(text string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(text) + `"`
	}
	b.WriteString("# ~/.config/systemd/user/reportsync.service\n[Unit]\nDescription=Keep the reports up to date\nWants=network-online.target\nAfter=network-online.target\n\n[Service]\nType=oneshot\n")
	fmt.Fprintf(&b, "WorkingDirectory=%s\n", strings.ReplaceAll(s.Dir, "%", "%%"))
	if len(s.Secrets) > 0 {
		fmt.Fprintf(&b, "# holds a line NAME=VALUE for each of %s\nEnvironmentFile=%%h/.config/reportsync/env\n", strings.Join(s.Secrets, ", "))
	}
	command := "/usr/bin/env reportsync apply -auto-approve -no-color -lock-timeout=10m"
	if s.File != "" {
		command += " " + quote("-config="+s.File)
	}
	fmt.Fprintf(&b, "ExecStart=%s\n# a first SIGINT stops gently: what runs is recorded\nKillSignal=SIGINT\nTimeoutStopSec=5min\n\n", command)
	fmt.Fprintf(&b, "# ~/.config/systemd/user/reportsync.timer\n[Unit]\nDescription=Keep the reports up to date, %s\n\n[Timer]\nOnCalendar=%s\nRandomizedDelaySec=5min\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n\n", s.Every, s.Calendar)
	b.WriteString("# then: systemctl --user daemon-reload && systemctl --user enable --now reportsync.timer\n")
	return b.String()
}

// yaml quotes a scalar.
func yaml(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// GitHubAction is a workflow: a plan on each pull request, apply on a schedule and
// after each merge. The state and the exports are committed, so that they are the
// repository's history.
func GitHubAction(s *Schedule) string {
	var b strings.Builder
	b.WriteString("name: reports\n\non:\n  pull_request:\n  push:\n    branches: [main]\n  schedule:\n")
	fmt.Fprintf(&b, "    - cron: %s\n\n", yaml(s.Cron))
	b.WriteString("# one at a time: the state has one writer\nconcurrency:\n  group: reports\n\npermissions:\n  contents: write\n  pull-requests: write\n\n")
	if len(s.Secrets) > 0 {
		b.WriteString("env:\n")
		for _, name := range s.Secrets {
			fmt.Fprintf(&b, "  %s: ${{ secrets.%s }}\n", name, strings.ToUpper(name))
		}
		b.WriteByte('\n')
	}
	b.WriteString("jobs:\n  reports:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n")
	b.WriteString("      # put the reportsync binary on PATH here, by the way your organisation installs tools\n")
	fmt.Fprintf(&b, "      - name: Plan\n        if: github.event_name == 'pull_request'\n        run: |\n          reportsync plan -markdown%s > plan.md\n          gh pr comment \"${{ github.event.number }}\" --body-file plan.md\n        env:\n          GH_TOKEN: ${{ github.token }}\n", s.flags())
	fmt.Fprintf(&b, "      - name: Apply\n        if: github.event_name != 'pull_request'\n        run: |\n          reportsync apply -auto-approve -no-color%s\n", s.flags())
	fmt.Fprintf(&b, "      - name: Keep state and exports\n        if: github.event_name != 'pull_request' && !cancelled()\n        run: |\n          git config user.name reports\n          git config user.email reports@localhost\n          git add -f -- %s %s\n          git diff --cached --quiet || git commit -m \"reports: $(date -u +%%FT%%TZ)\"\n          git push\n", shell(s.State), shell(s.Exports))
	return b.String()
}

// GitLab are jobs for GitLab CI: a plan in each merge request, apply on a schedule.
func GitLab(s *Schedule) string {
	var b strings.Builder
	if len(s.Secrets) > 0 {
		fmt.Fprintf(&b, "# Set these as masked CI/CD variables: %s\n", strings.Join(s.Secrets, ", "))
	}
	fmt.Fprintf(&b, "# Make a pipeline schedule with the interval %s.\n", s.Cron)
	b.WriteString("# The image must have the reportsync binary on PATH.\n\n")
	b.WriteString(".reports:\n  resource_group: reports # one at a time: the state has one writer\n  cache:\n    key: reports\n    when: always # a run that failed in part has recorded the rest\n    paths:\n")
	fmt.Fprintf(&b, "      - %s\n      - %s\n\n", yaml(s.State), yaml(s.Exports))
	fmt.Fprintf(&b, "plan:\n  extends: .reports\n  rules:\n    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"\n  script:\n    - %s\n  artifacts:\n    paths: [plan.md]\n\n", yaml("reportsync plan -markdown"+s.flags()+" > plan.md"))
	fmt.Fprintf(&b, "apply:\n  extends: .reports\n  rules:\n    - if: $CI_PIPELINE_SOURCE == \"schedule\"\n  script:\n    - %s\n  artifacts:\n    when: always\n    paths:\n      - %s\n", yaml("reportsync apply -auto-approve -no-color"+s.flags()), yaml(s.Exports))
	return b.String()
}

#!/usr/bin/env bash
# What action.yml runs: one command of reportsync, whose result becomes outputs and a
# summary. Changes in a plan and work that is pending are results, not failures.
set -uo pipefail

args=()
if [ -n "${INPUT_CONFIG:-}" ]; then
  args+=("-config=$INPUT_CONFIG")
fi
while IFS= read -r line; do
  if [ -n "$line" ]; then
    args+=("$line")
  fi
done <<< "${INPUT_ARGS:-}"

changes=false pending=false plan=
case ${INPUT_COMMAND:-} in
plan)
  plan=$RUNNER_TEMP/plan.md
  reportsync plan -detailed-exitcode -markdown ${args[@]+"${args[@]}"} > "$plan"
  status=$?
  cat "$plan" >> "$GITHUB_STEP_SUMMARY"
  if [ "$status" = 2 ]; then
    changes=true status=0
  fi
  ;;
apply)
  reportsync apply -auto-approve -detailed-exitcode -no-color ${args[@]+"${args[@]}"}
  status=$?
  if [ "$status" = 8 ]; then
    pending=true status=0
  fi
  ;;
validate | verify)
  reportsync "$INPUT_COMMAND" -no-color ${args[@]+"${args[@]}"}
  status=$?
  ;;
*)
  echo "::error::command is '${INPUT_COMMAND:-}'; use plan, apply, validate or verify"
  exit 64
  ;;
esac

printf '%s\n' "status=$status" "changes=$changes" "pending=$pending" "plan=$plan" >> "$GITHUB_OUTPUT"
exit "$status"

#!/usr/bin/env bash
# Asks a local run of its own everything that its OpenAPI document allows, and much that it doesn't, by schemathesis: no
# answer may be a 500, nor one that the document doesn't describe. Usage: check.sh <folder with bin, build and venv>
set -euo pipefail
dir=$1 run=$1/api-check seed=${SEED:-1} examples=${EXAMPLES:-20}
st=$dir/venv-api-check/bin/st
rm -rf "$run" && mkdir -p "$run"

"$dir/bin/loket-local" -json -http :0 -smtp :0 -dir "$run" -bin "$dir/build" >"$run/log" 2>&1 &
local_run=$!
trap 'kill "$local_run" 2>/dev/null; wait "$local_run" 2>/dev/null || true' EXIT
for _ in $(seq 600); do [ -f "$run/run.json" ] && break; kill -0 "$local_run" || { tail "$run/log"; exit 1; }; sleep 0.1; done
api=$(sed -nE 's/^  "api": "([^"]+)",?$/\1/p' "$run/run.json")

# The administrator's key makes the keys to ask with: those of no user, whom no call can change or delete.
call() { curl -sS --fail-with-body -H "Authorization: Bearer $(cat "$run/admin-key")" -H 'Content-Type: application/json' "$@"; }
call -X PATCH "$api/v1/inboxes/inbox" -d '{"access":{"everyone":true}}' >/dev/null
key_of() { call -X POST "$api/v1/keys" -d "{\"name\":\"$1\",\"permissions\":[\"admin\",\"inboxes.manage\",\"users.manage\",\"reply\",\"delete\",\"export\",\"customChannels\"]}" | sed -E 's/.*"key":"([^"]+)".*/\1/'; }

# Something to find: a contact with a conversation, by mail.
printf 'From: Ann <ann@example.com>\r\nTo: inbox@loket.test\r\nSubject: Where is my order?\r\nMessage-ID: <check@example.com>\r\n\r\nHello\r\n' |
  curl -sS --max-time 10 "smtp://$(sed -nE 's/^  "smtp": "([^"]+)",?$/\1/p' "$run/run.json")" --mail-from ann@example.com --mail-rcpt inbox@loket.test -T - 2>/dev/null || true

checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance
ask() { "$st" run "$api/openapi.json" -H "Authorization: Bearer $1" --checks "$checks" --phases examples,coverage,fuzzing --max-examples "$examples" \
  --seed "$seed" --request-timeout 30 --continue-on-failure --generation-database none "${@:2}"; }
status=0
ask "$(key_of check)" --exclude-operation-id deleteKey || status=$?
ask "$(key_of last)" --include-operation-id deleteKey || status=$?
if grep -hE '"(level|LEVEL)":"ERROR"|broke down' "$run/log" | head -5 | grep .; then echo "the run's log holds errors: $run/log"; status=1; fi
exit "$status"

#!/bin/sh
# Everything the shop does. Each program runs even where an earlier one failed; then nothing may reach the internet.
cd "$(dirname "$0")" || exit 1
status=0
for program in "python offers.py" "python privacy.py" "node visit.mjs" "sh cart.sh"; do
  $program || { echo "failed: $program" >&2; status=1; }
done
if curl --silent --output /dev/null --max-time 5 https://example.com/; then
  echo "failed: this network leads to the internet" >&2
  status=1
else
  echo "curl: nobody else is within reach"
fi
exit $status

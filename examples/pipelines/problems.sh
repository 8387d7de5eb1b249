# What cannot be seen on this machine, and what to do about it.
# needs: jq
scope collect | jq -r 'select(.record == "problem") | "\(.source): \(.message)\n  -> \(.hint)"'
echo "that is all"

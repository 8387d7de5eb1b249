# Edges by round trip, slowest first.
# needs: jq
scope collect | scope render -o json |
    jq -r '[.edges[] | select(.rtt_us) | {from, to, rtt_us}] | sort_by(-.rtt_us) | "\(length) edges with a round trip", (.[:5][] | "\(.rtt_us) us  \(.from) -> \(.to)")'

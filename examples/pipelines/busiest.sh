# The five processes that use most CPU time, over a second rather than the quarter of one that a single report looks at.
# needs: jq
scope collect --every 1s --count 2 | scope render --view processes --show=all -o json |
    jq -r '[.nodes[] | select(.metrics.cpu_pct)] | sort_by(-.metrics.cpu_pct)[:5][] | "\(.metrics.cpu_pct) %\t\(.attrs.pid)\t\(.name)"'

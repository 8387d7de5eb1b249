# Two hosts in one picture. Here both are this machine under two names; elsewhere the second line is `ssh other scope collect`.
scope collect --agent here --every 500ms --count 2 -o arrow > here.arrow
scope collect --agent there --zstd > there.ndjson.zst
scope merge here.arrow there.ndjson.zst | scope render --view hosts -o svg > map.svg
wc -c map.svg

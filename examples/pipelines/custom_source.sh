# A source in a line of shell: any program that prints records is one. Its figure stands beside the collector's.
now=$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)
run=$(printf '%012x' "$(date +%s%3N)" | sed 's/\(.\{8\}\)\(.*\)/\1-\2/')-7000-8000-000000000000
record() { printf '{"record":"%s","agent":"queue","run":"%s","seq":1,"at":"%s",%s}\n' "$1" "$run" "$now" "$2"; }
{
    scope collect --agent web-1 --only host
    record field '"source":"queue","field":{"name":"queue_length","label":"Queue","kinds":["host"]}'
    record node '"source":"queue","id":"host:web-1","metrics":{"queue_length":42}'
    record tick '"sources":{"queue":{"full":true,"records":2}}'
} | scope merge --strict | scope render --view hosts -o table --columns name,queue_length

# SQL over a view by DuckDB in Python, from the Arrow stream: nothing is parsed, nothing copied. `scope render --sql` does the like in a build with SQL.
# where: python3 -c 'import duckdb, pyarrow'
scope collect | scope render --view processes --show=all -o arrow > processes.arrow
python3 -c "
import duckdb, pyarrow
processes = pyarrow.ipc.open_stream('processes.arrow').read_all()
print(duckdb.sql('select name, count(*) as processes, sum(mem_bytes) as mem_bytes from processes group by name order by mem_bytes desc limit 5'))
"

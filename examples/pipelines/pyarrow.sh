# The Arrow stream in Python: typed columns, no parsing of numbers. polars reads it with `read_ipc_stream`.
# where: python3 -c 'import pyarrow'
scope collect | scope render --view processes --show=all -o arrow > processes.arrow
python3 -c "
import pyarrow
table = pyarrow.ipc.open_stream('processes.arrow').read_all()
print(table.schema)
"

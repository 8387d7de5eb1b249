// Which columns somebody chose for a view, kept in this browser. Nothing is kept where it is what the view has by itself.

const KEY = 'scope.columns';

interface Kept {
  /** Keys in their order; absent where nobody chose. */
  columns?: string[];
  neighbours?: boolean;
}

function read(): Record<string, Kept> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof kept === 'object' && kept !== null && !Array.isArray(kept) ? (kept as Record<string, Kept>) : {};
  } catch {
    return {};
  }
}

export function keptChoice(table: string): Kept {
  const kept = Object.hasOwn(read(), table) ? read()[table] : undefined;
  const columns = Array.isArray(kept?.columns) ? kept.columns.filter((key) => typeof key === 'string') : undefined;
  return { ...(columns ? { columns } : {}), neighbours: kept?.neighbours === true };
}

export function keepChoice(table: string, choice: Kept) {
  const kept = read();
  kept[table] = choice;
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing still shows the columns for now.
  }
}

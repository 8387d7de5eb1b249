import { describe, expect, it } from 'vitest';
import type { Attribute } from '#lib/live/messages';
import type { Column } from './columns';
import { csv, json } from './export';
import type { Rows } from './rows';

const column = (key: string): Column => ({ key, label: key, about: '', unit: 'text', show: 'text', width: 1, numeric: false, usual: true });

function rows(values: Record<string, Attribute>[]): Rows {
  return {
    all: () => values.map((_, at) => at),
    row: (n) => ({ n, id: `container:${n}`, name: '' }),
    name: (n) => String(values[n]?.['name']),
    value: (n, key) => values[n]?.[key],
    reader: (key) => (n) => values[n]?.[key],
    figures: () => undefined,
  };
}

describe('csv', () => {
  it('is inert in spreadsheets', () => {
    const formulas = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '"=1', '|calc'];
    const lines = csv(
      rows(formulas.map((name) => ({ name }))),
      formulas.map((_, at) => at),
      [column('name')],
    ).split('\r\n');
    expect(lines[0]).toBe('id,name');
    for (const line of lines.slice(1, -1)) expect(line).toMatch(/^container:\d+,"?'/);
  });

  it('quotes, and leaves figures as they are', () => {
    const text = csv(
      rows([{ name: 'a,"b"\nc', cpu_pct: -1.5, command: ['sh', '-c'], labels: { a: '=1' } }]),
      [0],
      ['name', 'cpu_pct', 'command', 'labels'].map(column),
    );
    expect(text).toBe('id,name,cpu_pct,command,labels\r\ncontainer:0,"a,""b""\nc",-1.5,sh -c,"{""a"":""=1""}"\r\n');
  });
});

describe('json', () => {
  it('is whole', () => {
    const text = json(rows([{ name: '=1\u202e', ports: [{ port: 80 }] }]), [0], ['name', 'ports', 'cpu_pct'].map(column));
    expect(JSON.parse(text)).toEqual([{ id: 'container:0', name: '=1\u202e', ports: [{ port: 80 }] }]);
  });
});

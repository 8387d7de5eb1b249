import { describe, expect, it } from 'vitest';
import { GAP, columns, widths } from './columns';

const least = { cpu: 52, memory: 70, share: 42, uptime: 44, network: 78 };

describe('columns', () => {
  it('show more where there is more room, and always what the order goes by', () => {
    const shown = (width: number, sort: Parameters<typeof columns>[1]) => columns(width, sort, least).cells.map((cell) => cell.of);
    expect(shown(800, 'cpu')).toEqual(['cpu', 'memory', 'share', 'uptime']);
    expect(shown(460, 'network')).toEqual(['cpu', 'memory', 'network']);
    expect(shown(374, 'cpu')).toEqual(['cpu', 'memory']);
    expect(shown(374, 'network')).toEqual(['cpu', 'network']);
  });

  it('puts figures and sparklines where the grid leaves room for them', () => {
    const { template, figures, sparks, name, width } = columns(460, 'cpu', least);
    expect(template).toBe('minmax(0,1fr) 120px 122px 44px');
    expect(width).toBe(460 - 24);
    expect(name).toBe(width - 120 - 122 - 44 - 3 * GAP);
    const left = name + GAP;
    expect(figures).toEqual([
      { of: 'cpu', right: left + 52 },
      { of: 'memory', right: left + 120 + 8 + 70 },
      { of: 'uptime', right: width },
    ]);
    expect(sparks).toEqual([
      { of: 'cpu', left: left + 60, width: 60 },
      { of: 'memory', left: left + 120 + 8 + 78, width: 44 },
    ]);
  });

  it('have room for the longest figures of the language', () => {
    const room = widths((text) => text.length * 10);
    expect(room.memory).toBe('1010\u00a0MiB'.length * 10 + 2);
    expect(room.cpu).toBe('8888%'.length * 10 + 2);
  });
});

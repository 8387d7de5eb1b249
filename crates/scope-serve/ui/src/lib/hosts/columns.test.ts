import { describe, expect, it } from 'vitest';
import { columns } from './columns';

describe('columns', () => {
  it('show more where there is more room, and always what the order goes by', () => {
    const shown = (width: number, sort: Parameters<typeof columns>[1]) => columns(width, sort).cells.map((cell) => cell.of);
    expect(shown(800, 'cpu')).toEqual(['cpu', 'memory', 'share', 'uptime']);
    expect(shown(460, 'network')).toEqual(['cpu', 'memory', 'network']);
    expect(shown(374, 'cpu')).toEqual(['cpu', 'memory']);
    expect(shown(374, 'network')).toEqual(['cpu', 'network']);
  });

  it('puts figures and sparklines where the grid leaves room for them', () => {
    const { template, figures, sparks, canvas } = columns(460, 'cpu');
    expect(template).toBe('minmax(0,1fr) 120px 122px 44px');
    expect(canvas).toEqual({ right: 12, width: 120 + 8 + 122 + 8 + 44 });
    expect(figures).toEqual([
      { of: 'cpu', right: 52 },
      { of: 'memory', right: 120 + 8 + 70 },
      { of: 'uptime', right: canvas.width },
    ]);
    expect(sparks).toEqual([
      { of: 'cpu', left: 60, width: 60 },
      { of: 'memory', left: 120 + 8 + 78, width: 44 },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { columns } from './columns';
import { batch } from './frames.fixture';
import { Host } from './host';
import { pictureOf, pictureOfLine } from './picture';
import { SHOWN } from './sparks';

const T = 1_800_000_000_000;
const container = (id: string, cpu_pct: number, limit?: number) => ({
  id,
  cpu_pct,
  cpu_limit_pct: limit,
  mem_bytes: 1024,
  uptime_secs: 60,
});

describe('a picture of rows', () => {
  const host = new Host();
  host.take(batch([container('a', 20, 100), container('b', 4)], T), T, 'cpu');
  host.take(batch([container('a', 40, 100), container('b', 8)], T + 1000), T + 1000, 'cpu');
  const look = {
    row: 28,
    columns: columns(460, 'cpu', { cpu: 52, memory: 70, share: 42, uptime: 44, network: 78 }),
    batch: host.batch,
    smooth: false,
  };
  const rows = [...host.containers.values()];

  it('is plain data of what each of its columns shows', () => {
    const picture = pictureOf(rows, { ...look, plain: false });
    expect(structuredClone(picture)).toEqual(picture);
    expect([...picture.figures]).toEqual([40, 1024, 60, 8, 1024, 60]);
    expect(picture.names).toEqual(['a', 'b']);
    const line = (at: number) => [...picture.lines.subarray((at + 1) * SHOWN - 3, (at + 1) * SHOWN)];
    expect([line(0), line(1), line(2)]).toEqual([
      [NaN, 20, 40],
      [NaN, 1024, 1024],
      [NaN, 4, 8],
    ]);
    expect([...picture.limits].map((limit) => limit.toFixed(1))).toEqual(['0.4', 'NaN', 'NaN', 'NaN']);
  });

  it('has no words where those are text of the document', () => {
    const { names, figures } = pictureOf(rows, { ...look, plain: true });
    expect([names, figures.length]).toEqual([[], 0]);
  });

  it('may be one line alone', () => {
    const picture = pictureOfLine(host, 'cpu', { width: 50, height: 20, smooth: false });
    expect(structuredClone(picture)).toEqual(picture);
    expect([...picture.lines.subarray(SHOWN - 3)]).toEqual([NaN, 24, 48]);
  });
});

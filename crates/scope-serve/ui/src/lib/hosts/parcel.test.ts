import { describe, expect, it } from 'vitest';
import { batch } from './frames.fixture';
import { readFrame, type Frame } from './frames';
import { Packer, Unpacker } from './parcel';

const T = 1_800_000_000_000;
const one = (id: string, more: object = {}) => ({
  id,
  name: `the ${id}`,
  cpu_pct: 1,
  mem_bytes: 2,
  mem_limit_bytes: 3,
  uptime_secs: 4,
  cpu_limit_pct: 5,
  cpu_throttled_pct: 6,
  rx_bytes_per_sec: 7,
  tx_bytes_per_sec: 8,
  disk_read_bytes_per_sec: 9,
  disk_write_bytes_per_sec: 10,
  mem_cache_bytes: 11,
  pids: 12,
  ...more,
});

describe('frames on their way', () => {
  it('are what they were, whatever came before', () => {
    const [packer, unpacker] = [new Packer(), new Unpacker()];
    const frames: Frame[] = [
      batch([one('a'), one('b', { attrs: { 'label.x': ['y', 1] } })], T),
      batch([one('a', { cpu_pct: 99, pids: undefined }), one('b', { attrs: { 'label.x': ['y', 1] } })], T + 1),
      batch([one('b', { attrs: { other: true } }), one('c'), one('a', { name: 'renamed' })], T + 2),
      readFrame(JSON.stringify({ type: 'heartbeat', agent_id: 'a', polled_at: new Date(T).toISOString() })) as Frame,
      batch([one('b')], T + 3),
      batch([], T + 4, { containers_omitted: 3 }),
    ];
    for (const frame of frames) expect(unpacker.unpack(structuredClone(packer.pack(frame)))).toEqual(frame);
  });

  it('carry words once', () => {
    const packer = new Packer();
    const told = { attrs: { image: 'x' } };
    expect(packer.pack(batch([one('a', told), one('b')], T))).toMatchObject({
      names: [
        ['a', 'the a'],
        ['b', 'the b'],
      ],
      attrs: [['a', '{"image":"x"}']],
    });
    const second = packer.pack(batch([one('a', told), one('b', { cpu_pct: 7 })], T + 1));
    expect([second.names, second.attrs]).toEqual([undefined, undefined]);
  });
});

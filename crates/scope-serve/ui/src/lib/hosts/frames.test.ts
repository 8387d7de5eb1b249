import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LONGEST_FRAME, MOST_CONTAINERS, attributes, readFrame, type Frame } from './frames';

const envelope = { agent_id: 'host-a', sent_at: '2026-11-21T18:34:00.123456Z', sequence: 42 };
const read = (value: object) => readFrame(JSON.stringify({ ...envelope, ...value }));
const batch = (containers: unknown, more: object = {}) => {
  const frame = read({ type: 'container_stats_batch', containers, agent_metrics: { cpu_pct: 0.7, mem_bytes: 17645568 }, ...more });
  if (!('type' in frame) || frame.type !== 'batch') throw new Error(JSON.stringify(frame));
  return frame;
};
const some = { id: 'a', name: 'nginx', cpu_pct: 24.5, mem_bytes: 1, mem_limit_bytes: 2, uptime_secs: 3 };

describe('frames', () => {
  it('reads the example of the documentation', () => {
    const docs = readFileSync(new URL('../../../../../../docs/live-agent.md', import.meta.url), 'utf8');
    const example = /```json\n(\{"type":"container_stats_batch"[\s\S]*?)```/.exec(docs)?.[1] ?? '';
    const frame = readFrame(example) as Frame & { type: 'batch' };
    expect([frame.agent, frame.sequence, frame.sentAt]).toEqual(['host-a', 42, Date.UTC(2026, 10, 21, 18, 34, 0, 123)]);
    expect(frame.containers).toMatchObject([
      { name: 'nginx', cpu: 24.5, memory: 128345600, memoryLimit: 536870912, uptime: 532, pids: 5, received: NaN },
    ]);
    expect([frame.ownCpu, frame.ownMemory]).toEqual([0.7, 17645568]);
  });

  it('knows every figure of the contract', () => {
    const contract = JSON.parse(readFileSync(new URL('../../../../../../docs/live-agent.schema.json', import.meta.url), 'utf8'));
    const names = Object.keys(contract.$defs.container.properties).filter((name) => !['id', 'name', 'attrs'].includes(name));
    const figures = batch([Object.fromEntries([['id', 'a'], ['name', 'b'], ...names.map((name, at) => [name, at + 1])])]).containers[0];
    const values = Object.values(figures ?? {}).filter((value) => typeof value === 'number');
    expect(values.sort((a, b) => a - b)).toEqual(names.map((_, at) => at + 1));
  });

  it('reads status and heartbeat, and passes on what it does not know', () => {
    expect(read({ type: 'agent_status', uptime_secs: 5, version: 'v1.0.0', features: ['container_stats'] })).toMatchObject({
      type: 'status',
      uptime: 5,
    });
    expect(read({ type: 'heartbeat', polled_at: null })).toMatchObject({ type: 'heartbeat', polledAt: NaN });
    expect(read({ type: 'from_tomorrow' })).toMatchObject({ type: 'other', name: 'from_tomorrow' });
  });

  it.each([
    ['{', 'json'],
    ['', 'json'],
    ['null', 'shape'],
    ['[]', 'shape'],
    ['{"type":1,"agent_id":"a"}', 'shape'],
    ['{"type":"heartbeat"}', 'shape'],
    ['{"type":"container_stats_batch","agent_id":"a","containers":{}}', 'shape'],
    [' '.repeat(LONGEST_FRAME + 1), 'long'],
  ])('refuses %.40s: %s', (text, fault) => expect(readFrame(text)).toEqual({ fault }));

  it('takes wrong types for what is not known, and leaves out what is no container', () => {
    const frame = batch([
      { ...some, cpu_pct: '99', mem_bytes: -1, uptime_secs: 1e300, attrs: 'x' },
      null,
      'x',
      {},
      { ...some, id: '' },
      { ...some, id: 7 },
      some,
    ]);
    expect(frame.containers).toMatchObject([{ id: 'a', cpu: NaN, memory: NaN, uptime: NaN, memoryLimit: 2 }]);
    expect(frame.faults).toBe(6);
  });

  it('cuts names, and gives those without one the start of their id', () => {
    const [long, none] = batch([
      { ...some, name: 'x'.repeat(9000) },
      { ...some, id: 'b'.repeat(64), name: null },
    ]).containers;
    expect([long?.name.length, none?.name]).toEqual([255, 'b'.repeat(12)]);
  });

  it('cuts at the contract’s number of containers and adds up what is omitted', () => {
    const many = Array.from({ length: MOST_CONTAINERS + 5 }, (_, at) => ({ id: `${at}` }));
    const frame = batch(many, { containers_omitted: 7 });
    expect([frame.containers.length, frame.omitted]).toEqual([MOST_CONTAINERS, 12]);
  });

  it('shows attributes as text, however they are nested', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(attributes({ image: '<b>', labels: { a: 'b' }, ports: [80, 81], deep })).toEqual([
      ['image', '<b>'],
      ['labels', '{"a":"b"}'],
      ['ports', '80, 81'],
      ['deep', '…'],
    ]);
    expect(attributes('x')).toEqual([]);
  });
});

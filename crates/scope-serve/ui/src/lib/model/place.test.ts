import { describe, expect, it } from 'vitest';
import { HOME, readPlace, writePlace, type Place } from './place';

const back = (place: Place) => readPlace(place.view, new URLSearchParams(writePlace(place).toString()));

describe('place', () => {
  it('is nothing at home', () => {
    expect(writePlace(HOME).toString()).toBe('');
    expect(back(HOME)).toEqual(HOME);
  });

  it('comes back from its link whole, hostile names and all', () => {
    const place: Place = {
      view: 'processes',
      as: 'table',
      filter: 'name:"a&b=c#d" or cpu > 20',
      groupBy: 'label:app',
      show: ['stopped', 'kernel'],
      selection: ['container:01', 'edge:a>b', 'process:host,with,commas:1:2', 'container:<script>'],
      camera: { x: -12.5, y: 1e4, scale: 0.25 },
      arrangement: 'layers',
      clusterBy: 'label:a b',
      open: ['x,y'],
      metric: 'mem_bytes',
      colouring: 'kind',
      edgeWidth: 'bytes',
      onlyProblems: true,
      hide: ['internet:servers', '~container:03'],
      focus: 'container:02',
      rows: 'edges',
      sort: '-cpu_pct',
    };
    expect(back(place)).toEqual(place);
  });

  it('takes nonsense for absent', () => {
    const place = readPlace('hosts', new URLSearchParams('as=hologram&at=1,2&arrange=&colour=x'));
    expect(place).toEqual({ ...HOME, view: 'hosts' });
    expect(readPlace('hosts', new URLSearchParams('at=1,2,-3')).camera).toBeUndefined();
    expect(readPlace('hosts', new URLSearchParams('at=1,NaN,3')).camera).toBeUndefined();
  });
});

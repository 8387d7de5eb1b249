import { expect, it } from 'vitest';
import { Graph } from '#lib/model/graph';
import { AddressBook } from './addresses';

it('addresses are of whoever has them on their network', () => {
  const graph = new Graph();
  const id = 'e872'.repeat(16);
  graph.apply({
    type: 'snapshot',
    seq: 1,
    epoch: 1,
    at: '',
    view: 'x',
    nodes: {
      n: [0, 1],
      id: ['container:1', 'internet:1'],
      kind: ['container', 'internet'],
      name: ['shop-db-1', 'Internet'],
      role: ['member', 'pseudo'],
      facts: [{ attrs: { networks: [{ id, name: 'shop', ipv4: '172.18.0.3' }, 'odd', null] } }, { addresses: ['93.184.216.34'] }],
    },
  });
  const book = new AddressBook(graph, [{ name: 'vm', attrs: { addresses: ['10.0.0.5'] } }]);
  expect(book.read(`net:${id}|172.18.0.3:5432`)).toEqual({ text: '172.18.0.3:5432', name: 'shop-db-1', network: 'shop' });
  expect(book.read(`net:${'f'.repeat(64)}|172.18.0.3:5432`)).toEqual({ text: '172.18.0.3:5432', network: 'ffffffffffff' });
  expect(book.read('93.184.216.34:443')).toEqual({ text: '93.184.216.34:443', name: 'Internet' });
  expect(book.read('10.0.0.5:22')).toEqual({ text: '10.0.0.5:22', name: 'vm' });
  expect(book.read('host:vm|127.0.0.1:80')).toEqual({ text: '127.0.0.1:80', name: 'vm', network: 'host:vm' });
  expect(book.read('[fe80::1]:80')).toEqual({ text: '[fe80::1]:80' });
  expect(book.read('')).toEqual({ text: '' });
});

// A container's figures as a card's columns show them, as numbers and in words. Knows neither canvases nor elements.
import { format, type Format } from '../model/format';
import { network, share, type Container } from './host';

export type Column = 'cpu' | 'memory' | 'share' | 'uptime' | 'network';

const UNITS: Record<Column, string> = {
  cpu: 'percent_of_core',
  memory: 'bytes',
  share: 'percent',
  uptime: 'seconds',
  network: 'bytes_per_second',
};

export function value(row: Container, of: Column, smooth: boolean): number {
  switch (of) {
    case 'cpu':
      return smooth ? row.smoothCpu : row.cpu;
    case 'memory':
      return smooth ? row.smoothMemory : row.memory;
    case 'share':
      return share(row.memory, row.memoryLimit) * 100;
    case 'network':
      return network(row);
    case 'uptime':
      return row.uptime;
  }
}

export function inWords(value: number, of: Column, words: Format = format): string {
  return words.figure(value, UNITS[of]);
}

export function figure(row: Container, of: Column, smooth: boolean): string {
  return inWords(value(row, of, smooth), of);
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LONGEST: Record<Column, readonly number[]> = {
  cpu: [88.8, 8888],
  memory: [1010 * 2 ** 20, 88.8 * 2 ** 20],
  share: [88.8, 100],
  uptime: [8.8, 58, 58 * MINUTE, 20 * HOUR, 488 * DAY],
  network: [1010 * 2 ** 10, 88.8 * 2 ** 20],
};

/** What is longest in each column. */
export function samples(): Record<Column, string[]> {
  const texts = Object.entries(LONGEST).map(([of, all]) => [of, all.map((each) => inWords(each, of as Column))]);
  return Object.fromEntries(texts) as Record<Column, string[]>;
}

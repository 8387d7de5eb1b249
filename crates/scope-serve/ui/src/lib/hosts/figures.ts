// A container's figures in words, as a card's columns show them. Knows neither canvases nor elements.
import { format } from '../model/format';
import type { Column } from './columns';
import { network, share, type Container } from './host';

export function figure(row: Container, of: Column, smooth: boolean): string {
  switch (of) {
    case 'cpu':
      return format.figure(smooth ? row.smoothCpu : row.cpu, 'percent_of_core');
    case 'memory':
      return format.figure(smooth ? row.smoothMemory : row.memory, 'bytes');
    case 'share':
      return format.figure(share(row.memory, row.memoryLimit) * 100, 'percent');
    case 'network':
      return format.figure(network(row), 'bytes_per_second');
    case 'uptime':
      return format.figure(row.uptime, 'seconds');
  }
}

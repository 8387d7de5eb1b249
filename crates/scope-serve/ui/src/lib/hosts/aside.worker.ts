// What costs the page nothing, as it is done here: sockets of agents with reading what they say, and drawing on canvases that are given away.
import { Format } from '../model/format';
import type { FromAside, ToAside } from './aside.svelte';
import { Exchange } from './exchange';
import { paint } from './paint';

let words = new Format('en');
const canvases = new Map<number, OffscreenCanvas>();
const exchange = new Exchange((said, transfer) => self.postMessage(said satisfies FromAside, { transfer }));

self.onmessage = ({ data }: MessageEvent<ToAside>) => {
  switch (data.type) {
    case 'begin':
      words = new Format(data.locale);
      break;
    case 'take':
      canvases.set(data.id, data.canvas);
      break;
    case 'drop':
      canvases.delete(data.id);
      break;
    case 'paint':
      for (const { id, picture } of data.pictures) {
        const canvas = canvases.get(id);
        if (canvas) paint(canvas, picture, data.ink, data.ratio, words);
      }
      break;
    default:
      exchange.hear(data);
  }
};

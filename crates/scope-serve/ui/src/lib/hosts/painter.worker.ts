// Draws what it is told on canvases that it is given.
import { paint } from './paint';
import type { ToPainter } from './painter.svelte';

const canvases = new Map<number, OffscreenCanvas>();

self.onmessage = ({ data }: MessageEvent<ToPainter>) => {
  if (data.type === 'take') canvases.set(data.id, data.canvas);
  else if (data.type === 'drop') canvases.delete(data.id);
  else {
    const canvas = canvases.get(data.id);
    if (canvas) paint(canvas, data.picture, data.ink, data.ratio);
  }
};

import { describe, expect, it } from 'vitest';
import { best, fit } from './palette';

describe('the palette', () => {
  it('likes beginnings, then wholes, then letters in order', () => {
    const order = best(['my-web-1', 'web-1', 'wide embers', 'cobweb', 'db'], (one) => one, 'web', 9);
    expect(order.slice(0, 3)).toEqual(['web-1', 'my-web-1', 'cobweb']);
    expect(order).not.toContain('db');
  });

  it('wants every word, in any order', () => {
    expect(fit('Containers by image', 'image cont')).toBeDefined();
    expect(fit('Containers by image', 'image host')).toBeUndefined();
    expect(fit('anything', '')).toBe(0);
  });
});

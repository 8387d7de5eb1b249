import { describe, expect, it } from 'vitest';
import { best, fit, named } from './palette';

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

  it('takes names at their word: whole, then from the beginning, then within', () => {
    const names = ['feedback', 'shop-db-1', 'db-backup', 'dashboard', 'DB', 'docker-proxy'];
    expect(named(names, (one) => one, 'db', 9)).toEqual(['DB', 'db-backup', 'shop-db-1', 'feedback']);
    expect(named(names, (one) => one, 'shop db', 9)).toEqual(['shop-db-1']);
    expect(named(names, (one) => one, '', 2)).toHaveLength(2);
  });

  it('does not look for two letters here and there', () => {
    expect(fit('Docker, by name', 'db')).toBeUndefined();
    expect(fit('Containers', 'ctr')).toBeDefined();
  });
});

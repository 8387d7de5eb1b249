import { describe, expect, it } from 'vitest';
import type { FieldInfo } from '../api/client';
import { spoken, wordsFor } from './words';

const field = (name: string): FieldInfo => ({
  name,
  label: 'Memory',
  description: 'Memory in use.',
  unit: 'bytes',
  show: 'bar',
  priority: 1,
  hidden: false,
  kinds: [],
  aliases: [],
});

describe('names of fields', () => {
  it('are in the language of the reader', async () => {
    const german = await wordsFor('de');
    expect(spoken(field('mem_bytes'), german).label).toBe('Speicher');
    expect(spoken(field('mem_bytes'), german).name).toBe('mem_bytes');
    expect(spoken(field('mem_bytes'), await wordsFor('en'))).toEqual(field('mem_bytes'));
  });
  it('are described without marks', async () => {
    expect(spoken({ ...field('state'), description: 'As `docker ps` says.' }, {}).description).toBe('As docker ps says.');
  });
  it('are those of the server where a language has none', async () => {
    const german = await wordsFor('de');
    expect(spoken(field('nginx_requests'), german)).toEqual(field('nginx_requests'));
    expect(spoken(field('constructor'), german)).toEqual(field('constructor'));
  });
});

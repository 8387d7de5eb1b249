import { describe, expect, it } from 'vitest';
import { proposed, readPlace, written } from './place';

describe('the place on the hosts page', () => {
  it('comes back as it was written', () => {
    const text = '?q=web&sort=memory&busy=true&smooth=false&look=compare&debug=true';
    const params = new URLSearchParams(text);
    expect(written(readPlace(params), new URLSearchParams())).toBe(text);
    expect(written(readPlace(new URLSearchParams()), new URLSearchParams())).toBe('');
  });

  it('takes what it does not know for what is usual, and keeps what is not its own', () => {
    const params = new URLSearchParams('sort=evil&look=x&busy=1&other=1&agents=a');
    expect(readPlace(params)).toMatchObject({ sort: 'cpu', look: 'cards', busy: false });
    expect(written(readPlace(params), params)).toBe('?other=1');
  });

  it('reads proposals, however many parameters they are in', () => {
    expect(proposed(new URLSearchParams('agents=a,b:1&agents=ws://c'))).toBe('a\nb:1\nws://c');
    expect(proposed(new URLSearchParams(`agents=${'a,'.repeat(5000)}`)).split('\n').length).toBe(64);
    expect(proposed(new URLSearchParams())).toBe('');
  });
});

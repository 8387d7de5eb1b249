import { describe, expect, it } from 'vitest';
import { address, addresses, isMixed, shortAddress } from './address';

describe('addresses', () => {
  it.each([
    ['host', 'ws://host:8080/'],
    ['host:9000', 'ws://host:9000/'],
    ['  host.example.org ', 'ws://host.example.org:8080/'],
    ['http://host', 'ws://host/'],
    ['https://host/agents/a', 'wss://host/agents/a'],
    ['ws://host:8080', 'ws://host:8080/'],
    ['WSS://Host.Example/ws', 'wss://host.example/ws'],
    ['10.0.0.7', 'ws://10.0.0.7:8080/'],
    ['10.0.0.7:80', 'ws://10.0.0.7/'],
    ['::1', 'ws://[::1]:8080/'],
    ['[fe80::1]:8081', 'ws://[fe80::1]:8081/'],
    ['host/ws', 'ws://host:8080/ws'],
    ['host:8080?a=b', 'ws://host:8080/?a=b'],
    ['bücher.example', 'ws://xn--bcher-kva.example:8080/'],
  ])('%s is %s', (text, url) => expect(address(text)).toEqual({ url }));

  it.each([
    ['', 'empty'],
    ['ftp://host', 'scheme'],
    ['javascript://host', 'scheme'],
    ['javascript:alert(1)', 'port'],
    ['a b', 'spaces'],
    ['http://', 'host'],
    [':8080', 'host'],
    ['host:', 'port'],
    ['host:0', 'port'],
    ['host:70000', 'port'],
    ['host:http', 'port'],
    ['ws://user:secret@host', 'password'],
    ['user@host', 'password'],
    ['ws://host/#x', 'fragment'],
    ['ws://ho<st', 'invalid'],
    ['ws://host%zz', 'invalid'],
    [`ws://${'a'.repeat(3000)}`, 'long'],
  ])('%s is refused: %s', (text, fault) => expect(address(text)).toEqual({ fault }));

  it('means TLS by a bare name where the page came by https', () => {
    expect(address('host', true)).toEqual({ url: 'wss://host/' });
    expect(address('host:8443', true)).toEqual({ url: 'wss://host:8443/' });
    expect(address('ws://host:8080', true)).toEqual({ url: 'ws://host:8080/' });
  });

  it('takes many at once, in any list', () => {
    const lines = addresses('a, b:1\n- "ws://c:8080/"\n["d", "e"]\n[::1]:9\nb:1 x:y', ['ws://a:8080/']);
    expect(lines.map((line) => ('url' in line ? `${line.url}${line.known ? ' known' : ''}` : line.fault))).toEqual([
      'ws://a:8080/ known',
      'ws://b:1/',
      'ws://c:8080/',
      'ws://d:8080/',
      'ws://e:8080/',
      'ws://[::1]:9/',
      'ws://b:1/ known',
      'port',
    ]);
  });

  it('shortens for show', () => {
    expect(shortAddress('ws://host:8080/')).toBe('host:8080');
    expect(shortAddress('wss://host/a/b?c')).toBe('host/a/b?c');
  });

  it('knows what browsers refuse', () => {
    expect(isMixed('ws://host:8080/', 'https:')).toBe(true);
    expect(isMixed('wss://host/', 'https:')).toBe(false);
    expect(isMixed('ws://127.0.0.1:8080/', 'https:')).toBe(false);
    expect(isMixed('ws://[::1]:8080/', 'https:')).toBe(false);
    expect(isMixed('ws://localhost/', 'https:')).toBe(false);
    expect(isMixed('ws://localhost.example/', 'https:')).toBe(true);
    expect(isMixed('ws://host:8080/', 'http:')).toBe(false);
  });
});

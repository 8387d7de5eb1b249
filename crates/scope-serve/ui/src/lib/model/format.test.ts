import { describe, expect, it } from 'vitest';
import { Format } from './format';

const en = new Format('en');
const de = new Format('de');
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('figures', () => {
  it('are short and keep their unit', () => {
    const show = (value: number, unit: string) => plain(en.figure(value, unit));
    expect(show(0, 'bytes')).toBe('0 B');
    expect(show(1023.99, 'bytes')).toBe('1.0 KiB');
    expect(show(128_345_600, 'bytes')).toBe('122 MiB');
    expect(show(5e13, 'bytes')).toBe('45.5 TiB');
    expect(show(2048, 'bytes_per_second')).toBe('2.0 KiB/s');
    expect(show(0.25, 'percent_of_core')).toBe('0.3%');
    expect(show(1234.5, 'percent_of_core')).toBe('1235%');
    expect(show(0.05, 'cores')).toBe('0.05');
    expect(show(1.25, 'cores')).toBe('1.3');
    expect(show(99_999, 'count')).toBe('99999');
    expect(show(1_234_567, 'count')).toBe('1.2M');
    expect(show(210, 'micros')).toBe('210 µs');
    expect(show(1500, 'micros')).toBe('1.5 ms');
    expect(show(90e6, 'micros')).toBe('1m');
    expect(show(12.34, 'per_second')).toBe('12.3/s');
    expect(show(123456, 'number')).toBe('123456');
    expect(show(NaN, 'bytes')).toBe('–');
  });

  it('are written as the language has it', () => {
    expect(plain(de.figure(24.5, 'percent'))).toBe('24,5 %');
    expect(plain(de.figure(1536, 'bytes'))).toBe('1,5 KiB');
    expect(de.count(12345)).toBe('12.345');
  });
});

describe('times', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  const before = (seconds: number) => new Date(now - seconds * 1000).toISOString();

  it('are told from now', () => {
    expect(en.ago(before(7300), now)).toBe('2h ago');
    expect(en.ago(before(0.4), now)).toBe('0s ago');
    expect(en.ago(before(-0.5), now)).toBe('0s ago');
    expect(en.ago(before(-30), now)).toBe('in 30s');
    expect(en.ago(before(400 * 86_400), now)).toBe('400d ago');
    expect(plain(de.ago(before(300), now))).toBe('vor 5 Min.');
    expect(en.ago('no\u202etime', now)).toBe('no\\u{202e}time');
  });

  it('are spans of one or two units', () => {
    expect(en.duration(7.26)).toBe('7.3s');
    expect(en.duration(90_061)).toBe('1d');
    expect(en.duration(90_061, 2)).toBe('1d 1h');
    expect(en.duration(86_400, 2)).toBe('1d');
    expect(en.duration(-59)).toBe('-59s');
    expect(en.since(before(3 * 86_400 + 60), now)).toBe('3d');
    // One form, and a figure is never apart from its unit.
    const german = [43, 58 * 60, 5 * 3600 + 22 * 60, 3 * 86_400 + 3600].map((seconds) => de.duration(seconds, 2));
    expect(german).toEqual(['43\u00a0Sek.', '58\u00a0Min.', '5\u00a0Std. 22\u00a0Min.', '3\u00a0Tg. 1\u00a0Std.']);
  });
});

describe('values', () => {
  it('are on one line, hostile or not', () => {
    const show = (value: Parameters<Format['value']>[0], unit: string, how: string) => en.value(value, { unit, show: how }, 0);
    expect(show(['sh', '-c', 'a\nb'], 'list', 'text')).toBe('sh -c a\\nb');
    expect(
      show(
        [
          { port: 80, proto: 'tcp', host_ip: '0.0.0.0', host_port: 8080 },
          { port: 53, proto: 'udp' },
        ],
        'list',
        'table',
      ),
    ).toBe('8080→80/tcp, 53/udp');
    expect(show([{ port: 80, host_ip: '127.0.0.1', host_port: 8080 }], 'list', 'table')).toBe('127.0.0.1:8080→80/tcp');
    const both = ['0.0.0.0', '::'].map((host_ip) => ({ port: 80, host_ip, host_port: 8080 }));
    expect(show([...both, { port: 80 }, { port: 80, host_ip: '127.0.0.1', host_port: 8080 }], 'list', 'table')).toBe(
      '8080→80/tcp, 80/tcp, 127.0.0.1:8080→80/tcp',
    );
    expect(show(['a', 'a'], 'list', 'list')).toBe('a, a');
    expect(show({ app: '<b>', 'k\u202e': 1 }, 'map', 'table')).toBe('app=<b>, k\\u{202e}=1');
    expect(show(true, 'bool', 'text')).toBe('true');
    expect(show(null, 'text', 'text')).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import { codeOf, safeBack } from './back';

const back = (to: string | null, base = '') => safeBack(to, 'http://scope.test', base, `${base}/`);

describe('the way back from signing in', () => {
  it('is a place of the app', () => {
    expect(back('/view/hosts?filter=a%20b')).toBe('/view/hosts?filter=a%20b');
    expect(back('/scope/agents', '/scope')).toBe('/scope/agents');
  });

  it('is home for everything else', () => {
    for (const to of [
      null,
      '',
      'http://evil.test/',
      '//evil.test/',
      '/\\evil.test',
      'javascript:alert(1)',
      '/sign-in?back=/',
      '/api/v1/session',
    ]) {
      expect(back(to), String(to)).toBe('/');
    }
    expect(back('/other', '/scope')).toBe('/scope/');
    expect(back('/scopeevil', '/scope')).toBe('/scope/');
  });
});

describe('codes in links', () => {
  it('are one-time codes only', () => {
    expect(codeOf('#scope_code_ab-C_9')).toBe('scope_code_ab-C_9');
    for (const hash of ['', '#', '#scope_admin_abc', '#scope_code_', '#x scope_code_a', '#scope_code_a b'])
      expect(codeOf(hash), hash).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { commandsOf, hintParts } from './hint';

describe('hints', () => {
  it('have words and names', () => {
    expect(hintParts('put `user` into `docker`').map((part) => part.command)).toEqual([false, true, false, true]);
  });

  it('name commands', () => {
    expect(commandsOf('sysctl -w net.netfilter.nf_conntrack_acct=1')).toEqual(['sysctl -w net.netfilter.nf_conntrack_acct=1']);
    expect(commandsOf('run as root, or: mount -o remount,hidepid=0 /proc')).toEqual(['mount -o remount,hidepid=0 /proc']);
    expect(commandsOf("name the place where the host's /proc is mounted: --proc DIR (docker run -v /proc:/host/proc:ro)")).toEqual([
      'docker run -v /proc:/host/proc:ro',
    ]);
    expect(commandsOf('check --proc: it must be a mount')).toEqual([]);
  });

  it('say it in words that are commands as well', () => {
    expect(commandsOf('run as root or with CAP_SYS_ADMIN and CAP_SYS_PTRACE')).toEqual([
      'sudo setcap cap_sys_admin,cap_sys_ptrace+ep "$(command -v scope)"',
    ]);
    expect(commandsOf('run as root, add the user to the group that owns the socket (`docker`, for Docker)')).toEqual([
      'sudo usermod -aG docker "$USER"',
    ]);
  });
});

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
    expect(
      commandsOf('to have them tracked: sysctl -w net.bridge.bridge-nf-call-iptables=1 (packets then pass iptables rules, too)'),
    ).toEqual(['sysctl -w net.bridge.bridge-nf-call-iptables=1']);
    expect(commandsOf('grant both: setcap cap_net_admin+ep $(command -v scope)')).toEqual(['setcap cap_net_admin+ep $(command -v scope)']);
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

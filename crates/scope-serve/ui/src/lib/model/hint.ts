// A hint of an agent taken apart into words and commands, and the commands that do what it says in words. Text only.

export interface HintPart {
  text: string;
  command: boolean;
}

/** What stands between backticks is a name or a command. */
export function hintParts(hint: string): HintPart[] {
  return hint
    .split('`')
    .map((text, at) => ({ text, command: at % 2 === 1 }))
    .filter((part) => part.text !== '');
}

/** Programs that hints tell to run, where a sentence, a bracket or the hint begins with one. A bracket after one is a remark, but for `$(…)`. */
const COMMAND =
  /(?:^|[:;(`] ?)((?:sudo |scope |sysctl |usermod |setcap |mount -|modprobe |docker run |chmod |chown )[^;`()]*(?:(?<=\$)\([^)]*\)[^;`()]*)*)/g;
const CAPABILITY = /\bCAP_[A-Z_]+\b/g;

/** The commands that mend what the hint is about, those that it names first. */
export function commandsOf(hint: string): string[] {
  const found = [...hint.matchAll(COMMAND)]
    .map((match) => (match[1] ?? '').trim().replace(/[,.…]+$/, ''))
    .filter((command) => command.includes(' '));
  if (/add the user to the group/.test(hint)) found.push('sudo usermod -aG docker "$USER"');
  const capabilities = [...new Set(hint.match(CAPABILITY) ?? [])];
  if (capabilities.length && !found.some((command) => command.includes('setcap') || command.startsWith('docker run'))) {
    found.push(`sudo setcap ${capabilities.map((one) => one.toLowerCase()).join(',')}+ep "$(command -v scope)"`);
  }
  return [...new Set(found)];
}
